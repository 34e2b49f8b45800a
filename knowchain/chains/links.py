"""How a record must hang on its parents (rules C2, C3, I1 and I2): a verdict from ancestors alone.

The caller has found every parent (rule C1); a parent that lacks makes a record *parked*, which is no
verdict. Since ids fix the ancestors, a verdict never changes and the order of arrival never matters.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, NoReturn

from knowchain.chains.identity import IdentityState, genesis_state, next_state
from knowchain.errors import InvalidRecord
from knowchain.identifiers import KeyId, PublicKey, RecordId, key_id
from knowchain.records.header import Add, AnyHeader, Header, IdentityHeader

__all__ = ["IdentityLink", "Parent", "added_keys", "author_of", "check_identity_link", "check_link"]


class Parent(NamedTuple):
    """What a verdict needs to know of an accepted parent."""

    identity: bool
    """Whether it is a record of an identity's log."""
    author: RecordId
    key: PublicKey | None
    """The key of an ordinary record; not needed of an identity record."""
    seq: int
    adds: frozenset[KeyId]
    """The keys that an identity record's own operations add; empty for an ordinary record."""


class IdentityLink(NamedTuple):
    """What an accepted identity record makes of its identity."""

    state: IdentityState
    rank: int


def author_of(rid: RecordId, header: AnyHeader) -> RecordId:
    """The identity that a record belongs to: a genesis is its own."""
    return rid if header.author is None else header.author


def added_keys(header: AnyHeader) -> frozenset[KeyId]:
    """The keys that an identity record's own operations add."""
    if isinstance(header, Header):
        return frozenset()
    return frozenset(op.key for op in header.ops if isinstance(op, Add))


def check_link(header: Header, parents: Sequence[Parent]) -> None:
    """Check an ordinary record against its parents.

    Raises:
        InvalidRecord: ``chain``.
    """
    if header.seq == 0:
        _check_first(header, parents[0])
        return
    greatest = 0
    for parent in parents:
        if parent.identity:
            _refuse("prev links an identity record, which only the first record of a chain may")
        if parent.key != header.key:
            # Stops a record from claiming a place in another key's chain.
            _refuse("prev links a record of another key")
        if parent.author != header.author:
            _refuse("prev links a record of another author")
        greatest = max(greatest, parent.seq)
    if header.seq != greatest + 1:
        _refuse("seq is {seq}; its parents make it {due}", seq=header.seq, due=greatest + 1)


def _check_first(header: Header, parent: Parent) -> None:
    """Rule C2: a chain hangs on the record that names its key, so no stranger can open one."""
    if not parent.identity:
        _refuse("the first record of a chain must follow the identity record that adds its key")
    if parent.author != header.author:
        _refuse("prev links an identity record of another author")
    if key_id(header.key) not in parent.adds:
        _refuse("the identity record that prev links does not add this key")


def check_identity_link(
    rid: RecordId, header: IdentityHeader, parent: Parent | None, state: IdentityState | None
) -> IdentityLink:
    """Check an identity record against its parent.

    Args:
        rid: the id of the record.
        header: its header.
        parent: what is known of its parent; None for a genesis.
        state: the identity's state at the parent; None when that is of no identity's log.

    Raises:
        InvalidRecord: ``identity``.
    """
    if parent is None:
        return IdentityLink(*genesis_state(rid, header))
    if not parent.identity or state is None:
        # Stops a record that hangs on an ordinary one from passing for a second genesis.
        raise InvalidRecord("identity", "prev links a record that is not of an identity's log")
    if parent.author != header.author:
        raise InvalidRecord("identity", "prev links a record of another identity")
    if header.seq != parent.seq + 1:
        raise InvalidRecord(
            "identity", "seq is {seq}; its parent makes it {due}", seq=header.seq, due=parent.seq + 1
        )
    return IdentityLink(*next_state(state, rid, header))


def _refuse(why: str, **fields: object) -> NoReturn:
    raise InvalidRecord("chain", why, **fields)
