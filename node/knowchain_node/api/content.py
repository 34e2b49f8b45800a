"""Files by CID: sent, fetched by range, described. Nothing served here can act as a page of the peer."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import quote

from aiohttp import hdrs, web

from knowchain.content.directories import list_directory, resolve, stat
from knowchain.content.importing import import_file
from knowchain.content.profiles import profile_named
from knowchain.content.reading import read_file
from knowchain.errors import InvalidValue
from knowchain.home import Home
from knowchain.identifiers import Cid
from knowchain.storage.blocks.fixity import GuardedBlocks
from knowchain_node.api.endpoint import BYTES, Call, Endpoint, Media, text
from knowchain_node.api.ranges import asked_range, no_such_range
from knowchain_node.api.streaming import Inflow, outflow, send_pieces
from knowchain_node.bitswap.bringing import Brought
from knowchain_node.bitswap.providers import check_peer
from knowchain_node.gateway.fetching import check_url

__all__ = ["ENDPOINTS"]

_MOST_LISTED: Final = 10_000


@dataclass(frozen=True, slots=True)
class SentFile:
    """A file that was sent, and is on the medium. A record that names ``cid`` keeps it; else a week does."""

    cid: Cid
    bytes: int
    sha256: str
    profile: str


@dataclass(frozen=True, slots=True)
class ContentEntry:
    """An entry of a folder. ``bytes`` counts all blocks beneath it, as the folder itself says."""

    name: str
    cid: Cid
    bytes: int


@dataclass(frozen=True, slots=True)
class ContentStat:
    """What stands at a CID.

    Attributes:
        bytes: of a file.
        entries: of a folder; the first 10,000.
    """

    cid: Cid
    kind: Literal["file", "directory", "symlink"]
    bytes: int
    dag_bytes: int
    entries: tuple[ContentEntry, ...] = ()


async def _send(call: Call) -> SentFile:
    return await call.run(_import, call.home, call.inflow(), call.given("profile"))


def _import(home: Home, inflow: Inflow, profile: str) -> SentFile:
    digest = hashlib.sha256()

    def read(size: int) -> bytes:
        piece = inflow.read(size)
        digest.update(piece)
        return piece

    # The lease is left to run out: whoever sent the file has a week to sign the record that names it.
    upload = home.content.begin_upload("api upload")
    with home.content.batch(upload) as batch:
        made = import_file(read, batch, profile_named(profile))
    return SentFile(made.cid, made.size, digest.hexdigest(), made.profile.name)


@dataclass(frozen=True, slots=True)
class FetchWish:
    """Content that peers are to be asked for.

    Attributes:
        name: under which it is kept; the CID if nothing is said.
        peers: addresses of peers that are asked first.
        routers: asked who has it, in place of those of the settings.
    """

    cid: Cid
    name: str | None = None
    peers: tuple[str, ...] = ()
    routers: tuple[str, ...] = ()


async def _fetch_from_peers(call: Call) -> Brought:
    wish = await call.body(FetchWish)
    for address in wish.peers:
        check_peer(address, "peers")
    routers = [check_url(url, "routers") for url in wish.routers]
    with call.service.streams.one():
        return await call.peer.fetch(wish.cid, addresses=wish.peers, routers=routers, name=wish.name)


async def _stat(call: Call) -> ContentStat:
    return await call.run(_read_stat, call.home, call.path("cid"), call.given("path"))


def _read_stat(home: Home, cid: str, path: str) -> ContentStat:
    source = GuardedBlocks(home.content)
    found = stat(source, resolve(source, Cid.parse(cid), path))
    entries: list[ContentEntry] = []
    if found.kind == "directory":
        for link in list_directory(source, found.cid):
            entries.append(ContentEntry(link.name, link.cid, link.size))
            if len(entries) == _MOST_LISTED:
                break
    return ContentStat(found.cid, found.kind, found.size, found.dag_size, tuple(entries))


async def _fetch(call: Call) -> web.StreamResponse:
    cid, size = await call.run(_find, call.home, call.path("cid"), call.given("path"))
    request = call.request
    first, last, partial = 0, size - 1, False
    if hdrs.RANGE in request.headers and _still(request, cid):
        header = request.headers[hdrs.RANGE]
        part = asked_range(header, size)
        if part is None:
            raise no_such_range(header, size)
        (first, last), partial = part, True
    response = web.StreamResponse(status=206 if partial else 200, headers=_headers(cid, call.given("name")))
    response.content_length = last - first + 1
    if partial:
        response.headers[hdrs.CONTENT_RANGE] = f"bytes {first}-{last}/{size}"
    if request.headers.get(hdrs.IF_NONE_MATCH) == f'"{cid}"' and not partial:
        return web.Response(status=304, headers=_headers(cid, call.given("name")))
    if request.method == "HEAD":
        await response.prepare(request)
        return response
    length = last - first + 1

    def pieces() -> Iterator[bytes]:
        return read_file(GuardedBlocks(call.home.content), cid, first, length)

    with call.service.streams.one():
        return await send_pieces(request, response, outflow(pieces))


def _find(home: Home, cid: str, path: str) -> tuple[Cid, int]:
    source = GuardedBlocks(home.content)
    found = stat(source, resolve(source, Cid.parse(cid), path))
    if found.kind != "file":
        raise InvalidValue(
            "{field}: {value} is a {kind}, not a file",
            field="cid",
            value=str(found.cid),
            kind=found.kind,
            remedy="name a file in it with ?path=…; …/stat lists them",
        )
    return found.cid, found.size


def _headers(cid: Cid, name: str | None) -> dict[str, str]:
    """A download that no browser shows, sniffs or runs; under a hash, so that it never changes."""
    saved = quote(name or str(cid), safe="")
    return {
        hdrs.CONTENT_TYPE: BYTES,
        hdrs.CONTENT_DISPOSITION: f"attachment; filename*=UTF-8''{saved}",
        hdrs.ETAG: f'"{cid}"',
        hdrs.ACCEPT_RANGES: "bytes",
        hdrs.CACHE_CONTROL: "private, max-age=31536000, immutable",
    }


def _still(request: web.Request, cid: Cid) -> bool:
    """Whether a range is of this file: ``If-Range`` names its tag, or is not there."""
    return request.headers.get(hdrs.IF_RANGE, f'"{cid}"') == f'"{cid}"'


_PATH: Final = text("path", "a path beneath the folder that the CID names", default="")
_FILE: Final = Media(BYTES, "the bytes of the file")

ENDPOINTS: Final = (
    Endpoint(
        "POST", "/api/v1/content", _send, "Send a file; it is on the medium when the answer comes.", SentFile,
        takes=_FILE, query=(text("profile", "how it becomes blocks", default="unixfs-v1-2025"),),
        statuses=(201,), changes=True,
    ),
    Endpoint(
        "POST", "/api/v1/content/fetch", _fetch_from_peers, "Fetch content from peers, and keep it.", Brought,
        takes=FetchWish, changes=True,
    ),
    Endpoint(
        "GET", "/api/v1/content/{cid}", _fetch, "A file, whole or one range of it.", _FILE,
        query=(_PATH, text("name", "under which name it is saved")), statuses=(200, 206, 304),
    ),
    Endpoint(
        "GET", "/api/v1/content/{cid}/stat", _stat, "What stands at a CID.", ContentStat, query=(_PATH,)
    ),
)  # fmt: skip
