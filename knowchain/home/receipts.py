"""Receipts of feeds: written for others, and those of others re-run here, bit for bit.

An audit ranks what the receipt's reader held, no more and no less: if this home holds more by now, or other
things, the records of the receipt's manifest are taken through the door of a store of their own.
"""

from __future__ import annotations

import hashlib
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal, TypeAlias

from knowchain.admission import Admission
from knowchain.admission.answers import Incoming
from knowchain.home.durable import refuse_taken, write_out
from knowchain.home.feeding import FeedRequest, feeds_of
from knowchain.home.gathering import Gathered
from knowchain.home.given_files import open_given
from knowchain.home.home import Home
from knowchain.home.names import Names
from knowchain.identifiers import Cid, RecordId, key_id
from knowchain.ranking.engine import Engine
from knowchain.ranking.facts import Viewer
from knowchain.ranking.profile import check_parents
from knowchain.ranking.profile_text import read_profile
from knowchain.ranking.receipt_reading import MAX_RECEIPT, ReceiptFile, read_receipt
from knowchain.ranking.receipts import (
    Receipt,
    commitments,
    differences,
    private_inputs,
    receipt_of,
    write_receipt,
)
from knowchain.ranking.snapshot import Listed, Manifest, read_manifest
from knowchain.storage.lineage import lineage
from knowchain.storage.reader import Reader
from knowchain.storage.store import RecordStore

__all__ = ["Audit", "AuditRequest", "ReceiptRequest", "ReceiptWritten", "audit_receipt", "write_feed_receipt"]

Advance: TypeAlias = Callable[[int], None]
_SALTING: Final = "receipts"
_LISTED: Final = 100
"""Missing records and bodies that are named."""


@dataclass(frozen=True, slots=True)
class ReceiptRequest:
    """A receipt to be written.

    Attributes:
        file: where.
        feed: of which feed.
        open: whether private inputs that the profile reads go along in the clear, so that others can re-run
            it.
        replace: whether an existing file may be replaced.
    """

    file: str
    feed: FeedRequest = field(default_factory=FeedRequest)
    open: bool = False
    replace: bool = False


@dataclass(frozen=True, slots=True)
class ReceiptWritten:
    """A receipt that was written.

    Attributes:
        private: the private inputs that the profile reads and this reader has.
        opened: whether they are in it, and not only committed to.
    """

    file: Path
    bytes: int
    profile: str
    snapshot: Cid
    as_of: int
    items: int
    private: tuple[str, ...]
    opened: bool


@dataclass(frozen=True, slots=True)
class AuditRequest:
    """The file of a receipt."""

    file: str


@dataclass(frozen=True, slots=True)
class Audit:
    """What re-running a receipt's feed showed.

    Attributes:
        verdict: ``match``: the same feed, on every bit; ``differs``; ``missing input``: it can't be re-run
            here.
        at: the first place at which it differs, counted from 1.
        differs: the fields that differ.
        missing: records and bodies that are not held here, at most 100.
        lacking: how many there are.
        private: private inputs that the reader only committed to.
        reader_name: as this home calls them.
    """

    verdict: Literal["match", "differs", "missing input"]
    profile: str
    reader: RecordId
    reader_name: str
    snapshot: Cid
    as_of: int
    items: int
    at: int | None = None
    differs: tuple[str, ...] = ()
    missing: tuple[Cid, ...] = ()
    lacking: int = 0
    private: tuple[str, ...] = ()


def _unwatched(_read: int) -> None:
    """Nobody watches the progress."""


# --- writing ----------------------------------------------------------------------------------------------


def write_feed_receipt(home: Home, request: ReceiptRequest, advance: Advance = _unwatched) -> ReceiptWritten:
    """Rank a feed and write its receipt. What is shown is not counted as shown.

    Raises:
        HomeError: this home has no identity that could sign.
        InvalidValue: the file exists, or its folder does not; further as
            :func:`~knowchain.home.feeding.show_feed`.
        StorageFault: the disk refused; nothing is left behind.
    """
    target = Path(request.file)
    refuse_taken(target, replace=request.replace)
    reader = home.identity
    with feeds_of(home).rankings(home, [(request.feed, {})], advance) as (_, (ranked,)):
        limit = request.feed.limit or ranked.profile.page
        feed = ranked.ranking.feed(limit)
        salt = _salt(home, feed.snapshot, feed.as_of)
        receipt = receipt_of(
            ranked.text,
            ranked.profile,
            ranked.viewer,
            feed,
            reader=reader,
            limit=limit,
            masses=ranked.ranking.masses(),
            salt=salt,
        ).signed_by(home.device)
    has = tuple(name for name in receipt.private if receipt.private[name] != _of_nothing(name, receipt))
    data = write_receipt(receipt, ranked.manifest, ranked.viewer if request.open else None, salt)
    size = write_out(target, [data])
    return ReceiptWritten(
        target,
        size,
        ranked.profile.name,
        feed.snapshot,
        feed.as_of,
        len(feed.items),
        has,
        request.open and bool(has),
    )


def _salt(home: Home, snapshot: Cid, as_of: int) -> bytes:
    """What the commitment to follows is salted with: the same for one feed, to be opened later."""
    secret = home.store.reader().setting(_SALTING)
    if secret is None:
        secret = secrets.token_hex(32)
        home.store.set_setting(_SALTING, secret)
    return hashlib.sha256(bytes.fromhex(secret) + snapshot + as_of.to_bytes(8, "big")).digest()


def _of_nothing(name: str, receipt: Receipt) -> bytes | None:
    """The commitment to having followed nothing, and seen nothing."""
    return commitments(read_profile(receipt.profile), Viewer(), b"").get(name)


# --- auditing ---------------------------------------------------------------------------------------------


def audit_receipt(home: Home, request: AuditRequest, advance: Advance = _unwatched) -> Audit:
    """Re-run a receipt's feed over the records of its snapshot.

    Args:
        home: the open home, which holds those records.
        request: the file.
        advance: told how many more records were read.

    Raises:
        InvalidValue: it can't be read, or is not what its reader signed.
        StorageFault: there is no room for the records of the snapshot.
    """
    with open_given(Path(request.file), "FILE") as file:
        given = read_receipt(file.read(MAX_RECEIPT + 1))
    with home.store.snapshot() as reader:
        receipt = given.receipt
        audit = Audit(
            verdict="missing input",
            profile=read_profile(receipt.profile).name,
            reader=receipt.reader,
            reader_name=Names(reader).shown(receipt.reader),
            snapshot=receipt.snapshot,
            as_of=receipt.as_of,
            items=len(receipt.items),
        )
        private = tuple(name for name in receipt.private if name not in _openings(given))
        missing = _missing(reader, given.manifest)
        if private or missing:
            return replace(audit, private=private, missing=tuple(missing[:_LISTED]), lacking=len(missing))
        with _as_it_was(home, reader, given.manifest) as store, store.snapshot() as then:
            return _compared(home.network, then, given, audit, advance)


def _openings(given: ReceiptFile) -> Mapping[str, Viewer]:
    """The private inputs that are known: opened, or committed to as nothing."""
    nothing = {
        name: Viewer()
        for name, made in given.receipt.private.items()
        if made == _of_nothing(name, given.receipt)
    }
    return {**nothing, **given.opened}


def _missing(reader: Reader, manifest: Listed) -> list[Cid]:
    """Heads that are not held; and bodies that were held for the receipt and are not here."""
    heads = [head for head in manifest.heads if head not in reader]
    if heads:
        return [*heads]
    absent, found = set(manifest.absent), list[Cid]()
    lacking = dict(reader.missing_bodies())
    if not set(lacking.values()) - absent:
        return []
    for delivery in lineage(reader, manifest.heads, []):
        body = lacking.get(delivery.id)
        if body is not None and body not in absent:
            found.append(body)
    return found


@contextmanager
def _as_it_was(home: Home, reader: Reader, manifest: Listed) -> Iterator[RecordStore]:
    """A store that holds what the manifest names, and nothing else."""
    if feeds_of(home).snapshot_of(reader) == manifest.cid:
        yield home.store
        return
    absent = set(manifest.absent)

    def blocks() -> Iterator[Incoming]:
        for delivery in lineage(reader, manifest.heads, []):
            stored = reader.record(delivery.id)
            link = None if stored is None else stored.block.header.body
            body = None if link is None or link.cid in absent else reader.body(delivery.id)
            yield Incoming(delivery.block, body)

    with (
        tempfile.TemporaryDirectory(prefix="knowchain-audit-") as folder,
        RecordStore(Path(folder) / "store.db") as store,
    ):
        with Admission(store, network=home.network, clock=home.clock) as door:
            for _ in door.admit_many(blocks(), source="audit"):
                pass
        yield store


def _compared(network: str, reader: Reader, given: ReceiptFile, audit: Audit, advance: Advance) -> Audit:
    stated = given.receipt
    profile = read_profile(stated.profile)
    check_parents(profile.parent, lambda _: None)
    assert stated.key is not None, "a receipt that was read is signed"
    if not any(key_id(stated.key) in state.devices for state in reader.standing().state(stated.reader)):
        return replace(audit, verdict="differs", differs=("key",))
    if set(stated.private) != set(private_inputs(profile)):
        return replace(audit, verdict="differs", differs=("private",))
    gathered = Gathered(network)
    manifest: Manifest = gathered.bring_up_to_date(reader, advance)
    if manifest.cid != stated.snapshot:
        differ = _differing(manifest, given.manifest)
        return replace(audit, missing=tuple(differ[:_LISTED]), lacking=len(differ))
    viewer = _viewer_of(given)
    ranking = Engine(gathered.columns).rank(profile, viewer, as_of=stated.as_of, snapshot=manifest.cid)
    found = receipt_of(
        stated.profile,
        profile,
        viewer,
        ranking.feed(stated.limit),
        reader=stated.reader,
        limit=stated.limit,
        masses=ranking.masses(),
        salt=b"",
    )
    at, differs = differences(stated, found)
    return replace(audit, verdict="differs" if differs else "match", at=at, differs=differs)


def _differing(made: Manifest, stated: Listed) -> list[Cid]:
    """What one of two manifests lists and the other does not."""
    own = read_manifest([data for _, data in made.blocks])
    return [*sorted(set(own.heads) ^ set(stated.heads)), *sorted(set(own.absent) ^ set(stated.absent))]


def _viewer_of(given: ReceiptFile) -> Viewer:
    receipt, opened = given.receipt, _openings(given)
    follows, history = opened.get("follows", Viewer()), opened.get("history", Viewer())
    return replace(
        follows,
        me=receipt.reader,
        history=history.history,
        salt=history.salt,
        owed=receipt.ledger_before or {},
    )
