"""Records: listed, shown, as bytes, and admitted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice
from typing import Final

from aiohttp import web

from knowchain.admission import Answer as Admitted
from knowchain.admission import BodyOutcome, Verdict
from knowchain.chains import Flag, author_of
from knowchain.errors import InvalidRecord, NotFound
from knowchain.home import Home, Names, resolve_identity, resolve_record
from knowchain.home.judging import Judgement, JudgementRequest, judge_record
from knowchain.home.viewing import Link, View, ViewRequest, human_form, title_of, view
from knowchain.identifiers import RecordId
from knowchain.storage.lineage import WITHHELD
from knowchain.storage.reader import BodyState, Reader, StoredRecord
from knowchain_node.api.endpoint import Answer, Call, Endpoint, Media, integer, text, truth

__all__ = ["ENDPOINTS", "RecordLine"]

DAG_CBOR: Final = "application/vnd.ipld.dag-cbor"
_MOST: Final = 1000


@dataclass(frozen=True, slots=True)
class RecordLine:
    """A record in a list."""

    id: RecordId
    kind: str
    author: RecordId
    author_name: str
    title: str | None
    time: int
    """Claimed, milliseconds since 1970."""
    received: int
    arrival: int
    source: str
    flags: tuple[Flag, ...]
    body_state: BodyState


@dataclass(frozen=True, slots=True)
class RecordPage:
    """Some records. ``next`` is the cursor for what follows; None at the end."""

    records: tuple[RecordLine, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class HeadPage:
    """Some heads, in the order of their bytes."""

    heads: tuple[RecordId, ...]
    next: RecordId | None


@dataclass(frozen=True, slots=True)
class Pointers:
    """What refers to a record, as far as it is held."""

    pointers: tuple[Link, ...]


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """A signed record: its block and its body as they are, in hexadecimal."""

    block: bytes
    body: bytes | None = None


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of a record that was sent."""

    verdict: Verdict
    id: RecordId
    body: BodyOutcome
    missing: tuple[RecordId, ...] = ()
    detail: str = ""


# --- lists ---------------------------------------------------------------------------------------------


async def _list(call: Call) -> RecordPage:
    return await call.run(_page, call.home, call)


def _page(home: Home, call: Call) -> RecordPage:
    limit = call.given("limit")
    with home.store.snapshot() as reader:
        author = call.given("author")
        found = reader.records(
            after=call.given("after"),
            limit=limit + 1,
            kind=call.given("kind"),
            author=None if author is None else resolve_identity(reader, author),
            newest_first=call.given("order") == "newest",
        )
        lines = tuple(_lines(reader, found))
    more = len(lines) > limit
    return RecordPage(lines[:limit], lines[limit - 1].arrival if more else None)


def _lines(reader: Reader, found: Iterable[StoredRecord]) -> Iterable[RecordLine]:
    names, standing = Names(reader), reader.standing()
    for stored in found:
        header = stored.block.header
        flags = standing.flags(stored.id)
        author = author_of(stored.id, header)
        yield RecordLine(
            id=stored.id,
            kind=header.kind,
            author=author,
            author_name=names.shown(author),
            title=None if flags & WITHHELD else title_of(human_form(reader, stored)),
            time=header.time,
            received=stored.received,
            arrival=stored.arrival,
            source=stored.source,
            flags=tuple(sorted(flags)),
            body_state=stored.body_state,
        )


async def _heads(call: Call) -> HeadPage:
    return await call.run(_head_page, call.home, call.given("after"), call.given("limit"))


def _head_page(home: Home, after: str | None, limit: int) -> HeadPage:
    with home.store.snapshot() as reader:
        start = None if after is None else resolve_record(reader, after)
        beyond = (rid for rid in reader.heads() if start is None or rid > start)
        found = tuple(islice(beyond, limit + 1))
    return HeadPage(found[:limit], found[limit - 1] if len(found) > limit else None)


# --- one record ----------------------------------------------------------------------------------------


async def _show(call: Call) -> View:
    return await call.run(view, call.home, ViewRequest(call.path("id"), call.given("withheld")))


async def _pointers(call: Call) -> Pointers:
    shown = await call.run(view, call.home, ViewRequest(call.path("id")))
    wanted = call.given("relation")
    return Pointers(tuple(link for link in shown.pointers if wanted in (None, link.relation)))


async def _verify(call: Call) -> Judgement:
    return await call.run(judge_record, call.home, JudgementRequest(call.path("id")))


async def _block(call: Call) -> web.Response:
    rid, data = await call.run(_read_block, call.home, call.path("id"))
    return _bytes(rid, data)


async def _body(call: Call) -> web.Response:
    rid, data = await call.run(_read_body, call.home, call.path("id"), call.given("withheld"))
    return _bytes(rid, data)


def _read_block(home: Home, text: str) -> tuple[RecordId, bytes]:
    with home.store.snapshot() as reader:
        rid = resolve_record(reader, text)
        data = reader.block(rid)
    if data is None:
        raise NotFound("the record {id} is not held here", remedy="let a peer fetch it", id=str(rid))
    return rid, data


def _read_body(home: Home, text: str, withheld: bool) -> tuple[RecordId, bytes]:
    with home.store.snapshot() as reader:
        rid = resolve_record(reader, text)
        data = reader.body(rid)
        if data is not None and not withheld and reader.standing().flags(rid) & WITHHELD:
            raise NotFound(
                "the body of {id} was taken back", remedy="add ?withheld=true to see it still", id=str(rid)
            )
    if data is None:
        raise NotFound("no body of {id} is held here", remedy="its record says why", id=str(rid))
    return rid, data


def _bytes(rid: RecordId, data: bytes) -> web.Response:
    return web.Response(
        body=data,
        content_type=DAG_CBOR,
        headers={"Content-Disposition": "attachment", "X-Record-Id": str(rid)},
    )


# --- admitting -----------------------------------------------------------------------------------------


async def _admit(call: Call) -> Answer:
    sent = await call.body(SignedRecord)
    found = await call.run(call.home.admission.admit, sent.block, sent.body, source="api")
    return Answer(_admission(found), {Verdict.ACCEPTED: 201, Verdict.PARKED: 202}.get(found.verdict, 200))


def _admission(found: Admitted) -> Admission:
    if found.verdict is Verdict.REJECTED or found.id is None:
        raise InvalidRecord(found.reason or "malformed", "{why}", why=found.detail or "it is no record block")
    return Admission(found.verdict, found.id, found.body, found.missing, found.detail)


async def _admit_body(call: Call) -> Admission:
    data = bytearray()
    inflow = call.inflow()
    while piece := await inflow.next():
        data += piece
    return _admission(await call.run(_take_body, call.home, call.path("id"), bytes(data)))


def _take_body(home: Home, text: str, data: bytes) -> Admitted:
    rid = resolve_record(home.store.reader(), text)
    return home.admission.admit_body(rid, data, source="api")


_LIMIT: Final = integer("limit", "how many at most", low=1, high=_MOST, default=100)
_WITHHELD: Final = truth("withheld", "whether a body that was taken back is shown")
_RAW_BLOCK: Final = Media(DAG_CBOR, "the bytes, as they were signed")

ENDPOINTS: Final = (
    Endpoint(
        "GET", "/api/v1/records", _list, "Records in the order in which they came.", RecordPage,
        query=(
            integer("after", "the cursor `next` of the page before", low=0, high=2**53, default=0),
            _LIMIT,
            text("kind", "only of this kind, such as `work`"),
            text("author", "only of this identity: its id, or a name"),
            text("order", "which come first", choices=("oldest", "newest"), default="oldest"),
        ),
    ),
    Endpoint(
        "POST", "/api/v1/records", _admit, "Admit a record that was signed elsewhere.", Admission,
        takes=SignedRecord, statuses=(201, 200, 202), changes=True,
    ),
    Endpoint("GET", "/api/v1/records/{id}", _show, "A record, as people read it.", View, query=(_WITHHELD,)),
    Endpoint("GET", "/api/v1/records/{id}/block", _block, "The signed block.", _RAW_BLOCK),
    Endpoint("GET", "/api/v1/records/{id}/body", _body, "The body block.", _RAW_BLOCK, query=(_WITHHELD,)),
    Endpoint(
        "PUT", "/api/v1/records/{id}/body", _admit_body, "Bring a body that came after its record.",
        Admission, takes=_RAW_BLOCK, changes=True,
    ),
    Endpoint(
        "GET", "/api/v1/records/{id}/pointers", _pointers, "What refers to a record.", Pointers,
        query=(text("relation", "only by this relation"),),
    ),
    Endpoint("GET", "/api/v1/records/{id}/verify", _verify, "Check a record again.", Judgement),
    Endpoint(
        "GET", "/api/v1/heads", _heads, "Records that no record of the same chain follows.", HeadPage,
        query=(text("after", "the cursor `next` of the page before"), _LIMIT),
    ),
)  # fmt: skip
