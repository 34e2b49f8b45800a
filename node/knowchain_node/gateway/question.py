"""What a request to the gateway asks for, read from its path, query and headers; nothing is looked up here.

Source: the trustless gateway specification (IPIP-402, IPIP-412, IPIP-523).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, TypeAlias
from urllib.parse import unquote_to_bytes

from knowchain.content.bounds import MAX_DEPTH, MAX_NAME
from knowchain.content.cids import is_version_0, parse_cid
from knowchain.content.selecting import Scope, Selection
from knowchain.errors import InvalidValue
from knowchain.identifiers import Cid
from knowchain_node.api.failures import Refused, unreadable

__all__ = ["CAR", "RAW_BLOCK", "Question", "read_question", "read_target"]

RAW_BLOCK: Final = "application/vnd.ipld.raw"
CAR: Final = "application/vnd.ipld.car"
Format: TypeAlias = Literal["raw", "car"]

_FORMATS: Final[Mapping[str, Format]] = {RAW_BLOCK: "raw", CAR: "car"}
_MEDIA: Final[Mapping[str | None, str]] = {"raw": RAW_BLOCK, "car": CAR}
_SCOPES: Final[Mapping[str, Scope]] = {"block": "block", "entity": "entity", "all": "all"}
_BYTES: Final = re.compile(r"(-?\d{1,18}):(-?\d{1,18}|\*)")


@dataclass(frozen=True, slots=True)
class Question:
    """One question.

    Attributes:
        root: where the path begins.
        segments: the path, decoded.
        format: one block as it is, or blocks in a CAR.
        selection: which blocks, for a CAR.
        version_0: whether the root was given as a CIDv0: then a CAR names dag-pb blocks so.
        filename: under which name the answer is saved, if one was given.
    """

    root: Cid
    segments: tuple[str, ...]
    format: Format
    selection: Selection = field(default_factory=Selection)
    filename: str | None = None
    version_0: bool = False

    @property
    def content_type(self) -> str:
        """The media type of the answer, with what was chosen."""
        if self.format == "raw":
            return RAW_BLOCK
        return f"{CAR}; version=1; order=dfs; dups={'y' if self.selection.duplicates else 'n'}"


def read_target(path: str) -> tuple[Cid, tuple[str, ...]]:
    """The CID and the segments of a path such as ``/ipfs/bafy…/photos/a%20b.jpg``, as it stands in the URL.

    Segments are percent-decoded once and may be anything that a folder can hold.

    Raises:
        Refused: 404, it does not begin with ``/ipfs/``; 400, it is no CID or holds what no folder can.
    """
    first, _, rest = path.removeprefix("/ipfs/").partition("/")
    if not path.startswith("/ipfs/") or not first:
        raise Refused(
            404, "not-found", "there is nothing here", remedy="ask for /ipfs/{cid}, by its CID", cid="CID"
        )
    raw = rest.removesuffix("/").split("/") if rest.removesuffix("/") else []
    if len(raw) > MAX_DEPTH:
        raise unreadable("path", path, f"ask for a path of at most {MAX_DEPTH} segments")
    return _cid(first), tuple(_segment(one) for one in raw)


def _cid(text: str) -> Cid:
    try:
        return parse_cid(text)
    except InvalidValue as exc:
        raise unreadable("cid", text, "give a CID, such as bafy… or bafk…") from exc


def _segment(raw: str) -> str:
    data = unquote_to_bytes(raw)
    try:
        name = data.decode()
    except UnicodeDecodeError:
        raise unreadable("path", raw, "percent-encode UTF-8") from None
    if not name or name in (".", "..") or "/" in name or "\0" in name or len(data) > MAX_NAME:
        raise unreadable("path", name, "leave out empty segments, '.', '..', NUL and an encoded '/'")
    return name


def read_question(path: str, query: Mapping[str, str], accept: str) -> Question:
    """What is asked for. What the URL says wins over the ``Accept`` header.

    Args:
        path: of the URL, not decoded, without the query.
        query: decoded.
        accept: the ``Accept`` header, empty where there is none.

    Raises:
        Refused: 400, a part of it can't be read; 404, not a path of the gateway; 406, an answer that is no
            block and no CAR: what can't be checked by whoever gets it is not given here.
    """
    root, segments = read_target(path)
    format_, parameters = _format(query.get("format"), accept)
    if format_ == "raw":
        return Question(root, segments, "raw", filename=_filename(query))
    version = query.get("car-version", parameters.get("version", "1"))
    if version != "1":
        raise unreadable("car-version", version, "ask for version 1")
    order = query.get("car-order", parameters.get("order", "unk"))
    if order not in ("dfs", "unk"):
        raise unreadable("car-order", order, "ask for dfs or unk")
    duplicates = query.get("car-dups", parameters.get("dups", "n"))
    if duplicates not in ("y", "n"):
        raise unreadable("car-dups", duplicates, "ask for y or n")
    version_0 = is_version_0(path.removeprefix("/ipfs/").partition("/")[0])
    selection = _selection(query, duplicates == "y")
    return Question(root, segments, "car", selection, _filename(query), version_0)


def _selection(query: Mapping[str, str], duplicates: bool) -> Selection:
    scope = query.get("dag-scope", "entity" if "entity-bytes" in query else "all")
    if scope not in _SCOPES:
        raise unreadable("dag-scope", scope, "ask for block, entity or all")
    if "entity-bytes" not in query or scope != "entity":
        return Selection(_SCOPES[scope], duplicates=duplicates)
    found = _BYTES.fullmatch(query["entity-bytes"])
    if not found:
        raise unreadable("entity-bytes", query["entity-bytes"], "write from:to, such as 0:1023 or -512:*")
    first, last = int(found[1]), -1 if found[2] == "*" else int(found[2])
    return Selection("entity", first, last, duplicates)


def _filename(query: Mapping[str, str]) -> str | None:
    return query.get("filename") or None


def _format(asked: str | None, accept: str) -> tuple[Format, Mapping[str, str]]:
    """The format, and the parameters that the header gives with it."""
    accepted = [one for one in _media(accept) if one[0] in _FORMATS]
    if asked in _MEDIA:
        kind = _MEDIA[asked]
        return _FORMATS[kind], next((parameters for media, parameters in accepted if media == kind), {})
    if asked is None and accepted:
        return _FORMATS[accepted[0][0]], accepted[0][1]
    raise Refused(
        406,
        "not-acceptable",
        "this gateway gives blocks and CARs, which whoever gets them can check, and nothing else",
        remedy="add ?format=raw or ?format=car, or Accept: {raw} or {car}",
        raw=RAW_BLOCK,
        car=CAR,
    )


def _media(accept: str) -> Iterator[tuple[str, Mapping[str, str]]]:
    """Media types with their parameters, the most wanted first; of equals the first (RFC 9110, 12.5.1)."""
    found = []
    for part in accept[:4096].split(","):
        media, *rest = (piece.strip() for piece in part.split(";"))
        pairs = (piece.partition("=") for piece in rest)
        parameters = {name.strip().lower(): value.strip().strip('"') for name, _, value in pairs}
        weight = _weight(parameters.pop("q", "1"))
        if weight > 0:
            found.append((-weight, media.lower(), parameters))
    found.sort(key=lambda one: one[0])
    return ((media, parameters) for _, media, parameters in found)


def _weight(text: str) -> float:
    return float(text) if re.fullmatch(r"[01](\.\d{0,3})?", text) else 0.0
