"""Tips: which branches of an identity's log stand (docs/spec/records.md, section 3).

Below each identity record only the children of the highest weight survive, where a record's weight
is the highest rank that signed it or anything under it. So a recovery key outranks a thief's
branch, whoever was first and whatever the clocks say.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from knowchain.chains.holdings import LogEntry
from knowchain.identifiers import RecordId

__all__ = ["Log"]


@dataclass(frozen=True, slots=True)
class Log:
    """An identity's log, resolved."""

    tips: tuple[RecordId, ...]
    """The surviving leaves, in the order of their bytes. Never empty for a held identity."""
    superseded: frozenset[RecordId]
    """Records of branches that a higher rank outweighs."""
    contested: frozenset[RecordId]
    """Surviving records that do not lead to every tip."""

    @classmethod
    def resolve(cls, entries: Sequence[LogEntry]) -> Log:
        """Resolve the held records of one identity's log."""
        children: dict[RecordId, list[LogEntry]] = defaultdict(list)
        genesis: list[LogEntry] = []
        for entry in entries:
            if entry.prev is None:
                genesis.append(entry)
            else:
                children[entry.prev].append(entry)
        weight = _weights(entries, children)
        surviving: list[RecordId] = []
        todo = [entry.id for entry in genesis]
        while todo:
            rid = todo.pop()
            surviving.append(rid)
            below = [child.id for child in children[rid]]
            if below:
                best = min(weight[child] for child in below)
                todo.extend(child for child in below if weight[child] == best)
        return cls._from_survivors(entries, children, surviving)

    @classmethod
    def _from_survivors(
        cls,
        entries: Sequence[LogEntry],
        children: dict[RecordId, list[LogEntry]],
        surviving: list[RecordId],
    ) -> Log:
        alive = set(surviving)
        leading: dict[RecordId, int] = {}
        # Parents come before children in ``surviving``, so that its reverse sees leaves first.
        for rid in reversed(surviving):
            below = [leading[child.id] for child in children[rid] if child.id in alive]
            leading[rid] = sum(below) if below else 1
        tips = tuple(sorted(rid for rid in surviving if not any(c.id in alive for c in children[rid])))
        return cls(
            tips,
            frozenset(entry.id for entry in entries if entry.id not in alive),
            frozenset(rid for rid in surviving if leading[rid] != len(tips)),
        )


def _weights(entries: Sequence[LogEntry], children: dict[RecordId, list[LogEntry]]) -> dict[RecordId, int]:
    """The highest rank (least number) that signed each record or a descendant of it."""
    weight: dict[RecordId, int] = {}
    for entry in sorted(entries, key=lambda entry: -entry.seq):
        weight[entry.id] = min([entry.rank, *(weight[child.id] for child in children[entry.id])])
    return weight
