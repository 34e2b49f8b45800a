"""Judging: checking again what is held, from the bytes up, without believing any index.

A record is judged in a temporary store that starts empty: its lineage goes through the one door there, so
every signature and every link up to the identity's genesis is checked as on the first day. Then its body,
then its files, each against the digest that the record states.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, TypeAlias

from knowchain.admission import Admission, Incoming, Verdict
from knowchain.chains import Flag, author_of
from knowchain.content.reading import read_file
from knowchain.content.walking import walk
from knowchain.errors import InvalidRecord, KnowchainError, NotFound, StorageFault
from knowchain.home.bundles import Imported, Refusal, Tally, admit_all
from knowchain.home.car_index import CarIndex
from knowchain.home.content import file_links, holds_block
from knowchain.home.home import DEFAULT_NETWORK, Home, clock_ms
from knowchain.home.names import resolve_record
from knowchain.home.viewing import human_form
from knowchain.identifiers import Cid, RecordId
from knowchain.records import read_body
from knowchain.storage.lineage import lineage
from knowchain.storage.reader import Reader, StoredRecord
from knowchain.storage.store import RecordStore

__all__ = ["Check", "FileJudgement", "Judgement", "JudgementRequest", "judge_file", "judge_record"]

Outcome: TypeAlias = Literal["good", "bad", "missing"]
"""``missing``: nothing is wrong with what is here, and something is not here."""
Advance: TypeAlias = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class JudgementRequest:
    """Which record: its id or the beginning of it."""

    record: str


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was checked.

    Attributes:
        what: ``lineage``, ``body`` or ``file``.
        name: of a file, its path.
        detail: what is wrong or lacks; empty where all is well.
    """

    what: Literal["lineage", "body", "file"]
    outcome: Outcome
    name: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Judgement:
    """What became of checking a record again."""

    id: RecordId
    kind: str
    author: RecordId
    ok: bool
    """Whether nothing that is here is bad."""
    whole: bool
    """Whether nothing lacks, either."""
    records: int
    """Records whose signatures and links were checked: this one and its lineage."""
    checks: tuple[Check, ...]
    flags: tuple[Flag, ...]


@dataclass(frozen=True, slots=True)
class FileJudgement:
    """What became of checking a file."""

    blocks: int
    records: int
    valid: int
    rejected: int
    waiting: int
    """Records whose own form and signature are right, and whose parents are not in the file."""
    identities: tuple[RecordId, ...]
    bodies: int
    missing_bodies: int
    forked: tuple[RecordId, ...]
    """Records at the ends of chains that have several."""
    files: int
    missing_files: int
    refusals: tuple[Refusal, ...]
    missing_parents: tuple[RecordId, ...]

    @property
    def ok(self) -> bool:
        """Whether there was a record, and none was invalid."""
        return self.records > 0 and not self.rejected


def judge_record(
    home: Home, request: JudgementRequest, advance: Advance = lambda _records: None
) -> Judgement:
    """Check a held record again: its signature and links up to the genesis, its body, its files.

    Args:
        home: the open home; its indexes are not trusted, its blocks are read again.
        request: which record.
        advance: told how many records of the lineage are done.

    Raises:
        NotFound: the record is not held.
    """
    with home.store.snapshot() as reader:
        rid = resolve_record(reader, request.record)
        stored = reader.record(rid)
        if stored is None:
            raise NotFound("the record {id} is not held", remedy="import it first", id=str(rid))
        count, chain = _judge_lineage(home, reader, rid, advance)
        checks = [chain, *_judge_body(reader, stored), *_judge_files(home, reader, stored)]
        return Judgement(
            id=rid,
            kind=stored.block.header.kind,
            author=author_of(rid, stored.block.header),
            ok=all(check.outcome != "bad" for check in checks),
            whole=all(check.outcome == "good" for check in checks),
            records=count,
            checks=tuple(checks),
            flags=tuple(sorted(reader.standing().flags(rid))),
        )


@contextmanager
def _temporary_folder() -> Iterator[Path]:
    try:
        folder = tempfile.TemporaryDirectory(prefix="knowchain-")
    except OSError as exc:
        raise StorageFault(
            "no temporary folder can be made: {why}",
            remedy="make room, or name another place in TMPDIR",
            why=exc.strerror or str(exc),
        ) from exc
    with folder as path:
        yield Path(path)


@contextmanager
def _temporary_door(
    folder: Path, network: str, clock: Callable[[], int] = clock_ms
) -> Iterator[tuple[Admission, RecordStore]]:
    """A door to an empty store."""
    with (
        RecordStore(folder / "store.sqlite") as store,
        Admission(store, network=network, clock=clock, verifiers=2) as door,
    ):
        yield door, store


def judge_file(path: Path, advance: Advance = lambda _bytes: None) -> FileJudgement:
    """Check everything in a file: a CAR of version 1, or one record block. No home is needed.

    Args:
        path: the file.
        advance: told how many bytes are read.

    Raises:
        InvalidValue: neither a CAR nor a record. ContentError: the CAR is damaged.
        StorageFault: there is no room for the temporary store.
    """
    with _temporary_folder() as folder, CarIndex.open(path, folder / "index.sqlite", advance) as index:
        network = next(iter(index.networks), DEFAULT_NETWORK)
        with _temporary_door(folder, network) as (door, store):
            tally = Tally()
            for answer in admit_all(door, index, source="check"):
                tally.add(answer)
            return _file_judgement(index, store.reader(), tally.result(0, None))


def _file_judgement(index: CarIndex, reader: Reader, found: Imported) -> FileJudgement:
    whole, parts = _files_in(index, reader)
    return FileJudgement(
        blocks=index.blocks,
        records=found.records,
        valid=found.accepted,
        rejected=found.rejected,
        waiting=found.parked,
        identities=tuple(reader.identities()),
        bodies=found.bodies,
        missing_bodies=sum(1 for _ in reader.missing_bodies()),
        forked=_forked(reader),
        files=whole,
        missing_files=parts,
        refusals=found.refusals,
        missing_parents=found.missing,
    )


def _files_in(index: CarIndex, reader: Reader) -> tuple[int, int]:
    """How many of the files that bodies name are in the file whole, and how many are not."""
    whole = parts = 0
    for stored in reader.records():
        body, link = reader.body(stored.id), stored.block.header.body
        for root in file_links(link.cid, body) if body is not None and link is not None else ():
            try:
                for _ in walk(index, root):
                    pass
                whole += 1
            except NotFound:
                parts += 1
    return whole, parts


def _forked(reader: Reader) -> tuple[RecordId, ...]:
    """The ends of chains that have several."""
    standing = reader.standing()
    tips = (rid for key in reader.public_keys() for rid, _ in reader.chain_tips(key))
    return tuple(rid for rid in tips if Flag.FORKED in standing.flags(rid))


def _judge_lineage(home: Home, reader: Reader, rid: RecordId, advance: Advance) -> tuple[int, Check]:
    blocks = (Incoming(delivery.block) for delivery in lineage(reader, [rid], []))
    last = None
    with _temporary_folder() as folder, _temporary_door(folder, home.network, home.clock) as (door, store):
        for count, answer in enumerate(door.admit_many(blocks, source="check"), 1):
            if answer.verdict is Verdict.REJECTED:
                return count, Check("lineage", "bad", str(answer.id), answer.detail)
            last = answer
            advance(count)
        held = store.reader()
        done = held.last_arrival()
        if rid in held:
            return done, Check("lineage", "good")
    missing = ", ".join(str(parent) for parent in last.missing) if last is not None else str(rid)
    return done, Check("lineage", "bad", detail=f"a parent is not held: {missing}")


def _judge_body(reader: Reader, stored: StoredRecord) -> list[Check]:
    header = stored.block.header
    if stored.body_state == "none":
        return []
    data = reader.body(stored.id)
    if data is None:
        erased = stored.body_state == "erased"
        return [Check("body", "missing", detail="it was erased" if erased else "it is not here")]
    try:
        read_body(data, header, author_of(stored.id, header))
    except InvalidRecord as exc:
        return [Check("body", "bad", detail=str(exc))]
    return [Check("body", "good")]


def _judge_files(home: Home, reader: Reader, stored: StoredRecord) -> Iterator[Check]:
    human = human_form(reader, stored)
    files = None if human is None else human.get("files")
    for entry in files if isinstance(files, list) else ():
        cid = entry.get("cid")
        if isinstance(cid, str):
            yield _judge_file(home, Cid.parse(cid), entry)


def _judge_file(home: Home, cid: Cid, entry: dict[str, object]) -> Check:
    """Read a file whole, every block hashed, and compare size and digest with the record's."""
    path = str(entry.get("path", ""))
    if not holds_block(home, cid):
        return Check("file", "missing", path, "its blocks are not here")
    digest, size = hashlib.sha256(), 0
    try:
        for piece in read_file(home.content, cid):
            digest.update(piece)
            size += len(piece)
    except NotFound as exc:
        return Check("file", "missing", path, str(exc))
    except KnowchainError as exc:
        return Check("file", "bad", path, str(exc))
    if size != entry.get("bytes"):
        return Check("file", "bad", path, f"it has {size} bytes; the record says {entry.get('bytes')}")
    if digest.hexdigest() != entry.get("sha256"):
        return Check("file", "bad", path, "its SHA-256 is not the record's")
    return Check("file", "good", path)
