"""Receipts: what a feed was made of and what it showed, signed by its reader, so that anyone can re-run it.

Source: docs/spec/ranking.md, section 10.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

from knowchain import codec
from knowchain.codec import Value
from knowchain.identifiers import Cid, PublicKey, RecordId, as_record_id
from knowchain.ranking.facts import Viewer
from knowchain.ranking.feed import Feed, Move, Placed
from knowchain.ranking.history import commitment
from knowchain.ranking.numbers import table_bytes
from knowchain.ranking.profile import Profile
from knowchain.ranking.snapshot import Manifest
from knowchain.signing import Signer, verify

__all__ = [
    "ENGINE",
    "TABLES",
    "VERSION",
    "Receipt",
    "Shown",
    "commitments",
    "differences",
    "explain_root",
    "fields_of",
    "follows_commitment",
    "follows_nothing",
    "is_signed",
    "private_inputs",
    "receipt_of",
    "trust_root",
    "write_receipt",
]

VERSION: Final = 1
ENGINE: Final = "knowchain-ranking/1"
"""The page, and its version."""
TABLES: Final = hashlib.sha256(table_bytes()).digest()
"""The hash of TBL."""
_DEPTH: Final = 12
_CONTEXT: Final = b"knowchain feed receipt 1\n"
"""Signed before the rest, so that the signature says nothing as that of a record."""


class Shown(NamedTuple):
    """An item of a receipt."""

    id: RecordId
    score: int
    place: int


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a reader signs of a feed.

    Attributes:
        profile: its text.
        snapshot: the CID of the manifest of what was held.
        as_of: the moment, milliseconds since 1970.
        limit: how many items were asked for.
        reader: whose feed it was.
        works: how many were held.
        candidates: how many a source gave and no rule dropped.
        given: how many each source gave.
        dropped: how many were dropped, by reason.
        items: what was shown, in its order.
        unmet: rules that owed places in vain, with the first of these.
        trust_root: the hash of the masses of trust; None: no trust was computed.
        explain_root: the hash of all explanations.
        ledger_before: what languages were owed before, if the profile calibrates.
        ledger_after: and after.
        private: commitments to the private inputs that the profile reads: ``follows``, ``history``.
        key: the device that signed.
        sig: its signature.
    """

    profile: str
    snapshot: Cid
    as_of: int
    limit: int
    reader: RecordId
    works: int
    candidates: int
    given: Mapping[str, int]
    dropped: Mapping[str, int]
    items: tuple[Shown, ...]
    unmet: Mapping[str, int]
    trust_root: bytes | None
    explain_root: bytes
    ledger_before: Mapping[str, int] | None
    ledger_after: Mapping[str, int] | None
    private: Mapping[str, bytes]
    key: PublicKey | None = None
    sig: bytes = b""

    def signed_by(self, signer: Signer) -> Receipt:
        """The same, signed."""
        named = replace(self, key=signer.public_key)
        return replace(named, sig=signer.sign(_message(named)))


# --- what is hashed -----------------------------------------------------------------------------------


def trust_root(masses: Mapping[bytes, int] | None) -> bytes | None:
    """The hash of who has which mass of the reader's trust."""
    if masses is None:
        return None
    listed: list[Value] = [[as_record_id(who), mass] for who, mass in sorted(masses.items()) if mass]
    return hashlib.sha256(codec.encode(listed)).digest()


def explain_root(items: Iterable[Placed]) -> bytes:
    """The hash of everything that is said of the items of a feed."""
    return hashlib.sha256(codec.encode([_explained(item) for item in items], max_depth=_DEPTH)).digest()


def _explained(item: Placed) -> Value:
    return {
        "id": item.id,
        "rank": item.rank,
        "place": item.place,
        "score": item.score,
        "parts": [[each.signal, each.value, each.weight, each.adds] for each in item.contributions],
        "sources": list(item.sources),
        "moves": [_move(each) for each in item.moves],
        "grounds": {
            name: [ground.total, list(ground.records)] for name, ground in item.evidence.grounds.items()
        },
    }


def _move(move: Move) -> Value:
    return list(move)


def follows_commitment(viewer: Viewer, salt: bytes) -> bytes:
    """The hash that binds a reader to what they follow without telling it; of nothing, without a salt."""
    return hashlib.sha256(
        (b"" if follows_nothing(viewer) else salt) + codec.encode(_follows(viewer))
    ).digest()


def follows_nothing(viewer: Viewer) -> bool:
    """Whether there is nothing that has to be kept secret by a salt."""
    return not (viewer.people or viewer.collections or viewer.languages or viewer.topics)


def _follows(viewer: Viewer) -> Value:
    return {
        "people": [*sorted(viewer.people)],
        "collections": [*sorted(viewer.collections)],
        "languages": [*viewer.languages],
        "topics": [*sorted(viewer.topics)],
    }


def private_inputs(profile: Profile) -> tuple[str, ...]:
    """Which private inputs a profile reads: ``follows``, ``history``."""
    conditions = [*profile.drop, *(boost.when for boost in profile.boosts)]
    follows = profile.sources["follows"] or profile.sources["language"]
    reads = {
        "follows": bool(follows) or any("followed" in each.names for each in conditions),
        "history": "novelty" in profile.weights,
    }
    return tuple(name for name, read in reads.items() if read)


def commitments(profile: Profile, viewer: Viewer, salt: bytes) -> dict[str, bytes]:
    """What binds a reader to the private inputs that a profile reads.

    Args:
        salt: for what is followed; the history has its own.
    """
    made = {
        "follows": follows_commitment(viewer, salt),
        "history": commitment(viewer.history, viewer.salt),
    }
    return {name: made[name] for name in private_inputs(profile)}


# --- making and comparing -----------------------------------------------------------------------------


def receipt_of(
    text: str,
    profile: Profile,
    viewer: Viewer,
    feed: Feed,
    *,
    reader: RecordId,
    limit: int,
    masses: Mapping[bytes, int] | None,
    salt: bytes,
) -> Receipt:
    """The receipt of a feed, not signed yet.

    Args:
        text: of the profile.
        profile: what it means.
        viewer: who reads, with every private input.
        feed: what came of it.
        reader: the identity of who reads.
        limit: how many items were asked for.
        masses: of the reader's trust; None, if none was computed.
        salt: for the commitment to what is followed.
    """
    calibrates = bool(profile.rerank.calibration_mu)
    return Receipt(
        profile=text,
        snapshot=feed.snapshot,
        as_of=feed.as_of,
        limit=limit,
        reader=reader,
        works=feed.works,
        candidates=feed.candidates,
        given=dict(feed.given),
        dropped={drop.value: count for drop, count in feed.dropped.items()},
        items=tuple(Shown(each.id, each.score, each.place or 0) for each in feed.items),
        unmet=dict(feed.unmet),
        trust_root=trust_root(masses),
        explain_root=explain_root(feed.items),
        ledger_before=dict(viewer.owed) if calibrates else None,
        ledger_after=feed.owed,
        private=commitments(profile, viewer, salt),
    )


def differences(stated: Receipt, found: Receipt) -> tuple[int | None, tuple[str, ...]]:
    """Where two receipts of one feed differ: the first place, counted from 1, at which they show another item
    or score; and the fields that differ."""
    at = next(
        (
            place
            for place, (one, other) in enumerate(zip(stated.items, found.items, strict=False), 1)
            if one != other
        ),
        None,
    )
    if at is None and len(stated.items) != len(found.items):
        at = min(len(stated.items), len(found.items)) + 1
    return at, tuple(name for name in _COMPARED if getattr(stated, name) != getattr(found, name))


_COMPARED: Final = (
    "snapshot",
    "works",
    "candidates",
    "given",
    "dropped",
    "items",
    "unmet",
    "ledger_before",
    "trust_root",
    "explain_root",
    "ledger_after",
)


# --- as bytes -------------------------------------------------------------------------------------------


def fields_of(receipt: Receipt) -> dict[str, Value]:
    """A receipt as it is encoded, without its signature."""
    return {
        "v": VERSION,
        "engine": ENGINE,
        "tables": TABLES,
        "profile": receipt.profile,
        "snapshot": receipt.snapshot,
        "as_of": receipt.as_of,
        "limit": receipt.limit,
        "reader": receipt.reader,
        "works": receipt.works,
        "candidates": receipt.candidates,
        "given": dict(receipt.given),
        "dropped": dict(receipt.dropped),
        "items": [[each.id, each.score, each.place] for each in receipt.items],
        "unmet": dict(receipt.unmet),
        "trust_root": receipt.trust_root,
        "explain_root": receipt.explain_root,
        "ledger_before": None if receipt.ledger_before is None else dict(receipt.ledger_before),
        "ledger_after": None if receipt.ledger_after is None else dict(receipt.ledger_after),
        "private": dict(receipt.private),
        "key": None if receipt.key is None else bytes(receipt.key),
    }


def _message(receipt: Receipt) -> bytes:
    return _CONTEXT + codec.encode(fields_of(receipt))


def is_signed(receipt: Receipt) -> bool:
    """Whether the key that it names signed it."""
    return receipt.key is not None and verify(receipt.key.raw, _message(receipt), receipt.sig)


def write_receipt(receipt: Receipt, manifest: Manifest, opened: Viewer | None, salt: bytes) -> bytes:
    """A file that holds a receipt, the manifest, and the private inputs if they are given away.

    Args:
        salt: that of the commitment to what is followed.
    """
    value: dict[str, Value] = {
        "receipt": {**fields_of(receipt), "sig": receipt.sig},
        "manifest": [data for _, data in manifest.blocks],
    }
    if opened is not None:
        given: dict[str, Value] = {}
        if "follows" in receipt.private:
            given["follows"] = {"salt": b"" if follows_nothing(opened) else salt, "of": _follows(opened)}
        if "history" in receipt.private:
            times: list[Value] = [[rid, count] for rid, count in sorted(opened.history.items()) if count]
            given["history"] = {"salt": opened.salt, "of": times}
        value["opened"] = given
    return codec.encode(value, max_depth=_DEPTH)
