"""The graph of references, on the integers that stand for ids in the store.

Ancestors are found by a recursive query with UNION, so that whatever is reached by many ways is
visited once; descendants level by level, so that each comes with its distance.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Final, NamedTuple

from knowchain.identifiers import RecordId
from knowchain.storage.reader import Reader

__all__ = ["Graph", "Link"]

_WIDTH: Final = 500
"""Ids of one question."""


class Link(NamedTuple):
    """A reference, by the numbers of the store."""

    record: int
    relation: str
    target: int


class Graph:
    """Questions to the references that one reader sees.

    Args:
        reader: what is seen; its snapshot, if it has one, is the graph's.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._connection = reader.connection
        self._names: dict[int, str] = dict(self._connection.execute("SELECT id, name FROM relations"))
        self._numbers = {name: number for number, name in self._names.items()}

    def ancestors(self, rid: RecordId, relations: Iterable[str]) -> Iterator[int]:
        """The numbers of everything that ``rid`` leads to by ``relations``, in no order; not its own.

        Yields them as they are found: what counts them keeps nothing. Some may not be held.
        """
        start = self._reader.row_id(rid)
        wanted = self._wanted(relations)
        if start is None or not wanted:
            return
        # The plus keeps SQLite from one seek for each relation: a record's few references lie together.
        sql = f"""WITH RECURSIVE above (id) AS (
                    SELECT target FROM refs WHERE record = ?1 AND +relation IN ({wanted})
                    UNION SELECT f.target FROM above JOIN refs f
                    ON f.record = above.id AND +f.relation IN ({wanted}))
                  SELECT id FROM above"""
        for (found,) in self._connection.execute(sql, (start,)):
            yield found

    def count_ancestors(self, rid: RecordId, relations: Iterable[str]) -> int:
        """How many records, held or not, ``rid`` leads to by ``relations``."""
        start = self._reader.row_id(rid)
        wanted = self._wanted(relations)
        if start is None or not wanted:
            return 0
        sql = f"""WITH RECURSIVE above (id) AS (
                    SELECT target FROM refs WHERE record = ?1 AND +relation IN ({wanted})
                    UNION SELECT f.target FROM above JOIN refs f
                    ON f.record = above.id AND +f.relation IN ({wanted}))
                  SELECT count(*) FROM above"""
        counted: int = self._connection.execute(sql, (start,)).fetchone()[0]
        return counted

    def pointing_at(self, targets: Sequence[int], relations: Iterable[str]) -> list[Link]:
        """The references of held records to ``targets`` by ``relations``."""
        wanted = self._wanted(relations)
        found: list[Link] = []
        numbers = iter(targets)
        while wanted and (part := list(islice(numbers, _WIDTH))):
            sql = f"""SELECT record, relation, target FROM refs
                      WHERE target IN ({",".join("?" * len(part))}) AND +relation IN ({wanted})"""
            found += [
                Link(record, self._names[relation], target)
                for record, relation, target in self._connection.execute(sql, part)
            ]
        return found

    def relations(self) -> frozenset[str]:
        """Every relation that a held record uses."""
        return frozenset(self._numbers)

    def _wanted(self, relations: Iterable[str]) -> str:
        return ",".join(str(self._numbers[name]) for name in sorted(relations) if name in self._numbers)
