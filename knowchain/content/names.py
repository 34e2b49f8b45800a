"""Names of entries and paths: what a folder may hold, coming in and going out (docs/spec/content.md, Names).

A name is UTF-8 and is kept byte for byte: no Unicode normalisation, no change of case. Refused is what a file
system can't hold, or what would lead out of the folder that the content is written to.
"""

from __future__ import annotations

from knowchain.content.bounds import MAX_DEPTH, MAX_NAME, MAX_TARGET
from knowchain.errors import ContentError, InvalidValue, shown

__all__ = ["check_name_given", "check_name_read", "check_target_given", "split_path"]

_REMEDY = "rename it: 1 to {limit} bytes of UTF-8, without '/' and NUL, not '.' or '..'"


def _fault(name: str) -> str:
    """Why ``name`` can't be the name of an entry; empty if it can."""
    try:
        size = len(name.encode())
    except UnicodeEncodeError:
        return "it is not UTF-8"
    if not name:
        return "it is empty"
    if size > MAX_NAME:
        return f"it takes {size} bytes"
    if name in (".", ".."):
        return "it names a folder's own place"
    if "/" in name or "\0" in name:
        return "it holds a '/' or NUL"
    return ""


def check_name_given(name: str | bytes, where: str = "") -> str:
    """The name of an entry to import, as text. ``where`` is the path of its folder, for the message.

    Raises:
        InvalidValue: a name that no folder may hold.
    """
    # A byte that is no UTF-8 becomes a lone surrogate, as in a name that Python's own file functions give.
    text = name.decode(errors="surrogateescape") if isinstance(name, bytes) else name
    why = _fault(text)
    if why:
        raise InvalidValue(
            "the name {value} in the folder '{where}' can't be kept: {why}",
            field="name",
            value=text,
            where=shown(where),
            why=why,
            limit=MAX_NAME,
            remedy=_REMEDY,
        )
    return text


def check_name_read(name: str) -> None:
    """Check the name of an entry in a folder that somebody else made.

    Raises:
        ContentError: a name that no folder may hold.
    """
    why = _fault(name)
    if why:
        raise ContentError(
            "a folder holds the name {name}, which is refused: {why}",
            remedy="ask whoever made the folder for one with safe names",
            name=shown(name),
            why=why,
        )


def check_target_given(target: str, where: str) -> bytes:
    """The target of a symlink to import, as bytes.

    Raises:
        InvalidValue: empty, with NUL, not UTF-8, or of more than 4,095 bytes.
    """
    try:
        raw = target.encode()
    except UnicodeEncodeError:
        raw = b""
    if not 0 < len(raw) <= MAX_TARGET or b"\0" in raw:
        raise InvalidValue(
            "the target {value} of the symlink '{where}' can't be kept",
            field="target",
            value=target,
            where=shown(where),
            limit=MAX_TARGET,
            remedy="give it a target of 1 to {limit} bytes of UTF-8 without NUL, or leave the symlink out",
        )
    return raw


def split_path(path: str) -> tuple[str, ...]:
    """The segments of a path such as ``photos/1974/a.tif``; "" and "/" are the root itself.

    Raises:
        InvalidValue: an empty segment, ``.`` or ``..``, a name that no folder may hold, or too many segments.
    """
    trimmed = path.removeprefix("/").removesuffix("/")
    if not trimmed:
        return ()
    segments = trimmed.split("/")
    if len(segments) > MAX_DEPTH:
        raise InvalidValue(
            "the path {value} has {count} segments",
            field="path",
            value=path,
            count=len(segments),
            limit=MAX_DEPTH,
            remedy="give at most {limit}",
        )
    return tuple(check_name_given(segment, path) for segment in segments)
