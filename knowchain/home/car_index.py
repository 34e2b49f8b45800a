"""An index of a CAR file on disk: where each block stands, and which record waits for which.

So a file of any size, whose blocks stand in any order, is read with little memory: once to index it, which
hashes every block, then in the order in which records can be admitted, parents first.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import BinaryIO, Final, Self

from knowchain import codec
from knowchain.admission import Incoming
from knowchain.content.blocks import check_block
from knowchain.content.car import CarLimits, read_car
from knowchain.errors import CodecError, ContentError, InvalidRecord, InvalidValue, NotFound
from knowchain.home.given_files import open_given
from knowchain.identifiers import DAG_CBOR, RAW, Cid, RecordId, cid_of, record_id
from knowchain.limits import MAX_BLOCK
from knowchain.records import IdentityHeader, read_block
from knowchain.storage.database import named_faults

__all__ = ["CarIndex", "IndexedRecord"]

_PIECE: Final = 2**20
_SHA2_256: Final = b"\x12\x20"
_DAG_CBOR_1: Final = b"\x01\x71"
_RECORD_START: Final = b"\xa2\x63rec"
_PAGE: Final = 500
_READY: Final = 10_000
"""Records that are ready at most in memory; the others wait in the index."""
_SCHEMA: Final = """
    CREATE TABLE blocks (id INTEGER PRIMARY KEY, multihash BLOB NOT NULL UNIQUE, at INTEGER, size INTEGER);
    CREATE TABLE records (block INTEGER PRIMARY KEY, lacking INTEGER NOT NULL DEFAULT 0, body BLOB);
    CREATE TABLE parents (
        parent BLOB NOT NULL, child INTEGER NOT NULL, PRIMARY KEY (parent, child)) WITHOUT ROWID;
    CREATE TABLE networks (name TEXT PRIMARY KEY);
"""


@dataclass(frozen=True, slots=True)
class IndexedRecord:
    """A record block in the file, with its body if that is in the file, too."""

    id: RecordId
    incoming: Incoming


class CarIndex:
    """One CAR, or one single block, indexed. Made by :meth:`open`.

    Args:
        file: the open file.
        connection: where the index is.
    """

    def __init__(self, file: BinaryIO, connection: sqlite3.Connection, scratch: Path) -> None:
        self._file = file
        self._connection = connection
        self._scratch = scratch
        self.records = 0
        """Blocks that are, or claim to be, records."""
        self.blocks = 0

    @classmethod
    def open(cls, path: Path, scratch: Path, advance: Callable[[int], None] = lambda _bytes: None) -> Self:
        """Index a file: a CAR of version 1, or a single record block.

        Args:
            path: the file.
            scratch: a file that does not exist, for the index; gone when this is closed.
            advance: told how many bytes are read.

        Raises:
            InvalidValue: it can't be read, or is neither.
            ContentError: a CAR that is damaged.
            StorageFault: no room for the index.
        """
        file = open_given(path, "FILE")
        with named_faults(scratch):
            connection = sqlite3.connect(scratch, isolation_level=None)
            connection.executescript("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF;" + _SCHEMA)
        index = cls(file, connection, scratch)
        try:
            index._read(path, advance)
        except BaseException:
            index.close()
            raise
        return index

    def close(self) -> None:
        """Close the file and remove the index."""
        self._file.close()
        self._connection.close()
        self._scratch.unlink(missing_ok=True)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # --- what is in it -----------------------------------------------------------------------------

    def get(self, cid: Cid) -> bytes:
        """A block of the file: this is a :class:`~knowchain.content.blocks.BlockSource`.

        Raises:
            NotFound: it is not in the file.
            ContentError: the file was changed meanwhile.
        """
        row = self._find(cid.multihash)
        if row is None:
            raise NotFound("block {cid} is not in the file", remedy="export it again", cid=str(cid))
        block = self._bytes(*row)
        check_block(cid, block)
        return block

    def has(self, cid: Cid) -> bool:
        """Whether a block is in the file."""
        return self._find(cid.multihash) is not None

    @property
    def networks(self) -> tuple[str, ...]:
        """The networks that identities in the file belong to."""
        return tuple(name for (name,) in self._connection.execute("SELECT name FROM networks ORDER BY name"))

    def admissible(self) -> Iterator[IndexedRecord]:
        """Every record of the file, each after all its parents that are in the file."""
        while page := self._ready_page():
            while page:
                block = page.pop()
                yield self._indexed(block)
                page += self._released(block, room=_READY - len(page))

    def _ready_page(self) -> list[int]:
        """Some records that wait for nothing, the first of the file last; they are done with then."""
        with named_faults(self._scratch):
            rows = self._connection.execute(
                "SELECT block FROM records WHERE lacking = 0 ORDER BY block LIMIT ?", (_PAGE,)
            ).fetchall()
            self._connection.executemany("UPDATE records SET lacking = -1 WHERE block = ?", rows)
        return [block for (block,) in reversed(rows)]

    def _released(self, block: int, *, room: int) -> list[int]:
        """One record is done: some of those that waited for it alone, the others come with a later page."""
        with named_faults(self._scratch):
            rows = self._connection.execute(
                """UPDATE records SET lacking = lacking - 1 WHERE block IN (
                     SELECT child FROM parents WHERE parent = (SELECT multihash FROM blocks WHERE id = ?))
                   RETURNING block, lacking""",
                (block,),
            ).fetchall()
            ready = [child for child, lacking in rows if lacking == 0][: max(0, room)]
            self._connection.executemany(
                "UPDATE records SET lacking = -1 WHERE block = ?", [(child,) for child in ready]
            )
        return ready

    def _indexed(self, block: int) -> IndexedRecord:
        at, size, body = self._connection.execute(
            "SELECT at, size, body FROM blocks JOIN records ON block = id WHERE id = ?", (block,)
        ).fetchone()
        data = self._bytes(at, size)
        found = None if body is None else self._find(body)
        return IndexedRecord(record_id(data), Incoming(data, None if found is None else self._bytes(*found)))

    def record_ids(self) -> Iterator[RecordId]:
        """The ids of the file's records, in the order of the file."""
        after = -1
        while rows := self._connection.execute(
            "SELECT id, multihash FROM blocks JOIN records ON block = id WHERE id > ? ORDER BY id LIMIT ?",
            (after, _PAGE),
        ).fetchall():
            yield from (RecordId(Cid(_DAG_CBOR_1 + multihash)) for _, multihash in rows)
            after = rows[-1][0]

    def _find(self, multihash: bytes) -> tuple[int, int] | None:
        row: tuple[int, int] | None = self._connection.execute(
            "SELECT at, size FROM blocks WHERE multihash = ?", (multihash,)
        ).fetchone()
        return row

    def _bytes(self, at: int, size: int) -> bytes:
        self._file.seek(at)
        return self._file.read(size)

    # --- indexing ------------------------------------------------------------------------------------

    def _read(self, path: Path, advance: Callable[[int], None]) -> None:
        with named_faults(self._scratch):
            self._connection.execute("BEGIN")
            if not self._read_single():
                self._read_car(path, advance)
            self._connection.execute("CREATE INDEX parents_of ON parents (child)")
            self._connection.execute(
                """UPDATE records SET lacking = (SELECT count(*) FROM parents p
                   JOIN blocks b ON b.multihash = p.parent JOIN records r ON r.block = b.id
                   WHERE p.child = records.block)"""
            )
            self._connection.execute("CREATE INDEX ready ON records (block) WHERE lacking = 0")
            self._connection.execute("COMMIT")
            self._connection.execute("BEGIN")  # nothing here need outlive the process

    def _read_single(self) -> bool:
        """Take a file that is one block as such; tells whether it is."""
        start = self._file.read(MAX_BLOCK + 1)
        self._file.seek(0)
        if not start.startswith(_RECORD_START) or len(start) > MAX_BLOCK:
            return False
        self._add(cid_of(start, DAG_CBOR), start, 0)
        return True

    def _read_car(self, path: Path, advance: Callable[[int], None]) -> None:
        try:
            reader = read_car(_pieces(self._file, advance), CarLimits())
        except ContentError as exc:
            raise InvalidValue(
                "{field}: {value} is neither a CAR nor a record: {why}",
                field="FILE",
                value=path,
                why=str(exc),
                remedy="give a file that `knowchain export` wrote, or another CAR of version 1",
            ) from exc
        sections = _Sections(self._file.fileno())
        for cid, block in reader:
            self._add(cid, block, sections.next() - len(block))

    def _add(self, cid: Cid, block: bytes, at: int) -> None:
        self.blocks += 1
        cursor = self._connection.execute(
            "INSERT OR IGNORE INTO blocks (multihash, at, size) VALUES (?, ?, ?)",
            (cid.multihash, at, len(block)),
        )
        if cursor.rowcount and cid[2:4] == _SHA2_256 and _claims_to_be_record(cid, block):
            self._add_record(cursor.lastrowid or 0, block)

    def _add_record(self, row: int, block: bytes) -> None:
        self.records += 1
        body, parents = None, tuple[RecordId, ...]()
        try:
            header = read_block(block).header
        except InvalidRecord:
            pass  # whoever admits it says what is wrong
        else:
            parents = header.prev
            body = None if header.body is None else header.body.cid.multihash
            if isinstance(header, IdentityHeader) and header.net is not None:
                self._connection.execute("INSERT OR IGNORE INTO networks VALUES (?)", (header.net,))
        self._connection.execute("INSERT INTO records (block, body) VALUES (?, ?)", (row, body))
        self._connection.executemany(
            "INSERT OR IGNORE INTO parents VALUES (?, ?)", [(parent.multihash, row) for parent in parents]
        )


def _claims_to_be_record(cid: Cid, block: bytes) -> bool:
    """Whether a block is a map of ``rec`` and ``sig``, under its own CID or its raw twin's."""
    if cid.codec not in (DAG_CBOR, RAW) or not block.startswith(_RECORD_START):
        return False
    try:
        value = codec.decode(block)
    except CodecError:
        return cid.codec == DAG_CBOR
    return isinstance(value, dict) and value.keys() == {"rec", "sig"}


def _pieces(file: BinaryIO, advance: Callable[[int], None]) -> Iterator[bytes]:
    done = 0
    while piece := file.read(_PIECE):
        done += len(piece)
        advance(done)
        yield piece


class _Sections:
    """Where the sections of a CAR end. The reader that goes before has checked their lengths."""

    def __init__(self, fd: int) -> None:
        self._fd = fd
        self._at = 0
        self.next()  # the header

    def next(self) -> int:
        """The position behind the next section."""
        size = shift = 0
        for count, byte in enumerate(os.pread(self._fd, 10, self._at), 1):
            size |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                self._at += count + size
                break
        return self._at
