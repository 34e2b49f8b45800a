"""Authoring: a person's words become a signed record at the end of this device's chain."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from knowchain.admission import Verdict
from knowchain.chains import Flag
from knowchain.errors import HomeError, InvalidValue, NotAllowed, SystemFault
from knowchain.home.home import RESTORED_SETTING, Home
from knowchain.identifiers import RecordId, key_id
from knowchain.limits import MAX_PREV, SALT_SIZE
from knowchain.records import Add, IdentityHeader, Ref, read_block, write_body, write_record
from knowchain.records.bodies import Draft, compose
from knowchain.storage.reader import Reader

__all__ = ["Signed", "author", "sign_draft"]


@dataclass(frozen=True, slots=True)
class Signed:
    """A record that this home signed and holds."""

    id: RecordId
    kind: str
    seq: int
    warnings: tuple[InvalidValue, ...] = ()
    """What was stored otherwise than written, or may be a mistake."""


def author(home: Home, kind: str, human: Mapping[str, object], refs: Iterable[Ref] = ()) -> Signed:
    """Compose, sign and keep a record.

    Args:
        home: the open home.
        kind: a body kind of docs/spec/bodies.md.
        human: its fields as people write them.
        refs: references beside those that the fields make.

    Raises:
        InvalidBody: the fields break rules; it holds every error.
        NotAllowed: this device may not sign now, with the reason.
    """
    return sign_draft(home, compose(kind, human), refs)


def sign_draft(home: Home, draft: Draft, refs: Iterable[Ref] = ()) -> Signed:
    """Sign a composed record at the tips of this device's chain, and admit it.

    Raises:
        NotAllowed: the device is revoked, its chain was continued elsewhere, or its identity is
            closed.
        StorageFault: the disk refused; nothing was signed that counts.
    """
    with home.signing:
        return _signed(home, draft, refs)


def _signed(home: Home, draft: Draft, refs: Iterable[Ref]) -> Signed:
    identity = home.identity
    with home.store.snapshot() as reader:
        prev, seq = chain_end(home, reader, identity)
    body = (
        write_body(draft.body, author=identity, salt=secrets.token_bytes(SALT_SIZE)) if draft.body else None
    )
    block = write_record(
        home.device,
        kind=draft.kind,
        author=identity,
        prev=prev,
        seq=seq,
        time=home.clock(),
        body=None if body is None else body.link,
        refs=[*draft.refs, *refs],
    )
    answer = home.admission.admit(block.data, None if body is None else body.data, source="local")
    if answer.verdict is not Verdict.ACCEPTED:
        raise SystemFault(
            "the own record was {verdict}: {detail}",
            remedy="run `knowchain fsck`",
            verdict=answer.verdict,
            detail=answer.detail,
        )
    return Signed(block.id, draft.kind, seq, draft.warnings)


def chain_end(home: Home, reader: Reader, identity: RecordId) -> tuple[list[RecordId], int]:
    """The parents and sequence number of the next record of this device.

    Raises:
        NotAllowed: signing now could fork the chain, or would be void.
    """
    key = home.device_public_key
    _check_named(home, reader, identity)
    if reader.setting(RESTORED_SETTING) is not None:
        raise NotAllowed(
            "this home was restored from a backup; signing now could fork its chain",
            remedy="run `knowchain keys rotate` (a new key can't fork), or `knowchain restore --newest` "
            "if no later copy of this home ever signed anything",
        )
    tips = reader.chain_tips(key)
    if not tips:
        return [_naming_record(reader, identity, home)], 0
    if len(tips) > MAX_PREV:
        raise NotAllowed(
            "the chain of this device has {count} branches; a record can join 8",
            remedy="run `knowchain keys rotate`",
            count=len(tips),
        )
    for rid, _ in tips[: len(tips) if len(tips) > 1 else 0]:
        stored = reader.record(rid)
        if stored is None or stored.source != "local":
            # Software joins only what it wrote itself: a foreign branch may be a thief's.
            raise NotAllowed(
                "another holder of this device's key signed {id}",
                remedy="if that was you, run `knowchain keys rotate`; if not, the key was stolen: "
                "`knowchain keys recover`",
                id=str(rid),
            )
    return [rid for rid, _ in tips], max(seq for _, seq in tips) + 1


def _check_named(home: Home, reader: Reader, identity: RecordId) -> None:
    states = reader.standing().state(identity)
    device = key_id(home.device_public_key)
    if any(device in state.devices and state.devices[device] is None for state in states):
        return
    raise NotAllowed(
        "the identity does not name this device, {key}, or has revoked it",
        remedy="run `knowchain keys add {key}` on a device that it names; `knowchain keys list` shows which",
        key=str(home.device_public_key),
    )


def _naming_record(reader: Reader, identity: RecordId, home: Home) -> RecordId:
    """The identity record that adds this device's key, on a branch that stands."""
    device = key_id(home.device_public_key)
    standing = reader.standing()
    for entry in reader.log(identity):
        data = reader.block(entry.id)
        header = None if data is None else read_block(data).header
        if (
            isinstance(header, IdentityHeader)
            and Add(device) in header.ops
            and Flag.SUPERSEDED not in standing.flags(entry.id)
        ):
            return entry.id
    raise HomeError(
        "no record of the identity that stands adds this device", remedy="run `knowchain keys list`"
    )
