"""Pinning elsewhere: what is to be kept by targets that the settings name, beside what is kept here.

Everything here works without a running peer: it is written down, and a peer sees to it when it runs.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowchain.content.directories import resolve
from knowchain.errors import InvalidValue, NotFound
from knowchain.home.content import holds_block, parse_address
from knowchain.home.home import Home
from knowchain.home.names import resolve_record
from knowchain.home.pinnable import pins_of_record
from knowchain.home.serving import ServedBlocks
from knowchain.identifiers import Cid, RecordId, is_record_id
from knowchain.storage.pin_states import (
    EVERY,
    Declared,
    PinState,
    RemotePin,
    TargetState,
    ToPin,
    pin_name,
)

__all__ = [
    "PinQuestion",
    "PinWish",
    "Pinned",
    "Unpinned",
    "declare_targets",
    "pin_content",
    "pinning_targets",
    "reconcile_pins",
    "remote_pins",
    "unpin_everywhere",
]


@dataclass(frozen=True, slots=True)
class PinWish:
    """Something to be pinned, or no longer.

    Attributes:
        address: a CID, with a path beneath it or not; or a record, by its id or the beginning of it.
        target: the name of one target; None for all.
        name: what the pin is called; by default its address.
    """

    address: str
    target: str | None = None
    name: str | None = None


@dataclass(frozen=True, slots=True)
class Pinned:
    """What is to be pinned: ``cids`` at ``targets``; ``here``: it is pinned in this home as well."""

    cids: tuple[Cid, ...]
    targets: tuple[str, ...]
    here: bool


@dataclass(frozen=True, slots=True)
class Unpinned:
    """What is no longer to be pinned.

    Attributes:
        here: pins of this home that went.
        elsewhere: choices for targets that went.
        kept: targets that keep it still, because their rule says so.
    """

    here: int
    elsewhere: int
    kept: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PinQuestion:
    """The pins of one target, in one state or all."""

    target: str
    state: PinState | None = None


def declare_targets(home: Home, targets: Sequence[Declared]) -> None:
    """The settings name these targets. Pins of those that they no longer name stay as they are."""
    if targets or home.layout.pins.is_file():
        home.remote_pins.declare(targets)


def pinning_targets(home: Home) -> tuple[TargetState, ...]:
    """Every target, and how many pins it has in each state."""
    return tuple(home.remote_pins.targets()) if home.layout.pins.is_file() else ()


def pin_content(home: Home, request: PinWish) -> Pinned:
    """Keep something here, and have it pinned at one target or all.

    Raises:
        NotFound: it is not here, or there is no such target. Withdrawn: its publisher took it back.
        InvalidValue: neither a CID nor a record.
    """
    targets = _targets(home, request.target)
    record, found = _named(home, request.address)
    for one in found:
        if one.withheld or record is None:
            ServedBlocks(home).get(one.cid)  # raises if it is withdrawn, or not here
    cids = tuple(one.cid for one in found)
    here = record is None and holds_block(home, cids[0])
    if here:
        home.content.pin(cids[0], request.name or str(cids[0]))
    if targets:
        name = pin_name(request.name or str(record or request.address))
        home.remote_pins.choose([(cid, name) for cid in cids], request.target or EVERY)
    return Pinned(cids, targets, here)


def unpin_everywhere(home: Home, request: PinWish) -> Unpinned:
    """Keep it no longer on its own account: here and at all targets, or at one target alone.

    Raises:
        NotFound: it was not pinned so.
    """
    if request.target is not None:
        _targets(home, request.target)
    record, found = _named(home, request.address)
    cids = [one.cid for one in found]
    here = elsewhere = 0
    if request.target is None and home.layout.content.is_dir() and record is None:
        here = home.content.unpin(cids[0])
    kept: set[str] = set()
    if home.layout.pins.is_file():
        elsewhere = home.remote_pins.unchoose(cids, request.target or EVERY)
        kept = {pin.target for cid in cids for pin in home.remote_pins.at(cid) if pin.state != "unpinning"}
    if not here and not elsewhere:
        raise NotFound(
            "{cid} is not pinned on its own account",
            remedy="what a target pins by its rule goes with the rule, or when it is retracted",
            cid=request.address,
        )
    return Unpinned(here, elsewhere, tuple(sorted(kept)))


def remote_pins(home: Home, request: PinQuestion) -> tuple[RemotePin, ...]:
    """The pins of a target, in the order of their CIDs.

    Raises:
        NotFound: there is no such target.
    """
    if request.target not in {target.name for target in pinning_targets(home)}:
        raise _no_target(home, request.target)
    return tuple(home.remote_pins.pins(request.target, request.state))


def reconcile_pins(home: Home, target: str | None = None) -> tuple[str, ...]:
    """Have one target or all compared with what should be pinned there, and what failed tried again.

    Returns:
        The targets.

    Raises:
        NotFound: there is no such target, or none at all.
    """
    targets = _targets(home, target)
    if not targets:
        raise _no_target(home, target or "")
    home.remote_pins.ask_again(target or EVERY)
    return targets


def _targets(home: Home, target: str | None) -> tuple[str, ...]:
    declared = tuple(one.name for one in pinning_targets(home) if one.declared)
    if target is None:
        return declared
    if target not in declared:
        raise _no_target(home, target)
    return (target,)


def _no_target(home: Home, target: str) -> NotFound:
    declared = ", ".join(one.name for one in pinning_targets(home) if one.declared)
    if not declared:
        return NotFound(
            "no target to pin at is set",
            remedy="name one in config.toml, under [[pinning.targets]]; docs/guide/operating.md shows how",
        )
    return NotFound(
        "there is no target {name}", remedy="the settings name {declared}", name=target, declared=declared
    )


def _named(home: Home, address: str) -> tuple[RecordId | None, list[ToPin]]:
    """The record that is named, if it or its body is, and what is pinned for it.

    Raises:
        NotFound, InvalidValue: as :func:`pin_content`. ContentError, Corruption: a folder on the path is bad.
    """
    reader = home.store.reader()
    try:
        cid, path = parse_address(address)
    except InvalidValue:
        cid, path = resolve_record(reader, address), ""
    if not path and is_record_id(cid):
        rid = RecordId(cid)
        if rid in reader:
            return rid, pins_of_record(home, reader, rid)
        record = reader.record_of_body(rid)
        if record is not None:
            found = pins_of_record(home, reader, record)
            return record, [one for one in found if one.cid[2:] == cid[2:]]
    return None, [ToPin(resolve(ServedBlocks(home), cid, path) if path else cid, "", False)]
