"""Questions to the record store. A reader sees one state; see :meth:`RecordStore.snapshot`."""

from __future__ import annotations

import base64
import binascii
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from itertools import islice
from typing import Final, Literal, NamedTuple, TypeAlias

from knowchain.chains.holdings import WITHDRAWING, Entry, LogEntry, Pointer
from knowchain.chains.identity import IdentityState
from knowchain.chains.runs import Place, Run
from knowchain.chains.standing import Standing
from knowchain.chains.states import States
from knowchain.identifiers import Cid, PublicKey, RecordId, key_id
from knowchain.records.block import Block, read_block
from knowchain.records.header import IdentityHeader

__all__ = ["BodyState", "Reader", "StoredRecord", "rid_from_digest"]

BodyState: TypeAlias = Literal["none", "held", "missing", "erased"]
"""``none``: the header links no body; ``missing``: not here yet; ``erased``: destroyed, never again kept."""

_PREFIX: Final = b"\x01\x71\x12\x20"
_IDS_KEPT: Final = 8192
BY_DIGEST: Final = "substr(digest, 1, 8) = ? AND digest = ?"
"""How a row of ``cids`` is found: by the first eight bytes of the digest, which are indexed, and all."""
_ID_CHARACTERS: Final = 58
"""Base32 characters of a record id, after the multibase prefix."""


def rid_from_digest(digest: bytes) -> RecordId:
    """The record id with a digest that the store keeps."""
    return RecordId(bytes.__new__(Cid, _PREFIX + digest))


class StoredRecord(NamedTuple):
    """An accepted record with how it came here."""

    block: Block
    arrival: int
    """1, 2, 3 … in the order of acceptance; a cursor for whoever follows along."""
    received: int
    """When it was accepted, milliseconds by this machine's clock."""
    source: str
    """Where it came from: ``local``, ``import:…``, ``peer:…``."""
    body_state: BodyState

    @property
    def id(self) -> RecordId:
        """The record's id."""
        return self.block.id


_RECORD: Final = """
    SELECT r.block, r.arrival, r.received, s.name, r.body IS NULL, a.erased
    FROM records r JOIN sources s ON s.id = r.source LEFT JOIN absent_bodies a ON a.id = r.body"""


class Reader:
    """Questions to the store over one connection, as
    :class:`~knowchain.chains.holdings.Holdings` and beyond."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._states = States()
        self._row_ids: dict[RecordId, int] = {}
        self._digest: Callable[[int], bytes] = lru_cache(_IDS_KEPT)(self._find_digest)

    @property
    def connection(self) -> sqlite3.Connection:
        """What the questions go to, for :mod:`knowchain.storage.graph` and :mod:`knowchain.search`."""
        return self._connection

    # --- ids -----------------------------------------------------------------------------------

    def row_id(self, rid: RecordId) -> int | None:
        """The number that stands for an id in this store; None if it was never mentioned."""
        return self._row_id(rid)

    def rid(self, row_id: int) -> RecordId:
        """The id that a number stands for."""
        return self._rid(row_id)

    def _row_id(self, rid: RecordId) -> int | None:
        known = self._row_ids.get(rid)
        if known is not None:
            return known
        row = self._connection.execute(
            f"SELECT id FROM cids WHERE {BY_DIGEST}", (rid[4:12], rid[4:])
        ).fetchone()
        if row is None:
            return None  # not remembered: it may come while this reader lives
        if len(self._row_ids) >= _IDS_KEPT:
            self._row_ids.clear()
        found: int = row[0]
        self._row_ids[rid] = found
        return found

    def _find_digest(self, row_id: int) -> bytes:
        digest: bytes = self._connection.execute(
            "SELECT digest FROM cids WHERE id = ?", (row_id,)
        ).fetchone()[0]
        return digest

    def _rid(self, row_id: int) -> RecordId:
        return rid_from_digest(self._digest(row_id))

    # --- records and bodies ----------------------------------------------------------------------

    def __contains__(self, rid: RecordId) -> bool:
        row_id = self._row_id(rid)
        return (
            row_id is not None
            and self._connection.execute("SELECT 1 FROM records WHERE id = ?", (row_id,)).fetchone()
            is not None
        )

    def record(self, rid: RecordId) -> StoredRecord | None:
        """The record of that id; None if it is not held."""
        row_id = self._row_id(rid)
        if row_id is None:
            return None
        row = self._connection.execute(f"{_RECORD} WHERE r.id = ?", (row_id,)).fetchone()
        return None if row is None else _stored(row)

    def block(self, rid: RecordId) -> bytes | None:
        """The bytes of a held record block."""
        row_id = self._row_id(rid)
        row = (
            row_id
            and self._connection.execute("SELECT block FROM records WHERE id = ?", (row_id,)).fetchone()
        )
        return row[0] if row else None

    def body(self, rid: RecordId) -> bytes | None:
        """The bytes of a record's body, by the *record's* id; None if it has none or it is not held."""
        row_id = self._row_id(rid)
        row = (
            row_id
            and self._connection.execute(
                "SELECT b.data FROM records r JOIN bodies b ON b.id = r.body WHERE r.id = ?", (row_id,)
            ).fetchone()
        )
        return row[0] if row else None

    def block_by_digest(self, digest: bytes) -> bytes | None:
        """A held record block or body by its SHA-256 digest: how IPFS software asks for it."""
        row = self._connection.execute(
            f"SELECT id FROM cids WHERE {BY_DIGEST}", (digest[:8], digest)
        ).fetchone()
        if row is None:
            return None
        for sql in ("SELECT block FROM records WHERE id = ?", "SELECT data FROM bodies WHERE id = ?"):
            found = self._connection.execute(sql, row).fetchone()
            if found is not None:
                data: bytes = found[0]
                return data
        return None

    def records(
        self,
        *,
        after: int = 0,
        limit: int = -1,
        kind: str | None = None,
        author: RecordId | None = None,
        newest_first: bool = False,
    ) -> Iterator[StoredRecord]:
        """Records in the order of arrival, or the reverse.

        Args:
            after: a cursor: only arrivals beyond it (with ``newest_first``: before it; 0 is no bound).
            limit: how many at most; −1 is no bound.
            kind: only records of that kind.
            author: only records of that identity.
            newest_first: from the last arrival backwards.
        """
        where, args = ["1"], list[object]()
        if after:
            where.append("r.arrival < ?" if newest_first else "r.arrival > ?")
            args.append(after)
        if kind is not None:
            where.append("r.kind = (SELECT id FROM kinds WHERE name = ?)")
            args.append(kind)
        if author is not None:
            where.append("r.author = ?")
            args.append(self._row_id(author))
        order = "DESC" if newest_first else "ASC"
        sql = f"{_RECORD} WHERE {' AND '.join(where)} ORDER BY r.arrival {order} LIMIT ?"
        for row in self._connection.execute(sql, (*args, limit)):
            yield _stored(row)

    def chain(self, key: PublicKey) -> Iterator[RecordId]:
        """The records of a key's chain by sequence number, then run: a linear extension of the chain."""
        sql = """SELECT c.digest FROM runs u JOIN records r ON r.run = u.id JOIN cids c ON c.id = r.id
                 WHERE u.key = (SELECT id FROM keys WHERE key = ?) ORDER BY r.seq, r.run"""
        for (digest,) in self._connection.execute(sql, (bytes(key),)):
            yield rid_from_digest(digest)

    def chain_tips(self, key: PublicKey) -> tuple[tuple[RecordId, int], ...]:
        """The records of a key that no other record of it follows, with their sequence numbers."""
        sql = """SELECT c.digest, r.seq FROM runs u JOIN records r ON r.run = u.id AND r.seq = u."end"
                 JOIN heads h ON h.record = r.id JOIN cids c ON c.id = r.id
                 WHERE u.key = (SELECT id FROM keys WHERE key = ?)"""
        rows = self._connection.execute(sql, (bytes(key),))
        return tuple(sorted((rid_from_digest(digest), seq) for digest, seq in rows))

    def public_keys(self) -> Iterator[PublicKey]:
        """Every public key that signed a held record."""
        for (key,) in self._connection.execute("SELECT key FROM keys ORDER BY id"):
            yield PublicKey(key)

    def heads(self) -> Iterator[RecordId]:
        """The held records that no held record names in ``prev``: what peers reconcile."""
        for (digest,) in self._connection.execute(
            "SELECT c.digest FROM heads h JOIN cids c ON c.id = h.record ORDER BY c.digest"
        ):
            yield rid_from_digest(digest)

    def missing_bodies(self) -> Iterator[tuple[RecordId, RecordId]]:
        """(record, body) for every body that is linked and not here yet."""
        sql = """SELECT c.digest, b.digest FROM absent_bodies a
                 JOIN cids c ON c.id = a.record JOIN cids b ON b.id = a.id WHERE a.erased = 0"""
        for record, body in self._connection.execute(sql):
            yield rid_from_digest(record), rid_from_digest(body)

    def records_with_prefix(self, text: str, *, limit: int) -> list[RecordId]:
        """Held records whose id, as text, begins with ``text``; at most ``limit``, in byte order."""
        low, high = (_bound(text, fill) for fill in "a7")
        sql = """SELECT c.digest FROM cids c JOIN records r ON r.id = c.id
                 WHERE substr(c.digest, 1, 8) BETWEEN ? AND ? ORDER BY c.digest"""
        found = (rid_from_digest(digest) for (digest,) in self._connection.execute(sql, (low[:8], high[:8])))
        return list(islice((rid for rid in found if str(rid).startswith(text)), limit))

    def record_of_body(self, body: RecordId) -> RecordId | None:
        """The held record that links a body, held or absent; None if none does."""
        row_id = self._row_id(body)
        for table in ("bodies", "absent_bodies"):
            sql = f"SELECT c.digest FROM {table} b JOIN cids c ON c.id = b.record WHERE b.id = ?"
            row = self._connection.execute(sql, (row_id,)).fetchone()
            if row is not None:
                return rid_from_digest(row[0])
        return None

    def fork_at(self, rid: RecordId) -> tuple[RecordId, ...]:
        """Every held record with the key and sequence number of the record ``rid``, itself included."""
        sql = """SELECT c.digest FROM records r JOIN runs u ON u.key = r.key
                 JOIN records o ON o.run = u.id AND o.seq = r.seq JOIN cids c ON c.id = o.id WHERE r.id = ?"""
        rows = self._connection.execute(sql, (self._row_id(rid),))
        return tuple(sorted(rid_from_digest(digest) for (digest,) in rows))

    def last_arrival(self) -> int:
        """The arrival number of the newest record; 0 for an empty store."""
        row = self._connection.execute("SELECT max(arrival) FROM records").fetchone()
        return row[0] or 0

    def identities(self) -> Iterator[RecordId]:
        """Every held identity, by its genesis, in the order of arrival."""
        sql = """SELECT c.digest FROM logs l JOIN cids c ON c.id = l.id JOIN records r ON r.id = l.id
                 WHERE l.prev IS NULL ORDER BY r.arrival"""
        for (digest,) in self._connection.execute(sql):
            yield rid_from_digest(digest)

    def counts_by_kind(self) -> dict[str, int]:
        """How many records of each kind are held."""
        sql = """SELECT k.name, count(*) FROM records r JOIN kinds k ON k.id = r.kind
                 GROUP BY k.id ORDER BY k.name"""
        return dict(self._connection.execute(sql).fetchall())

    # --- what refers to what ---------------------------------------------------------------------

    def pointers(self, rid: RecordId, relations: Iterable[str] | None = None) -> Sequence[Pointer]:
        """The held records that refer to ``rid``, by any relation or one of ``relations``; in order."""
        wanted = None if relations is None else frozenset(relations)
        row_id = self._row_id(rid)
        if row_id is None:
            return ()
        sql = """SELECT t.name, c.digest FROM refs f JOIN relations t ON t.id = f.relation
                 JOIN cids c ON c.id = f.record WHERE f.target = ?"""
        found = [
            Pointer(name, rid_from_digest(digest))
            for name, digest in self._connection.execute(sql, (row_id,))
            if wanted is None or name in wanted
        ]
        return sorted(found)

    def targets_of(self, relation: str) -> Iterator[RecordId]:
        """What held records point at by ``relation``; held itself or not."""
        sql = """SELECT DISTINCT c.digest FROM refs f JOIN cids c ON c.id = f.target
                 WHERE f.relation = (SELECT id FROM relations WHERE name = ?) ORDER BY c.digest"""
        for (digest,) in self._connection.execute(sql, (relation,)):
            yield rid_from_digest(digest)

    def erasures(self) -> dict[RecordId, int]:
        """When the firm erasure of each record was first seen here, milliseconds."""
        sql = "SELECT c.digest, e.since FROM erasures e JOIN cids c ON c.id = e.record"
        return {rid_from_digest(digest): since for digest, since in self._connection.execute(sql)}

    # --- Holdings --------------------------------------------------------------------------------

    def entry(self, rid: RecordId) -> Entry | None:
        """The ordinary record of that id."""
        row_id = self._row_id(rid)
        if row_id is None:
            return None
        row = self._connection.execute(
            """SELECT k.key, r.author, r.run, r.seq, r.block FROM records r JOIN keys k ON k.id = r.key
               WHERE r.id = ? AND r.run IS NOT NULL""",
            (row_id,),
        ).fetchone()
        if row is None:
            return None
        key, author, run, seq, block = row
        # The relation's text stands in the block as such, so that most blocks need no decoding.
        withdraws = any(name.encode() in block for name in WITHDRAWING) and any(
            ref.relation in WITHDRAWING for ref in read_block(block).header.refs
        )
        public = PublicKey(key)
        return Entry(rid, self._rid(author), public, key_id(public), Place(run, seq), withdraws)

    def log(self, author: RecordId) -> Sequence[LogEntry]:
        """Every held record of an identity's log."""
        sql = """SELECT c.digest, p.digest, l.seq, l.rank FROM logs l JOIN cids c ON c.id = l.id
                 LEFT JOIN cids p ON p.id = l.prev WHERE l.author = ? ORDER BY l.seq, c.digest"""
        return [
            LogEntry(rid_from_digest(rid), None if prev is None else rid_from_digest(prev), seq, rank)
            for rid, prev, seq, rank in self._connection.execute(sql, (self._row_id(author),))
        ]

    def log_author(self, rid: RecordId) -> RecordId | None:
        """The identity in whose log the record of that id stands."""
        row = self._connection.execute(
            "SELECT author FROM logs WHERE id = ?", (self._row_id(rid),)
        ).fetchone()
        return None if row is None else self._rid(row[0])

    def state(self, rid: RecordId) -> IdentityState:
        """The identity's state at a record of its log."""
        return self._states.at(rid, self._log_header)

    def _log_header(self, rid: RecordId) -> IdentityHeader:
        data = self.block(rid)
        assert data is not None, "a log's ancestors are held"
        header = read_block(data).header
        assert isinstance(header, IdentityHeader)
        return header

    def runs(self, key: PublicKey) -> Iterable[Run]:
        """The runs of a key's chain."""
        rows = self._connection.execute(
            """SELECT u.id, u.author, u.start, u."end" FROM runs u
               WHERE u.key = (SELECT id FROM keys WHERE key = ?) ORDER BY u.id""",
            (bytes(key),),
        ).fetchall()
        parents: dict[int, list[Place]] = {}
        if len(rows) > 1:
            for run, parent, seq in self._connection.execute(
                """SELECT p.run, p.parent, p.seq FROM run_parents p JOIN runs u ON u.id = p.run
                   WHERE u.key = (SELECT id FROM keys WHERE key = ?)""",
                (bytes(key),),
            ):
                parents.setdefault(run, []).append(Place(parent, seq))
        return [
            Run(run, self._rid(author), start, end, tuple(parents.get(run, ())))
            for run, author, start, end in rows
        ]

    def standing(self) -> Standing:
        """Flags over what this reader sees now."""
        return Standing(self)

    # --- delivering ------------------------------------------------------------------------------

    def opening(self, run: int) -> RecordId | None:
        """The identity record on which a run that begins a chain hangs."""
        row = self._connection.execute(
            "SELECT block FROM records WHERE run = ? AND seq = 0", (run,)
        ).fetchone()
        return None if row is None else read_block(row[0]).header.prev[0]

    def run_page(
        self, run: int, low: int, high: int, limit: int
    ) -> list[tuple[int, RecordId, bytes, bytes | None, bool]]:
        """Records of a run, ``low < seq <= high``, in order: (seq, id, block, body, withdrawn by some)."""
        where = "r.run = ? AND r.seq > ? AND r.seq <= ? ORDER BY r.seq LIMIT ?"
        return self._delivery_rows("r.seq", where, (run, low, high, limit))

    def deliveries(self, *, after: int, limit: int) -> list[tuple[int, RecordId, bytes, bytes | None, bool]]:
        """Records after an arrival, in order: (arrival, id, block, body, withdrawn by some)."""
        return self._delivery_rows("r.arrival", "r.arrival > ? ORDER BY r.arrival LIMIT ?", (after, limit))

    def _delivery_rows(
        self, cursor: str, where: str, args: tuple[int, ...]
    ) -> list[tuple[int, RecordId, bytes, bytes | None, bool]]:
        sql = f"""SELECT {cursor}, c.digest, r.block, b.data, EXISTS (
                    SELECT 1 FROM refs f JOIN relations t ON t.id = f.relation
                    WHERE f.target = r.id AND t.name IN ('kc:retracts', 'kc:erases'))
                  FROM records r JOIN cids c ON c.id = r.id LEFT JOIN bodies b ON b.id = r.body
                  WHERE {where}"""
        return [
            (number, rid_from_digest(digest), block, body, bool(pointed))
            for number, digest, block, body, pointed in self._connection.execute(sql, args)
        ]

    # --- names and settings ------------------------------------------------------------------------

    def petnames(self) -> dict[str, RecordId]:
        """The names that the owner of this home gave to identities."""
        rows = self._connection.execute("SELECT name, identity FROM petnames ORDER BY name")
        return {name: rid_from_digest(identity) for name, identity in rows}

    def setting(self, name: str) -> str | None:
        """A setting that the home keeps in its store."""
        row = self._connection.execute("SELECT value FROM settings WHERE name = ?", (name,)).fetchone()
        return None if row is None else row[0]

    def outbox(self, limit: int = 1000) -> Sequence[tuple[int, RecordId]]:
        """(ticket, record) of what waits to be announced, oldest first."""
        sql = """SELECT o.id, c.digest FROM outbox o JOIN cids c ON c.id = o.record ORDER BY o.id LIMIT ?"""
        return [
            (ticket, rid_from_digest(digest)) for ticket, digest in self._connection.execute(sql, (limit,))
        ]


def _bound(text: str, fill: str) -> bytes:
    """The digest of the least or greatest record id that begins with ``text``; ``b""`` if none can."""
    padded = text[1:].ljust(_ID_CHARACTERS, fill).upper().encode()
    try:
        return base64.b32decode(padded[:_ID_CHARACTERS] + b"=" * (-_ID_CHARACTERS % 8))[4:]
    except binascii.Error:
        return b""


def _stored(row: tuple[bytes, int, int, str, int, int | None]) -> StoredRecord:
    block, arrival, received, source, bodiless, erased = row
    state: BodyState = "none" if bodiless else "held" if erased is None else "erased" if erased else "missing"
    return StoredRecord(read_block(block), arrival, received, source, state)
