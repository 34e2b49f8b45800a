"""A museum with a home and a folder to work in."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from knowchain.home import Home, begin
from knowchain.home.museum import Imported, TableImport, import_table
from knowchain.records import read_body
from knowchain.records.bodies import present

START = 1_767_225_600_000


@dataclass
class Museum:
    """An institution at its desk."""

    home: Home
    folder: Path

    def table(self, name: str, content: str | bytes) -> str:
        """Write a table; its path."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return str(path)

    def lines(self, name: str, objects: Sequence[dict[str, Any]]) -> str:
        """Write a table of JSON lines; its path."""
        return self.table(name, "".join(json.dumps(each) + "\n" for each in objects))

    def publish(self, table: str, **request: Any) -> Imported:
        """Import a table without other processes."""
        return import_table(self.home, TableImport(table, **{"processes": 0, **request}))

    def held(self, kind: str) -> list[dict[str, Any]]:
        """The own records of a kind in the human form, with their ids under ``record``."""
        found = []
        reader = self.home.store.reader()
        for stored in reader.records(kind=kind, author=self.home.identity):
            header, data = stored.block.header, reader.body(stored.id)
            assert data is not None, "an own body is held"
            body = read_body(data, header, self.home.identity)
            found.append({**present(kind, body.fields, header.refs), "record": str(stored.id)})
        return found

    def count(self) -> int:
        """How many records are held."""
        return sum(self.home.store.reader().counts_by_kind().values())


@pytest.fixture
def museum(tmp_path: Path) -> Iterator[Museum]:
    """A museum that has published nothing but its name."""
    root = tmp_path / "home"
    begin(root, name="Museum of Invented Things", recovery_file=tmp_path / "recovery.key")
    desk = tmp_path / "desk"
    desk.mkdir()
    with Home.open(root) as home:
        yield Museum(home, desk)


@pytest.fixture
def reopened(tmp_path: Path) -> Callable[[], Home]:
    """Opens the museum's home again."""
    return lambda: Home.open(tmp_path / "home")
