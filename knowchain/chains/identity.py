"""An identity's state at one record of its log, and how operations change it (rules I1 to I4).

An identity groups device keys under ranks. A rank names keys and how many must sign; rank 0 is the
highest, and nobody edits a rank above their own. State is a function of the path from the genesis:
no clock, no other branch.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import NoReturn, TypeAlias

from knowchain.errors import InvalidRecord
from knowchain.identifiers import KeyId, RecordId
from knowchain.limits import MAX_ACCEPTED, MAX_NAMED_KEYS
from knowchain.records.header import (
    Accept,
    Add,
    Control,
    Cut,
    IdentityHeader,
    Operation,
    Rank,
    Revoke,
    Successor,
)

__all__ = ["Device", "Handover", "IdentityState", "Revoked", "genesis_state", "next_state"]


@dataclass(frozen=True, slots=True)
class Revoked:
    """A device key that the identity disavows: from the start, or after ``cut``."""

    cut: Cut | None


Device: TypeAlias = Revoked | None
"""A named key: None while it is in force."""


@dataclass(frozen=True, slots=True)
class Handover:
    """The offer that stands last on the path: the identity record that makes it, and to whom."""

    record: RecordId
    to: RecordId


@dataclass(frozen=True, slots=True)
class IdentityState:
    """What an identity is at one record of its log."""

    control: tuple[Rank, ...] = ()
    devices: Mapping[KeyId, Device] = field(default_factory=lambda: MappingProxyType({}))
    handover: Handover | None = None
    accepted: frozenset[RecordId] = frozenset()
    """The identity records whose offers this identity accepts."""

    def rank_of(self, signers: Collection[KeyId]) -> int | None:
        """The highest rank (least number) that ``signers`` satisfy; None if they satisfy none."""
        for number, rank in enumerate(self.control):
            if sum(key in signers for key in rank.keys) >= rank.need:
                return number
        return None

    @property
    def closed(self) -> bool:
        """Whether nobody can act for the identity any more."""
        return not self.control


def genesis_state(rid: RecordId, header: IdentityHeader) -> tuple[IdentityState, int]:
    """State and rank of a genesis (rule I1).

    Args:
        rid: the id of the genesis.
        header: its header.

    Raises:
        InvalidRecord: ``identity``: its signers satisfy no rank that it sets, or an operation fails.
    """
    state = _apply(IdentityState(), rid, header.ops, rank=0)
    rank = state.rank_of(header.signer_ids)
    if rank is None:
        _refuse("the signers satisfy no rank of the control that the genesis sets")
    return state, rank


def next_state(state: IdentityState, rid: RecordId, header: IdentityHeader) -> tuple[IdentityState, int]:
    """State and rank of a later identity record, given the state at its parent (rules I2 and I3).

    Raises:
        InvalidRecord: ``identity``: its signers satisfy no rank there, or an operation fails.
    """
    rank = state.rank_of(header.signer_ids)
    if rank is None:
        # Stops a key that the identity does not trust, a retired one included, from editing it.
        _refuse("the signers satisfy no rank of the identity at that point")
    return _apply(state, rid, header.ops, rank), rank


def _apply(state: IdentityState, rid: RecordId, ops: tuple[Operation, ...], rank: int) -> IdentityState:
    # What no operation touches is shared with the state before, since states may be large.
    devices = dict(state.devices) if any(isinstance(op, Add | Revoke) for op in ops) else None
    accepted = {op.record for op in ops if isinstance(op, Accept)}
    control, handover = state.control, state.handover
    for op in ops:
        if isinstance(op, Control):
            control = _new_control(control, op, rank)
        elif isinstance(op, Add):
            assert devices is not None
            _add(devices, op)
        elif isinstance(op, Revoke):
            assert devices is not None
            _revoke(devices, op)
        elif isinstance(op, Successor):
            handover = Handover(rid, op.identity)
    after = replace(
        state,
        control=control,
        devices=state.devices if devices is None else MappingProxyType(devices),
        handover=handover,
        accepted=state.accepted if accepted <= state.accepted else state.accepted | accepted,
    )
    if len(after.devices) > MAX_NAMED_KEYS or len(after.accepted) > MAX_ACCEPTED:
        # Rule I4 bounds the state, so that a log can't be made whose every step costs more.
        _refuse("an identity names at most 4096 keys and accepts at most 4096 offers on one path")
    return after


def _new_control(control: tuple[Rank, ...], op: Control, rank: int) -> tuple[Rank, ...]:
    """Stops a lower rank from demoting or replacing a higher one: a thief from locking out recovery."""
    if op.ranks[:rank] != control[:rank]:
        _refuse("a control operation changes a rank above that of its signers")
    return op.ranks


def _add(devices: dict[KeyId, Device], op: Add) -> None:
    """A key is named once on a path: a revoked key never returns, so a stolen one stays out."""
    if op.key in devices:
        _refuse("an add operation names a key that was added before")
    devices[op.key] = None


def _revoke(devices: dict[KeyId, Device], op: Revoke) -> None:
    if op.key not in devices:
        _refuse("a revoke operation names a key that was never added")
    if devices[op.key] is not None:
        _refuse("a revoke operation names a key that is revoked already")
    devices[op.key] = Revoked(op.cut)


def _refuse(why: str) -> NoReturn:
    raise InvalidRecord("identity", why)
