"""Cases of tests/vectors/content as trees to import, and the vectors themselves."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from knowchain.content.blocks import BlockSink
from knowchain.content.folders import Entry, File, Folder, ImportedEntry, Symlink, import_tree
from knowchain.content.importing import Imported, reader_of
from knowchain.content.profiles import PROFILES, Profile

VECTORS = Path(__file__).parents[2] / "vectors" / "content"
CYCLE = bytes(i % 251 for i in range(251 * 4200))

Case = dict[str, Any]


def load_cases(file: str) -> list[Case]:
    """The cases of a vector file, the slow ones marked so that they run in a campaign alone."""
    cases = json.loads((VECTORS / file).read_text())["cases"]
    return [
        pytest.param(
            case, id=f"{case['name']}, {case['profile']}", marks=[pytest.mark.slow] * case.get("slow", 0)
        )
        for case in cases
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    for kind in ("files", "folders"):
        if f"{kind}_case" in metafunc.fixturenames:
            metafunc.parametrize(f"{kind}_case", load_cases(f"{kind}.json"))
    if "threshold_case" in metafunc.fixturenames:
        cases = [case for case in load_cases("folders.json") if "threshold" in case.id]
        metafunc.parametrize("threshold_case", cases)


def cycle(size: int) -> Iterator[bytes]:
    """``size`` bytes, of which the byte i is i mod 251."""
    for at in range(0, size, len(CYCLE)):
        yield CYCLE[: size - at]


class _Opened:
    """Pieces of bytes as a file."""

    def __init__(self, size: int) -> None:
        self.read = reader_of(cycle(size))


def profile_of(case: Case) -> Profile:
    profile = PROFILES[case["profile"]]
    if "chunk_size" in case:
        profile = replace(profile, name="test", chunk_size=case["chunk_size"], max_links=case["max_links"])
    return profile


def tree_of(case: Case) -> Entry:
    """The case as the library takes it; nothing touches the disk."""
    root: dict[str, Any] = {}
    for entry in case["entries"]:
        if "pattern" in entry:
            for i in range(entry["count"]):
                _place(root, entry["pattern"].replace("%", f"{i:06d}"), ("text", str(i).encode()))
        elif "size" in entry:
            if not entry["path"]:
                return _leaf("", ("size", entry["size"]))
            _place(root, entry["path"], ("size", entry["size"]))
        else:
            _place(root, entry["path"], ("target", entry["target"]) if "target" in entry else {})
    return _folder("", root)


def _place(root: dict[str, Any], path: str, what: Any) -> None:
    *above, name = path.split("/")
    for segment in above:
        root = root.setdefault(segment, {})
    if name:
        root[name] = what


def _folder(name: str, held: dict[str, Any]) -> Folder:
    def entries() -> Iterator[Entry]:
        for child, what in held.items():
            yield _folder(child, what) if isinstance(what, dict) else _leaf(child, what)

    return Folder(name, entries)


def _leaf(name: str, what: tuple[str, Any]) -> Entry:
    kind, value = what
    if kind == "target":
        return Symlink(name, value)
    if kind == "text":
        return File(name, lambda: nullcontext(io.BytesIO(value)))
    return File(name, lambda: nullcontext(_Opened(value)))


def import_all(case: Case, sink: BlockSink) -> list[ImportedEntry]:
    return list(import_tree(tree_of(case), sink, profile_of(case), symlinks="keep"))


@pytest.fixture
def import_case() -> Callable[[Case, BlockSink], Imported]:
    """Import a case into a sink: what its root became."""
    return lambda case, sink: import_all(case, sink)[-1].imported


@pytest.fixture
def file_entry() -> Callable[[str | bytes, bytes], File]:
    """A file of that name and content."""
    return lambda name, content=b"": File(name, lambda: nullcontext(io.BytesIO(content)))


@pytest.fixture
def folder_of() -> Callable[..., Folder]:
    """A folder of those entries."""
    return lambda *entries, name="": Folder(name, lambda: entries)
