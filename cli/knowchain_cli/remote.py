"""The running peer of a home, asked in the words that the home itself would be asked in.

A peer that answers says so in ``api.json`` of its home, and leaves its token beside it; both are readable
by the owner alone. Answers are the same values as without a peer, errors the same errors. Files that are
named on the line are read and written here, and go over the wire as parcels.
"""

from __future__ import annotations

import contextlib
import fcntl
import http.client
import inspect
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar
from urllib.parse import quote, urlsplit

from knowchain import errors
from knowchain.errors import HomeError, InvalidBody, InvalidValue, KnowchainError
from knowchain.home.durable import out_fault
from knowchain.home.files import DiskFiles
from knowchain.home.plain import to_plain
from knowchain_node.parcels import MEDIA_TYPE, Entry, listed, pieces_of, unpacked
from knowchain_node.verbs import Shape, Verb, shape_of, verb_named
from knowchain_node.wire import from_plain

__all__ = ["Remote", "running_peer"]

_T = TypeVar("_T")
_SECONDS: Final = 3600.0
"""For one answer: some verbs read everything that the home holds."""
_LONGEST_LINE: Final = 64 * 2**20
_PIECE: Final = 2**20
Advance = Callable[[int], None]


def running_peer(root: Path) -> Remote | None:
    """The peer that holds this home and answers; None if none does.

    Raises:
        HomeError: one seems to run, but its token can't be read.
    """
    try:
        announced = json.loads((root / "api.json").read_bytes())
        url, pid = str(announced["url"]), int(announced["pid"])
    except (OSError, ValueError, KeyError, TypeError):
        return None
    if not (_lives(pid) and _is_held(root)):
        return None  # it was killed before it could take the announcement back
    try:
        token = (root / "token").read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError) as exc:
        raise HomeError(
            "a peer holds the home, but its token {path} can't be read",
            remedy="run this as the user who runs the peer",
            path=root / "token",
        ) from exc
    return Remote(url, token)


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def _is_held(root: Path) -> bool:
    """Whether some process has the home open: a number that was a peer's may be another program's by now."""
    try:
        with (root / "lock").open("rb") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except FileNotFoundError:
        return False
    except OSError:
        return True
    return False


class Remote:
    """A running peer.

    Args:
        url: where its API answers.
        token: of its home.
    """

    def __init__(self, url: str, token: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname or "", parts.port or 0
        self._token = token
        self.url: Final = url

    # --- verbs -------------------------------------------------------------------------------------------

    def ask(self, function: Callable[..., _T], *args: Any, **kwargs: Any) -> _T:
        """What ``function(home, *args, **kwargs)`` gives, from the peer that has the home open.

        Raises:
            KnowchainError: what the function raises; HomeError: the peer went away, or can't be asked that.
        """
        given = inspect.signature(function).bind(None, *args, **kwargs).arguments
        answer: _T = self._asked(function.__name__, given)
        return answer

    def _asked(self, name: str, given: Mapping[str, Any]) -> Any:
        verb, shape = verb_named(name), shape_of(name)
        advance = given.get("advance") or (lambda _done: None)
        match verb.carries:
            case "files":
                return self._with_files(name, shape, given, advance)
            case "in":
                return self._sending(name, verb, shape, given, advance)
            case "out":
                return self._receiving(name, verb, shape, given)
            case "stream":
                return _pieces(self._call("POST", _path(name), _arguments(shape, given)))
        return self._plain(name, shape, self._call("POST", _path(name), _arguments(shape, given)))

    def _plain(self, name: str, shape: Shape, response: http.client.HTTPResponse) -> Any:
        return from_plain(shape.answer, _json(response).get("result"), name)

    def _with_files(self, name: str, shape: Shape, given: Mapping[str, Any], advance: Advance) -> Any:
        arguments, files = _arguments(shape, given), given.get(str(shape.source))
        if files is None:
            return self._plain(name, shape, self._call("POST", _path(name), arguments))
        if not isinstance(files, DiskFiles):
            raise TypeError("files of this machine's disk are sent, no others")
        line: dict[str, Any] = {"arguments": arguments}
        if files.in_place:
            line["in_place"] = {"paths": [str(path) for path in files.paths], "hidden": files.hidden}
            return self._plain(name, shape, self._send(name, line, [], advance))
        found = [(path, Entry(one.path, one.bytes)) for path, one in files.located()]
        return self._plain(name, shape, self._send(name, line, found, advance))

    def _sending(
        self, name: str, verb: Verb, shape: Shape, given: Mapping[str, Any], advance: Advance
    ) -> Any:
        request = given[verb.path[0]]
        path = Path(getattr(request, verb.path[1]))
        if getattr(request, "in_place", False) or not os.path.lexists(path):
            named = replace(request, **{verb.path[1]: os.path.abspath(path)})  # noqa: PTH100 - symlinks stay
            return self._plain(
                name,
                shape,
                self._call("POST", _path(name), _arguments(shape, {**given, verb.path[0]: named})),
            )
        line = {"arguments": _arguments(shape, given)}
        files = listed(path, hidden=getattr(request, "hidden", True))
        return self._plain(name, shape, self._send(name, line, files, advance))

    def _receiving(self, name: str, verb: Verb, shape: Shape, given: Mapping[str, Any]) -> Any:
        request = given[verb.path[0]]
        target = Path(request if len(verb.path) == 1 else getattr(request, verb.path[1]))
        replaces = len(verb.path) > 1 and request.replace
        if os.path.lexists(target) and not replaces:
            field, remedy = verb.taken
            raise InvalidValue("{field}: {value} exists already", field=field, value=target, remedy=remedy)
        response = self._call("POST", _path(name), _arguments(shape, given))
        line = json.loads(response.readline(_LONGEST_LINE))
        entries = [from_plain(Entry, each, "entries") for each in line["entries"]]
        _receive(response, entries, target)
        result = from_plain(shape.answer, line["result"], name)
        field = verb.path[-1]
        return replace(result, **{field: target}) if hasattr(result, field) else result

    def _send(
        self, name: str, line: object, files: Sequence[tuple[Path, Entry]], advance: Advance
    ) -> http.client.HTTPResponse:
        entries = [entry for _, entry in files]
        head = json.dumps({**dict(line), "entries": to_plain(entries)})  # type: ignore[call-overload]

        def pieces() -> Iterator[bytes]:
            done = 0
            yield head.encode() + b"\n"
            for piece in pieces_of(files):
                yield piece
                done += len(piece)
                advance(done)

        size = len(head.encode()) + 1 + sum(entry.bytes or 0 for entry in entries)
        return self._exchange("POST", _path(name), pieces(), MEDIA_TYPE, size)

    # --- other addresses ---------------------------------------------------------------------------------

    def get(self, path: str) -> dict[str, Any]:
        """What stands at a path of the API, as JSON."""
        return _json(self._call("GET", path, None))

    def send(self, method: str, path: str, document: object) -> dict[str, Any]:
        """Change something at a path of the API; the answer as JSON."""
        return _json(self._call(method, path, document))

    # --- inside ------------------------------------------------------------------------------------------

    def _call(self, method: str, path: str, document: object) -> http.client.HTTPResponse:
        body = None if document is None else json.dumps(document, ensure_ascii=False).encode()
        return self._exchange(method, path, body, "application/json", None if body is None else len(body))

    def _exchange(
        self, method: str, path: str, body: bytes | Iterator[bytes] | None, media: str, size: int | None
    ) -> http.client.HTTPResponse:
        headers = {"Authorization": f"Bearer {self._token}", "Content-Type": media}
        if size is not None:
            headers["Content-Length"] = str(size)
        connection = http.client.HTTPConnection(self._host, self._port, timeout=_SECONDS)
        try:
            # It may have refused before all was sent; what it says is read then.
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                connection.request(method, path, body, headers)
            response = connection.getresponse()
        except (OSError, http.client.HTTPException) as exc:
            raise HomeError(
                "the running peer at {url} does not answer: {why}",
                remedy="look at its log, or start it again",
                url=self.url,
                why=getattr(exc, "strerror", None) or str(exc) or type(exc).__name__,
            ) from exc
        if response.status >= 400:
            raise _error(response.read(_LONGEST_LINE), response.status)
        return response


def _path(name: str) -> str:
    return f"/api/v1/verbs/{quote(name)}"


def _arguments(shape: Shape, given: Mapping[str, Any]) -> dict[str, object]:
    """Arguments as they cross the wire; a path is the same place wherever the peer was started."""
    return {
        name: to_plain(value.absolute() if isinstance(value, Path) else value)
        for name, value in given.items()
        if name in shape.arguments
    }


def _json(response: http.client.HTTPResponse) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(response.read())
    return document


def _pieces(response: http.client.HTTPResponse) -> Iterator[bytes]:
    try:
        while piece := response.read(_PIECE):
            yield piece
    except (OSError, http.client.HTTPException) as exc:
        raise _broken_off() from exc


def _receive(response: http.client.HTTPResponse, entries: Sequence[Entry], target: Path) -> None:
    """Write what comes beside the target, then put it there whole."""
    aside = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        aside.mkdir()
        unpacked(entries, response.read, aside)
        (aside / entries[0].path).replace(target)
    except http.client.HTTPException as exc:
        raise _broken_off() from exc
    except OSError as exc:
        raise out_fault(target, exc) from exc
    finally:
        shutil.rmtree(aside, ignore_errors=True)


def _broken_off() -> HomeError:
    return HomeError("the running peer broke off its answer", remedy="look at its log, then try again")


# --- errors ----------------------------------------------------------------------------------------------


def _error(data: bytes, status: int) -> KnowchainError:
    """The error that the peer told, as it would have been raised here."""
    try:
        document = json.loads(data)["error"]
        return _raised(document)
    except (ValueError, KeyError, TypeError):
        return HomeError(
            "the running peer answers with status {status}", remedy="look at its log", status=status
        )


def _raised(document: Mapping[str, Any]) -> KnowchainError:
    fields = {name: value for name, value in document["fields"].items() if name not in ("template", "remedy")}
    template, remedy = str(document["template"]), str(document["remedy_template"])
    kind = _KINDS.get(document["code"])
    if kind is None:
        return _Told(str(document["code"]), template, remedy, fields)
    if kind is InvalidBody:
        problems = [each for one in document["problems"] if isinstance(each := _raised(one), InvalidValue)]
        return InvalidBody(str(fields["kind"]), problems)
    if issubclass(kind, InvalidValue):
        return kind(template, remedy=remedy, **fields)
    if issubclass(kind, errors.InvalidRecord | errors.SyncError):
        return kind(str(document["reason"]), template, **fields)
    return kind(template, remedy=remedy, **fields)


class _Told(HomeError):
    """An error that only a peer can meet, under the code that it gave."""

    def __init__(self, code: str, template: str, remedy: str, fields: Mapping[str, Any]) -> None:
        super().__init__(template, remedy=remedy, **fields)
        self._code: Final = code

    @property
    def code(self) -> str:
        """As the peer named it."""
        return self._code


def _kinds() -> dict[str, type[KnowchainError]]:
    found: dict[str, type[KnowchainError]] = {}
    todo: list[type[KnowchainError]] = [KnowchainError]
    while todo:
        kind = todo.pop()
        found["".join(f"-{c.lower()}" if c.isupper() else c for c in kind.__name__)[1:]] = kind
        todo += kind.__subclasses__()
    return found


_KINDS: Final = _kinds()
