"""One write transaction of the record store: records, indexes and outbox together.

A transaction gathers rows in memory and writes them table by table at its end; what it gathered is
visible to its own questions at once, so that a batch may hold a record and its parent.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Final, NamedTuple

from knowchain.chains.holdings import WITHDRAWING
from knowchain.chains.links import IdentityLink, Parent, added_keys, author_of
from knowchain.chains.runs import Place
from knowchain.identifiers import PublicKey, RecordId
from knowchain.records.block import Block, read_block
from knowchain.records.header import Header, IdentityHeader
from knowchain.storage.reader import rid_from_digest

__all__ = ["Known", "StoreCaches", "WriteTransaction"]

_QUERY_WIDTH: Final = 500
_ROWS: Final = 100
"""Rows of one inserting statement."""
_CACHED_RECORDS: Final = 65_536
_CACHED_IDS: Final = 262_144


class Known(NamedTuple):
    """What the writer remembers of an accepted record."""

    id: int
    author: int
    author_rid: RecordId
    key: PublicKey | None
    """None for a record of an identity's log."""
    seq: int
    run: int


def _known(
    row_id: int, author: int | None, digest: bytes, key: bytes, seq: int, run: int | None
) -> Known | None:
    """A row of :meth:`WriteTransaction._find`; None for an id that is mentioned but not accepted."""
    if author is None:
        return None
    public = None if run is None else PublicKey(key)
    return Known(row_id, author, rid_from_digest(digest), public, seq, -1 if run is None else run)


class StoreCaches:
    """What one writer learnt from its own writes; bounded, and dropped whole after a failure."""

    def __init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget everything; it is read again from the database."""
        self.ids: dict[RecordId, int] = {}
        self.known: dict[RecordId, Known] = {}
        self.names: dict[str, dict[str, int]] = {"kinds": {}, "relations": {}, "sources": {}}
        self.keys: dict[PublicKey, int] = {}
        self.run_ends: dict[int, int] = {}
        self.next_id = 0
        self.next_arrival = 0
        self.next_run = 0

    def trim(self) -> None:
        """Keep the bounds: the older half of a full cache goes."""
        for cache, most in (
            (self.ids, _CACHED_IDS),
            (self.known, _CACHED_RECORDS),
            (self.run_ends, _CACHED_RECORDS),
        ):
            if len(cache) > most:
                for key in list(cache)[: most // 2]:
                    del cache[key]  # type: ignore[arg-type]
        if len(self.keys) > _CACHED_RECORDS:
            self.keys.clear()


class WriteTransaction:
    """Gathers accepted records and writes them; made by :meth:`RecordStore.write`."""

    def __init__(self, connection: sqlite3.Connection, caches: StoreCaches) -> None:
        self._connection = connection
        self._caches = caches
        self._absent: set[RecordId] = set()
        self._cids: list[tuple[int, bytes]] = []
        self._records: list[tuple[object, ...]] = []
        self._logs: list[tuple[object, ...]] = []
        self._runs: list[tuple[int, int, int, int]] = []
        self._run_ends: dict[int, int] = {}
        self._run_parents: list[tuple[int, int, int]] = []
        self._refs: list[tuple[int, int, int]] = []
        self._new_heads: set[int] = set()
        self._old_heads: list[int] = []
        self._bodies: dict[int, tuple[int, bytes]] = {}
        self._absent_bodies: list[tuple[int, int]] = []
        self._fresh: set[int] = set()
        self._outbox: list[int] = []
        self._to_index: dict[int, None] = {}
        self._blocks: dict[RecordId, bytes] = {}
        if not caches.next_id:
            self._read_counters()

    def _read_counters(self) -> None:
        for name, table, column in (
            ("next_id", "cids", "id"),
            ("next_arrival", "records", "arrival"),
            ("next_run", "runs", "id"),
        ):
            row = self._connection.execute(f"SELECT max({column}) FROM {table}").fetchone()
            setattr(self._caches, name, (row[0] or 0) + 1)

    # --- questions ---------------------------------------------------------------------------------

    def prefetch(self, rids: Iterable[RecordId]) -> None:
        """Look up many ids at once, so that what follows asks the database nothing."""
        caches, absent = self._caches, self._absent
        wanted = [rid for rid in rids if rid not in caches.ids and rid not in absent]
        for at in range(0, len(wanted), _QUERY_WIDTH):
            part = wanted[at : at + _QUERY_WIDTH]
            found = self._find(part)
            for rid in part:
                row = found.get(rid[4:])
                if row is None:
                    absent.add(rid)
                else:
                    caches.ids[rid], known = row
                    if known is not None:
                        caches.known[rid] = known

    def _find(self, rids: Sequence[RecordId]) -> dict[bytes, tuple[int, Known | None]]:
        marks = ",".join("?" * len(rids))
        sql = f"""SELECT c.digest, c.id, r.author, a.digest, k.key, r.seq, r.run
                  FROM cids c LEFT JOIN records r ON r.id = c.id
                  LEFT JOIN cids a ON a.id = r.author LEFT JOIN keys k ON k.id = r.key
                  WHERE substr(c.digest, 1, 8) IN ({marks})"""
        rows = self._connection.execute(sql, [rid[4:12] for rid in rids])
        # Another digest may begin alike; whoever asked looks up the whole one.
        return {digest: (row_id, _known(row_id, *rest)) for digest, row_id, *rest in rows}

    def known(self, rid: RecordId) -> Known | None:
        """What is known of an accepted record, those of this transaction included."""
        found = self._caches.known.get(rid)
        if found is None and rid not in self._absent:
            # A mention without a record, or a record that fell out of the cache.
            row = self._find([rid]).get(rid[4:])
            if row is not None and row[1] is not None:
                found = self._caches.known[rid] = row[1]
            elif row is None and rid not in self._caches.ids:
                self._absent.add(rid)
        return found

    def parent(self, rid: RecordId) -> Parent | None:
        """An accepted record as a parent; None if it is not accepted."""
        known = self.known(rid)
        if known is None:
            return None
        adds = added_keys(self._header(rid)) if known.key is None else frozenset()
        return Parent(known.key is None, known.author_rid, known.key, known.seq, adds)

    def _header(self, rid: RecordId) -> Header | IdentityHeader:
        return read_block(self.block(rid)).header

    def block(self, rid: RecordId) -> bytes:
        """The bytes of an accepted record, those of this transaction included."""
        pending = self._blocks.get(rid)
        if pending is not None:
            return pending
        known = self.known(rid)
        assert known is not None
        block: bytes = self._connection.execute(
            "SELECT block FROM records WHERE id = ?", (known.id,)
        ).fetchone()[0]
        return block

    def is_erased(self, body: RecordId) -> bool:
        """Whether a body was destroyed here, so that it is never taken back."""
        row_id = self._caches.ids.get(body)
        if row_id is None or row_id in self._fresh:
            return False
        row = self._connection.execute("SELECT erased FROM absent_bodies WHERE id = ?", (row_id,)).fetchone()
        return row is not None and bool(row[0])

    # --- writing -------------------------------------------------------------------------------------

    def add_identity(
        self, block: Block, header: IdentityHeader, link: IdentityLink, *, received: int, source: str
    ) -> None:
        """Gather an accepted identity record."""
        row_id = self._id(block.id)
        author = author_of(block.id, header)
        prev = self._id(header.prev[0]) if header.prev else None
        self._logs.append((row_id, self._id(author), prev, header.seq, link.rank))
        self._to_index[row_id] = None
        self._add(block, row_id, author, run=None, received=received, source=source)

    def add_ordinary(self, block: Block, header: Header, *, received: int, source: str) -> bool:
        """Gather an accepted ordinary record; whether it opened a second branch of its key's chain."""
        caches = self._caches
        row_id = self._id(block.id)
        run, forked = self._place(header)
        ids, relations = caches.ids, caches.names["relations"]
        for relation, rid in header.refs:
            # What is cached is looked up here and not by a call: this loop is the hottest of an ingest.
            target = ids.get(rid) or self._id(rid)
            number = relations.get(relation) or self._name("relations", relation)
            self._refs.append((target, number, row_id))
            if relation in WITHDRAWING:
                self._to_index[target] = self._to_index[row_id] = None
        self._add(block, row_id, header.author, run=run, received=received, source=source)
        if header.body is not None:
            self._absent_bodies.append((self._id(header.body.cid), row_id))
            self._to_index[row_id] = None
        caches.run_ends[run] = self._run_ends[run] = header.seq
        return forked

    def add_body(self, record: RecordId, body: RecordId, data: bytes) -> None:
        """Gather the body that the header of ``record`` owns; the caller has checked it."""
        row_id = self._id(record)
        self._bodies.setdefault(self._id(body), (row_id, data))
        self._to_index[row_id] = None

    def announce(self, rid: RecordId) -> None:
        """Put an accepted record into the outbox."""
        self._outbox.append(self._caches.ids[rid])

    def _add(
        self,
        block: Block,
        row_id: int,
        author: RecordId,
        *,
        run: int | None,
        received: int,
        source: str,
    ) -> None:
        caches, header = self._caches, block.header
        author_id = self._id(author)
        self._records.append(
            (
                row_id,
                caches.next_arrival,
                self._name("kinds", header.kind),
                self._key(header.key),
                author_id,
                header.seq,
                run,
                header.time,
                None if header.body is None else self._id(header.body.cid),
                received,
                self._name("sources", source),
                block.data,
            )
        )
        caches.next_arrival += 1
        self._blocks[block.id] = block.data
        caches.known[block.id] = Known(
            row_id,
            author_id,
            author,
            None if run is None else header.key,
            header.seq,
            -1 if run is None else run,
        )
        for rid in header.prev:
            parent = self._id(rid)
            if parent in self._new_heads:
                self._new_heads.discard(parent)
            else:
                self._old_heads.append(parent)
        self._new_heads.add(row_id)

    def _place(self, header: Header) -> tuple[int, bool]:
        """The run that an ordinary record continues or opens, and whether that makes a fork."""
        caches = self._caches
        parents = [] if header.seq == 0 else [self.known(rid) for rid in header.prev]
        if len(parents) == 1 and parents[0] is not None and self._run_end(parents[0].run) == parents[0].seq:
            return parents[0].run, False
        run = caches.next_run
        caches.next_run += 1
        key = self._key(header.key)
        forked = len(parents) == 1 or (not parents and self._has_chain(key))
        self._runs.append((run, key, self._id(header.author), header.seq))
        for parent in parents:
            assert parent is not None
            self._run_parents.append((run, *Place(parent.run, parent.seq)))
        return run, forked

    def _has_chain(self, key: int) -> bool:
        return (
            any(run[1] == key for run in self._runs)
            or self._connection.execute("SELECT 1 FROM runs WHERE key = ?", (key,)).fetchone() is not None
        )

    def _run_end(self, run: int) -> int:
        end = self._caches.run_ends.get(run)
        if end is None:
            end = self._connection.execute('SELECT "end" FROM runs WHERE id = ?', (run,)).fetchone()[0]
            self._caches.run_ends[run] = end
        return end

    def _id(self, rid: RecordId) -> int:
        """The row id of a record or body id, given now if it is new."""
        caches = self._caches
        row_id = caches.ids.get(rid)
        if row_id is None:
            if rid not in self._absent:
                self.prefetch([rid])
                row_id = caches.ids.get(rid)
            if row_id is None:
                row_id = caches.ids[rid] = caches.next_id
                caches.next_id += 1
                self._absent.discard(rid)
                self._fresh.add(row_id)
                self._cids.append((row_id, rid[4:]))
        return row_id

    def _name(self, table: str, name: str) -> int:
        names = self._caches.names[table]
        number = names.get(name)
        if number is None:
            self._connection.execute(f"INSERT OR IGNORE INTO {table} (name) VALUES (?)", (name,))
            sql = f"SELECT id FROM {table} WHERE name = ?"
            number = names[name] = self._connection.execute(sql, (name,)).fetchone()[0]
        return number

    def _key(self, key: PublicKey) -> int:
        number = self._caches.keys.get(key)
        if number is None:
            self._connection.execute("INSERT OR IGNORE INTO keys (key) VALUES (?)", (bytes(key),))
            number = self._connection.execute("SELECT id FROM keys WHERE key = ?", (bytes(key),)).fetchone()[
                0
            ]
            self._caches.keys[key] = number
        return number

    def flush(self) -> None:
        """Write everything that was gathered, table by table."""
        many = self._connection.executemany
        new_runs = {run[0] for run in self._runs}
        self._insert("cids", 2, self._cids)
        self._insert("records", 12, self._records)
        self._insert("logs", 5, self._logs)
        self._insert("runs", 5, [(*run, self._run_ends[run[0]]) for run in self._runs])
        many(
            'UPDATE runs SET "end" = ? WHERE id = ?',
            [(end, run) for run, end in self._run_ends.items() if run not in new_runs],
        )
        self._insert("run_parents", 3, self._run_parents)
        self._insert("refs", 3, sorted(self._refs), "OR IGNORE")
        many("DELETE FROM heads WHERE record = ?", [(head,) for head in self._old_heads])
        self._insert("heads", 1, [(head,) for head in sorted(self._new_heads)], "OR IGNORE")
        self._insert("bodies", 3, [(body, *held) for body, held in self._bodies.items()], "OR IGNORE")
        many("DELETE FROM absent_bodies WHERE id = ?", [(body,) for body in self._bodies])
        self._insert("absent_bodies", 3, self._absent_rows(), "OR IGNORE")
        many("INSERT INTO outbox (record) VALUES (?)", [(record,) for record in self._outbox])
        self._insert("search_queue (record)", 1, [(record,) for record in self._to_index])

    def _absent_rows(self) -> list[tuple[int, int, int]]:
        """The linked bodies that are not held: those of new ids need no look into the table."""
        rows = []
        for body, record in self._absent_bodies:
            if body in self._bodies:
                continue
            if (
                body in self._fresh
                or not self._connection.execute("SELECT 1 FROM bodies WHERE id = ?", (body,)).fetchone()
            ):
                rows.append((body, record, 0))
        return rows

    def _insert(self, table: str, columns: int, rows: Sequence[Sequence[object]], conflict: str = "") -> None:
        """Insert many rows with few statements.

        Each statement gives the interpreter up once, however many rows it has: one row a statement
        makes the verifying threads and this one pass it to and fro for every row.
        """
        one = f"({','.join('?' * columns)})"
        whole = len(rows) - len(rows) % _ROWS
        if whole:
            sql = f"INSERT {conflict} INTO {table} VALUES {','.join([one] * _ROWS)}"
            for at in range(0, whole, _ROWS):
                self._connection.execute(sql, list(chain.from_iterable(rows[at : at + _ROWS])))
        self._connection.executemany(f"INSERT {conflict} INTO {table} VALUES {one}", rows[whole:])
