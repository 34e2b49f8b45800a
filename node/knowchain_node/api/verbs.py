"""The command's words over HTTP: a verb by name, its arguments as JSON, and its files as parcels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from aiohttp import web

from knowchain.content.importing import import_file
from knowchain.content.profiles import Profile
from knowchain.errors import ContentError, InvalidValue, KnowchainError, shown
from knowchain.home import Home
from knowchain.home.files import DiskFiles, FileSource, ListedFile, WorkFile, media_type
from knowchain.home.plain import to_plain
from knowchain.storage.blocks.packs import PackBlocks
from knowchain.storage.blocks.uploads import Upload
from knowchain_node.api.endpoint import BYTES, JSON, Call, Endpoint, Media, answered, parsed
from knowchain_node.api.failures import Refused
from knowchain_node.api.passing import scratch
from knowchain_node.api.streaming import Inflow, outflow, send_pieces
from knowchain_node.parcels import MEDIA_TYPE, Entry, check_entries, listed, pieces_of, unpacked
from knowchain_node.verbs import Shape, Verb, shape_of, verb_named
from knowchain_node.wire import from_plain

__all__ = ["ENDPOINTS"]

_LINE: Final = 8 * 2**20
_PIECE: Final = 2**18
Advance = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class InPlace:
    """Files that stay where they are: the peer reads them there."""

    paths: tuple[Path, ...]
    hidden: bool = False


@dataclass(frozen=True, slots=True)
class Asked:
    """The line before the files: what is asked, and what comes."""

    arguments: Mapping[str, object]
    entries: tuple[Entry, ...] = ()
    in_place: InPlace | None = None


async def _ask(call: Call) -> object:
    name = call.path("verb")
    verb = verb_named(name)
    shape = await call.run(shape_of, name)
    asked, inflow = await _read(call, verb)
    arguments = _arguments(shape, asked.arguments)
    if verb.carries == "files":
        files = _files(asked, inflow)
        given = {} if files is None else {str(shape.source): files}
        return _plain(await call.run(shape.function, call.home, **arguments, **given))
    if verb.carries == "in" and asked.entries:
        return _plain(await call.run(_with_incoming, call.home, verb, shape, arguments, asked, inflow))
    if verb.carries == "out":
        return await _with_outgoing(call, verb, shape, arguments)
    if verb.carries == "stream":
        return await _streamed(call, shape, arguments)
    return _plain(await call.run(_answered, shape, call.home, arguments))


def _plain(value: object) -> web.Response:
    return answered({"result": value}, 200)


def _answered(shape: Shape, home: Home, arguments: Mapping[str, Any]) -> object:
    value = shape.function(home, **arguments)
    return list(value) if isinstance(value, Iterator) else value


async def _read(call: Call, verb: Verb) -> tuple[Asked, Inflow]:
    content_type = call.request.content_type
    if content_type == JSON:
        return Asked(await call.body(dict[str, object])), Inflow(call.request, call.service.max_upload)
    if content_type != MEDIA_TYPE or verb.carries not in ("files", "in"):
        raise Refused(415, "unsupported-media-type", "this takes {type}", type=JSON, remedy="send JSON")
    inflow = Inflow(call.request, call.service.max_upload)
    line = await inflow.line(_LINE)
    return from_plain(Asked, parsed(line)), inflow


def _arguments(shape: Shape, given: Mapping[str, object]) -> dict[str, Any]:
    for name in (*given, *shape.required):
        if name not in shape.arguments or name not in given:
            known = name in shape.arguments
            raise InvalidValue(
                "the argument {field} is missing" if known else "there is no argument {field}",
                field=name,
                value=given.get(name),
                remedy="this takes {known}",
                known=", ".join(shape.arguments) or "none",
            )
    return {name: from_plain(shape.arguments[name], value, name) for name, value in given.items()}


# --- files that are sent ---------------------------------------------------------------------------------


def _files(asked: Asked, inflow: Inflow) -> FileSource | None:
    if asked.in_place is not None:
        for path in asked.in_place.paths:
            if not path.is_absolute():
                raise InvalidValue(
                    "{field}: {value} is not absolute", field="paths", value=path, remedy="give the full path"
                )
        return DiskFiles(asked.in_place.paths, in_place=True, hidden=asked.in_place.hidden)
    if not asked.entries:
        return None
    check_entries(asked.entries)
    return _SentFiles(asked.entries, inflow)


class _SentFiles:
    """Files of a work that come with the request, read once and in order: a
    :class:`~knowchain.home.files.FileSource`."""

    def __init__(self, entries: Sequence[Entry], inflow: Inflow) -> None:
        self._entries = [(entry.path, entry.bytes) for entry in entries if entry.bytes is not None]
        self._inflow = inflow

    def listed(self) -> list[ListedFile]:
        """What is announced."""
        return [ListedFile(path, size) for path, size in self._entries]

    def brought(
        self, store: PackBlocks, upload: Upload, profile: Profile, advance: Advance
    ) -> list[WorkFile]:
        """Every file, imported as it comes."""
        found = []
        with store.batch(upload) as batch:
            for path, size in self._entries:
                part = _Part(self._inflow, path, size)
                made = import_file(part.read, batch, profile)
                part.check_whole()
                found.append(WorkFile(path, size, part.digest.hexdigest(), media_type(path), made.cid))
                advance(self._inflow.taken)
        return sorted(found, key=lambda file: file.path)

    def measured(self, advance: Advance) -> list[WorkFile]:
        """Every file, hashed as it comes."""
        found = []
        for path, size in self._entries:
            part = _Part(self._inflow, path, size)
            while part.read(_PIECE):
                advance(self._inflow.taken)
            part.check_whole()
            found.append(WorkFile(path, size, part.digest.hexdigest(), media_type(path)))
        return sorted(found, key=lambda file: file.path)


class _Part:
    """One file in the stream."""

    def __init__(self, inflow: Inflow, path: str, size: int) -> None:
        self._inflow = inflow
        self._path = path
        self._left = size
        self.digest = hashlib.sha256()

    def read(self, size: int) -> bytes:
        """At most ``size`` next bytes, none at the end of the file."""
        piece = self._inflow.read(min(size, self._left)) if self._left else b""
        self._left -= len(piece)
        self.digest.update(piece)
        return piece

    def check_whole(self) -> None:
        """Raise ContentError if the stream ended within the file."""
        if self._left:
            raise ContentError("the files end within {path}", path=self._path, remedy="send them again")


def _with_incoming(
    home: Home, verb: Verb, shape: Shape, arguments: dict[str, Any], asked: Asked, inflow: Inflow
) -> object:
    with scratch(home) as folder:
        unpacked(asked.entries, inflow.read, folder)
        path = folder / asked.entries[0].path
        try:
            return _answered(shape, home, _pointed(arguments, verb, path))
        except KnowchainError as exc:
            _rename(exc, str(path), _path_in(arguments, verb))
            raise


def _rename(error: KnowchainError, here: str, there: str) -> None:
    """Have an error speak of the asker's file, not of the copy that came here."""
    for name, value in error.fields.items():
        if isinstance(value, str | Path):
            text = str(value).replace(here, there)
            error.fields[name] = shown(there) if text == shown(here) else text
    error.args = (error.template.format(**error.fields),)


def _path_in(arguments: Mapping[str, Any], verb: Verb) -> str:
    name, *field = verb.path
    return str(getattr(arguments[name], field[0]) if field else arguments[name])


# --- files that are asked for ----------------------------------------------------------------------------


async def _with_outgoing(call: Call, verb: Verb, shape: Shape, arguments: dict[str, Any]) -> object:
    with ExitStack() as stack:
        folder = stack.enter_context(scratch(call.home))
        target = folder / "out"
        value = await call.run(shape.function, call.home, **_pointed(arguments, verb, target))
        files = await call.run(listed, target)
        line = json.dumps({"result": to_plain(value), "entries": to_plain([entry for _, entry in files])})

        def pieces() -> Iterator[bytes]:
            yield line.encode() + b"\n"
            yield from pieces_of(files)

        with call.service.streams.one():
            return await send_pieces(call.request, _stream(MEDIA_TYPE), outflow(pieces))


async def _streamed(call: Call, shape: Shape, arguments: dict[str, Any]) -> object:
    def pieces() -> Iterator[bytes]:
        found: Iterator[bytes] = shape.function(call.home, **arguments)
        return found

    with call.service.streams.one():
        return await send_pieces(call.request, _stream(BYTES), outflow(pieces))


def _stream(content_type: str) -> web.StreamResponse:
    headers = {"Content-Type": content_type, "Content-Disposition": "attachment"}
    return web.StreamResponse(headers=headers)


def _pointed(arguments: dict[str, Any], verb: Verb, path: Path) -> dict[str, Any]:
    """The arguments with the path of a scratch file in place of the asker's."""
    name, *field = verb.path
    if not field:
        return arguments | {name: path}
    return arguments | {name: replace(arguments[name], **{field[0]: str(path)})}


_PARCEL: Final = Media(MEDIA_TYPE, "a line of JSON, then files")

ENDPOINTS: Final = (
    Endpoint(
        "POST", "/api/v1/verbs/{verb}", _ask,
        "Ask the home in the words of the command; docs/spec/api.md lists the verbs.",
        (dict[str, object], _PARCEL, Media(BYTES, "the bytes of a file")),
        takes=(dict[str, object], _PARCEL),
        changes=True,
    ),
)  # fmt: skip
