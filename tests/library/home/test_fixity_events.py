"""A scrub's findings as signed events, and erasures that reach what a rebuild kept aside."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from knowchain.home import Home, author, begin
from knowchain.home.content import scrub_content
from knowchain.home.files import DiskFiles
from knowchain.home.fixity_events import sign_checks
from knowchain.home.maintenance import erase_due, rebuild
from knowchain.home.publishing import Publication, publish
from knowchain.home.saying import Withdrawal, withdraw
from knowchain.identifiers import RecordId
from knowchain.records import read_body


@pytest.fixture
def root(tmp_path: Path) -> Path:
    begin(tmp_path / "home", name="Archive", recovery_file=tmp_path / "recovery")
    return tmp_path / "home"


@pytest.fixture
def home(root: Path) -> Iterator[Home]:
    with Home.open(root) as opened:
        yield opened


def published(home: Home, folder: Path, name: str, data: bytes) -> RecordId:
    path = folder / name
    path.write_bytes(data)
    fields = {"title": {"en": [name]}, "kind": "Text", "access": "public", "id": f"x:{name}"}
    return publish(home, Publication(fields), DiskFiles([path])).id


def outcome(home: Home, event: RecordId) -> tuple[str, list[RecordId]]:
    reader = home.store.reader()
    stored, data = reader.record(event), reader.body(event)
    assert stored is not None
    assert data is not None
    fields = read_body(data, stored.block.header, home.identity).fields
    return str(fields["outcome"]), [ref.target for ref in stored.block.header.refs]


def test_works_that_are_whole_share_an_event(home: Home, tmp_path: Path) -> None:
    works = [published(home, tmp_path, f"{n}.txt", b"%d" % n) for n in range(3)]
    done = scrub_content(home, bytes_per_second=1e9)
    (event,) = sign_checks(home, done.failures)
    assert outcome(home, event) == ("success", sorted(works))


def test_a_damaged_file_is_said_of_its_work_alone(home: Home, root: Path, tmp_path: Path) -> None:
    sound = published(home, tmp_path, "sound.txt", b"sound" * 1000)
    hurt = published(home, tmp_path, "hurt.txt", b"hurt it here" * 1000)
    (pack,) = (root / "content" / "packs").glob("*.pack")
    data = pack.read_bytes()
    at = data.index(b"hurt it here")
    with pack.open("r+b") as file:
        file.seek(at)
        file.write(b"HURT")
    done = scrub_content(home, bytes_per_second=1e9)
    assert len(done.failures) == 1
    said = {outcome(home, event)[0]: outcome(home, event)[1] for event in sign_checks(home, done.failures)}
    assert said == {"failure": [hurt], "success": [sound]}


def test_erasure_reaches_the_store_that_a_rebuild_left(root: Path) -> None:
    with Home.open(root) as home:
        secret = author(home, "profile", {"name": "qjxzvw"})
    rebuild(root)
    kept = root / "store.before-rebuild.sqlite"
    assert b"qjxzvw" in kept.read_bytes()
    with Home.open(root) as home:
        withdraw(home, Withdrawal((str(secret.id),), erase=True))
        erase_due(home, delay_ms=0)
        assert erase_due(home, delay_ms=0).destroyed == (secret.id,)
    assert not any(b"qjxzvw" in path.read_bytes() for path in root.iterdir() if path.is_file())
