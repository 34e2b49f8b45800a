"""States of identities lately used: what replaying a log costs is paid once, within bounds.

A state can be large (rule I4 allows thousands of keys), and a stranger can make many of them; so what
is kept is bounded by what the states hold, not only by how many they are.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Final

from knowchain.chains.identity import IdentityState, genesis_state, next_state
from knowchain.identifiers import RecordId
from knowchain.records.header import IdentityHeader

__all__ = ["States"]

_MOST_STATES: Final = 4096
_MOST_ENTRIES: Final = 2**20
"""Keys and accepted offers of all the states together; one takes about 100 bytes."""


class States:
    """The states at accepted identity records; the least lately used go first.

    Args:
        most_states: how many are kept at most.
        most_entries: how many keys and accepted offers all of them hold at most.
    """

    def __init__(self, most_states: int = _MOST_STATES, most_entries: int = _MOST_ENTRIES) -> None:
        self._most_states = most_states
        self._most_entries = most_entries
        self._states: OrderedDict[RecordId, IdentityState] = OrderedDict()
        self._entries = 0

    def __len__(self) -> int:
        return len(self._states)

    def __contains__(self, rid: object) -> bool:
        return rid in self._states

    def at(self, rid: RecordId, header_of: Callable[[RecordId], IdentityHeader]) -> IdentityState:
        """The state at an accepted record of a log, replayed from the nearest that is kept.

        Args:
            rid: the record.
            header_of: reads the header of an accepted identity record.
        """
        path: list[RecordId] = []
        at: RecordId | None = rid
        while at is not None and at not in self._states:
            path.append(at)
            prev = header_of(at).prev
            at = prev[0] if prev else None
        state = None if at is None else self._states[at]
        # Headers are read again rather than kept: a log may be long, and each of them large.
        for step in reversed(path):
            header = header_of(step)
            state, _ = genesis_state(step, header) if state is None else next_state(state, step, header)
        assert state is not None
        self.keep(rid, state)
        return state

    def keep(self, rid: RecordId, state: IdentityState) -> None:
        """Keep the state at a record, as the one used last."""
        if rid in self._states:
            self._states.move_to_end(rid)
            return
        self._states[rid] = state
        self._entries += _entries(state)
        while len(self._states) > self._most_states or self._entries > self._most_entries:
            _, gone = self._states.popitem(last=False)
            self._entries -= _entries(gone)

    def clear(self) -> None:
        """Forget them all."""
        self._states.clear()
        self._entries = 0


def _entries(state: IdentityState) -> int:
    return len(state.devices) + len(state.accepted)
