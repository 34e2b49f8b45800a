"""Which records a change may hide from a search or bring back to it.

A withdrawal stands or falls with the withdrawals of itself, and with the identities that it depends on: its
own author's, its target's, and those between them when an identity was handed over. So for each target of a
withdrawal the index keeps the identities concerned, and an identity's record leads to them.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator

from knowchain.identifiers import RecordId
from knowchain.records.block import read_block
from knowchain.records.header import Accept, IdentityHeader, Successor
from knowchain.storage.reader import Reader

__all__ = ["Withdrawn"]


class Withdrawn:
    """Follows withdrawals over one snapshot of the store.

    Args:
        reader: the snapshot.
    """

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._pairs: set[tuple[int, int]] = set()

    def touched(self, records: Iterable[int]) -> dict[int, None]:
        """``records`` and everything that may be hidden or shown because of them."""
        found: dict[int, None] = {}
        todo = list(records)
        identities: set[int] = set()
        while todo:
            number = todo.pop()
            if number in found:
                continue
            found[number] = None
            self._note(number)
            author = self._log_author(number)
            if author is None:
                todo.extend(self._withdrawn_by(number))
            else:
                for identity in self._connected(author):
                    if identity not in identities:
                        identities.add(identity)
                        todo.extend(self._concerned(identity))
        return found

    def write(self, connection: sqlite3.Connection) -> None:
        """Keep what was learnt about targets of withdrawals."""
        connection.executemany("INSERT OR IGNORE INTO search_withdrawn VALUES (?, ?)", sorted(self._pairs))

    def _note(self, target: int) -> None:
        """Remember the identities on which it depends whether ``target`` is withdrawn."""
        sql = """SELECT s.author FROM refs f JOIN relations t ON t.id = f.relation
                 JOIN records s ON s.id = f.record
                 WHERE f.target = ? AND t.name IN ('kc:retracts', 'kc:erases')"""
        authors = {author for (author,) in self._reader.connection.execute(sql, (target,))}
        if not authors:
            return
        sql = "SELECT author, body FROM records WHERE id = ?"
        own = self._reader.connection.execute(sql, (target,)).fetchone()
        # A record that has no words and withdraws nothing hides nothing; one that is not held has a
        # ticket of its own when it comes.
        if own is not None and (own[1] is not None or self._withdrawn_by(target)):
            self._pairs.update((identity, target) for identity in authors | {own[0]})

    def _withdrawn_by(self, record: int) -> list[int]:
        sql = """SELECT f.target FROM refs f JOIN relations t ON t.id = f.relation
                 WHERE f.record = ? AND t.name IN ('kc:retracts', 'kc:erases')"""
        return [target for (target,) in self._reader.connection.execute(sql, (record,))]

    def _log_author(self, record: int) -> int | None:
        row = self._reader.connection.execute("SELECT author FROM logs WHERE id = ?", (record,)).fetchone()
        return None if row is None else row[0]

    def _concerned(self, identity: int) -> Iterator[int]:
        rows = self._reader.connection.execute(
            "SELECT record FROM search_withdrawn WHERE identity = ?", (identity,)
        ).fetchall()
        yield from (record for (record,) in rows)
        # Those that this very page adds are concerned as well.
        yield from [record for one, record in self._pairs if one == identity]

    def _connected(self, author: int) -> Iterator[int]:
        """An identity and all that were handed over to it, or that it was handed over to, on any branch."""
        seen: set[RecordId] = set()
        todo = [self._reader.rid(author)]
        while todo:
            identity = todo.pop()
            if identity in seen:
                continue
            seen.add(identity)
            number = self._reader.row_id(identity)
            if number is not None:
                yield number
            todo.extend(self._handed_over(identity))

    def _handed_over(self, identity: RecordId) -> Iterator[RecordId]:
        for entry in self._reader.log(identity):
            block = self._reader.block(entry.id)
            header = None if block is None else read_block(block).header
            if not isinstance(header, IdentityHeader):
                continue
            for op in header.ops:
                if isinstance(op, Successor):
                    yield op.identity
                elif isinstance(op, Accept):
                    offering = self._reader.log_author(op.record)
                    if offering is not None:
                        yield offering
