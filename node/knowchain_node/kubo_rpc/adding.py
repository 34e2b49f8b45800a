"""``add``: files and folders come in, and are kept by pins until they are unpinned."""

from __future__ import annotations

import json
import re
import tempfile
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import IO, Final

from aiohttp import web

from knowchain.content.blocks import BlockSink, NoBlocks
from knowchain.content.bounds import MAX_TARGET
from knowchain.content.folders import Entry, File, ImportedEntry, Readable, Symlink, import_tree
from knowchain.content.importing import Reader
from knowchain.content.profiles import UNIXFS_V0_2015, Profile
from knowchain.home import Home
from knowchain.identifiers import Cid
from knowchain.storage.blocks.durable import faults_at
from knowchain_node.api.streaming import outflow, send_pieces
from knowchain_node.kubo_rpc.failures import cannot, misused
from knowchain_node.kubo_rpc.multipart import Part, Parts, boundary_of
from knowchain_node.kubo_rpc.node import RpcNode
from knowchain_node.kubo_rpc.options import Asked, Options, flag, number, only, text
from knowchain_node.kubo_rpc.progress import Progress, Tell, Watched
from knowchain_node.kubo_rpc.uploads import UploadedTree, path_of

__all__ = ["OPTIONS", "ROWS", "add", "check_pin_name", "form_of", "profile_for"]

_CHUNKER: Final = re.compile(r"size-(?P<size>[1-9][0-9]{0,6})")
_MOST_CHUNK: Final = 2 * 2**20 - 256
"""Bytes: Kubo's bound, with which a leaf and what is about its bytes stay within a block."""
_MOST_PIN_NAME: Final = 255
_IN_MEMORY: Final = 2**20
_PIECE: Final = 2**16
_FOLDER: Final = "application/x-directory"
_SYMLINK: Final = "application/symlink"
ROWS: Final = {"Content-Type": "application/json", "X-Chunked-Output": "1"}
"""Headers of an answer of one JSON value a line."""

OPTIONS: Final[Options] = {
    "cid-version": only(number, 0, 1),
    "raw-leaves": flag,
    "chunker": text,
    "hash": only(str.lower, "sha2-256"),
    "max-file-links": number,
    "wrap-with-directory": flag,
    "only-hash": flag,
    "pin": flag,
    "pin-name": text,
    "progress": flag,
    "silent": flag,
    # they shape what `ipfs add` prints; Kubo's RPC answers the same with and without
    "quiet": flag,
    "quieter": flag,
    # what `ipfs add` does with the disk of whoever calls it
    "recursive": flag,
    "hidden": flag,
    "stdin-name": text,
    "dereference-args": flag,
    "dereference-symlinks": flag,
    # sent by the clients with the value that changes nothing
    "trickle": only(flag, False),
    "nocopy": only(flag, False),
    "fscache": only(flag, False),
    "inline": only(flag, False),
    "inline-limit": number,  # says nothing without it
    "preserve-mode": only(flag, False),
    "preserve-mtime": only(flag, False),
    "empty-dirs": only(flag, True),
}


def profile_for(asked: Asked) -> Profile:
    """How the options say that bytes become blocks.

    Raises:
        Refused: a chunker, or a number of links, that is not carried out.
    """
    version = asked.given("cid-version", 0)
    chunker = asked.given("chunker", "") or f"size-{UNIXFS_V0_2015.chunk_size}"
    found = _CHUNKER.fullmatch(chunker)
    if found is None or int(found["size"]) > _MOST_CHUNK:
        raise cannot(
            "the option chunker={chunker} is not carried out here",
            remedy="give size-N, N from 1 to {most}",
            chunker=chunker[:40],
            most=_MOST_CHUNK,
        )
    links = asked.given("max-file-links", UNIXFS_V0_2015.max_links)
    if not 2 <= links <= 8192:
        raise cannot("the option max-file-links is {links}", remedy="give 2 to 8192", links=links)
    return replace(
        UNIXFS_V0_2015,
        name="kubo",
        chunk_size=int(found["size"]),
        max_links=links,
        cid_version=version,
        raw_leaves=asked.given("raw-leaves", version == 1),
    )


def form_of(request: web.Request, read: Reader) -> Parts:
    """The form that a request sends, for a thread to read.

    Raises:
        Refused: it sends none.
    """
    boundary = boundary_of(request.headers.get("Content-Type", ""))
    if boundary is None:
        raise misused("the request holds no file", remedy="send multipart/form-data")
    return Parts(read, boundary)


async def add(node: RpcNode, request: web.Request, asked: Asked) -> web.StreamResponse:
    """Answer ``add``: a row for each entry, a folder after what is in it, once all is on the medium."""
    job = _Job.of(asked)
    response = web.StreamResponse(headers=ROWS)
    with tempfile.SpooledTemporaryFile(_IN_MEMORY, dir=str(node.home.layout.root)) as rows:
        async with node.upload(request) as read:
            parts = form_of(request, read)
            if asked.given("progress", False):
                async with Progress(request, response) as progress:
                    await node.run(job.run, node.home, parts, rows, progress.tell)
            else:
                await node.run(job.run, node.home, parts, rows)
        return await send_pieces(request, response, outflow(lambda: _read(rows)))


def _read(rows: IO[bytes]) -> Iterator[bytes]:
    rows.seek(0)
    while piece := rows.read(_PIECE):
        yield piece


@dataclass(frozen=True, slots=True)
class _Job:
    """One upload on its way in."""

    asked: Asked
    profile: Profile
    wrap: bool
    silent: bool
    pinned: bool
    pin_name: str
    only_hash: bool

    @classmethod
    def of(cls, asked: Asked) -> _Job:
        only_hash = asked.given("only-hash", False)
        pinned = asked.given("pin", True)
        name = asked.given("pin-name", "")
        if name and not pinned:
            raise misused("pin-name is given with pin=false", remedy="leave one of them out")
        check_pin_name(name)
        return cls(
            asked,
            profile_for(asked),
            wrap=asked.given("wrap-with-directory", False),
            silent=asked.given("silent", False),
            pinned=pinned and not only_hash,
            pin_name=name,
            only_hash=only_hash,
        )

    def run(self, home: Home, parts: Parts, rows: IO[bytes], tell: Tell | None = None) -> None:
        """Import everything; at return it is on the medium, and pinned if it is to be. For a thread."""
        with faults_at(home.layout.root, "write to"):
            if self.only_hash:
                list(self._imported(parts, NoBlocks(), rows, tell))
                return
            with home.content.begin_upload("kubo rpc add") as upload:
                with home.content.batch(upload) as batch:
                    roots = list(self._imported(parts, batch, rows, tell))
                for cid, name in roots if self.pinned else ():
                    home.content.pin(cid, self.pin_name or name)

    def _imported(
        self, parts: Parts, sink: BlockSink, rows: IO[bytes], tell: Tell | None
    ) -> Iterator[tuple[Cid, str]]:
        """The root of each thing that was uploaded, and its name."""
        tree, empty = UploadedTree(), True
        while (part := parts.next()) is not None:
            empty, path = False, path_of(part.filename)
            if part.content_type == _FOLDER:
                tree.add_folder(path)
                continue
            made = self._leaf(part, path, sink, tell)
            tree.add_leaf(path, made)
            self._write_row(rows, "/".join(path), made)
        if empty:
            raise misused("the request holds no file", remedy="send at least one")
        for entry in tree.roots(wrap=self.wrap, name_of=self._shown):
            last: ImportedEntry | None = None
            for last in import_tree(entry, sink, self.profile, symlinks="keep"):
                if last.kind == "directory":
                    self._write_row(rows, "/".join(filter(None, (str(entry.name), last.path))), last)
            assert last is not None
            yield last.imported.cid, str(entry.name) or self._shown(last.imported.cid)

    def _leaf(self, part: Part, path: tuple[str, ...], sink: BlockSink, tell: Tell | None) -> ImportedEntry:
        entry: Entry
        if part.content_type == _SYMLINK:
            target = b""
            while len(target) <= MAX_TARGET and (piece := part.read(MAX_TARGET + 1 - len(target))):
                target += piece
            entry = Symlink("", target.decode("utf-8", "surrogateescape"))
        else:
            file: Readable = part if tell is None else Watched(part, "/".join(path), tell)
            entry = File("", lambda: nullcontext(file))
        (made,) = import_tree(entry, sink, self.profile, symlinks="keep")
        return made

    def _write_row(self, rows: IO[bytes], path: str, entry: ImportedEntry) -> None:
        if self.silent:
            return
        shown = self._shown(entry.imported.cid)
        name = path or ("" if entry.kind == "directory" else shown)
        row = {"Name": name, "Hash": shown, "Size": str(entry.imported.dag_size)}
        rows.write(json.dumps(row, ensure_ascii=False).encode() + b"\n")

    def _shown(self, cid: Cid) -> str:
        return self.asked.show(cid, version_0=self.profile.cid_version == 0)


def check_pin_name(name: str) -> None:
    """Raise Refused where a pin can't have that name."""
    if len(name.encode()) > _MOST_PIN_NAME:
        raise misused(
            "the name of a pin has more than {most} bytes", remedy="shorten it", most=_MOST_PIN_NAME
        )
