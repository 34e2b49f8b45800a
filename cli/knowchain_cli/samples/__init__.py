"""The sample collection: an invented community archive, written for this project (CC0-1.0).

The texts lie beside this module; the images are drawn here, so that none has to be kept.
"""

from __future__ import annotations

import struct
import tomllib
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Final

__all__ = ["Sample", "SampleWork", "write_sample"]

_SIDE: Final = 168
"""Pixels of an image's side."""
_CLOTH: Final = (236, 226, 208)
_INDIGO: Final = (46, 62, 110)
_MADDER: Final = (160, 58, 44)


@dataclass(frozen=True, slots=True)
class SampleWork:
    """One work of the collection, as `publish` is told of it."""

    key: str
    file: Path
    kind: str
    title: dict[str, str]
    lang: str
    creator: str
    date: str
    description: dict[str, str]
    subjects: tuple[str, ...] = ()
    place: str | None = None
    derived_from: str | None = None
    """The key of the work that this one was made out of."""


@dataclass(frozen=True, slots=True)
class Sample:
    """The whole collection."""

    title: dict[str, str]
    description: dict[str, str]
    works: tuple[SampleWork, ...]


def write_sample(folder: Path) -> Sample:
    """Write the files of the collection into ``folder``, and say what they are."""
    source = files(__name__)
    catalogue = tomllib.loads(source.joinpath("catalogue.toml").read_text(encoding="utf-8"))
    works = []
    for entry in catalogue["work"]:
        path = folder / entry.pop("file")
        if path.suffix == ".png":
            path.write_bytes(_png(_PATTERNS[path.stem]))
        else:
            path.write_bytes(source.joinpath("texts", path.name).read_bytes())
        subjects = tuple(entry.pop("subjects", ()))
        works.append(SampleWork(file=path, subjects=subjects, **entry))
    about = catalogue["collection"]
    return Sample(about["title"], about["description"], tuple(works))


def _bridge(x: int, y: int) -> tuple[int, int, int]:
    """Seven stripes, and the arches under them."""
    stripe = (y // 8) % 3 == 0 and y < _SIDE
    arch = (x % 24 - 12) ** 2 + (y % 24 - 24) ** 2 < 100
    return _INDIGO if stripe else _MADDER if arch else _CLOTH


def _heron(x: int, y: int) -> tuple[int, int, int]:
    """A foot of three toes, repeated."""
    u, v = x % 28 - 14, y % 28
    toe = abs(u) < 2 or abs(abs(u) - v // 2) < 2
    return _INDIGO if toe and v > 4 else _MADDER if y % 28 == 0 else _CLOTH


_PATTERNS: Final[dict[str, Callable[[int, int], tuple[int, int, int]]]] = {
    "pattern-bridge": _bridge,
    "pattern-heron": _heron,
}


def _png(pattern: Callable[[int, int], tuple[int, int, int]]) -> bytes:
    """A PNG of 8-bit colours (ISO/IEC 15948), always the same bytes' worth of picture."""
    rows = b"".join(b"\x00" + b"".join(bytes(pattern(x, y)) for x in range(_SIDE)) for y in range(_SIDE))
    header = struct.pack(">IIBBBBB", _SIDE, _SIDE, 8, 2, 0, 0, 0)
    parts = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(name, data) for name, data in parts)


def _chunk(name: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))
