"""What a home has pinned elsewhere: records by their twins, bodies, files, and nothing that was withdrawn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from knowchain.errors import InvalidValue, NotFound, Withdrawn
from knowchain.home import Home, begin
from knowchain.home.content import NewContent, add_content, file_links
from knowchain.home.files import DiskFiles
from knowchain.home.maintenance import backup, restore
from knowchain.home.pinnable import PinReview, note_arrivals, pins_of_record
from knowchain.home.pinning import (
    PinQuestion,
    PinWish,
    declare_targets,
    pin_content,
    pinning_targets,
    reconcile_pins,
    remote_pins,
    unpin_everywhere,
)
from knowchain.home.publishing import Publication, publish
from knowchain.home.saying import Withdrawal, withdraw
from knowchain.identifiers import Cid, RecordId, raw_twin
from knowchain.storage.pin_states import Declared

ARCHIVE = Declared("archive", "kubo", "http://127.0.0.1:5001", "published")
SERVICE = Declared("service", "service", "https://pins.example", "chosen")


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    begin(tmp_path / "home", name="Ada", recovery_file=tmp_path / "recovery")
    with Home.open(tmp_path / "home") as opened:
        yield opened


@pytest.fixture
def work(home: Home, tmp_path: Path) -> RecordId:
    (tmp_path / "scan.bin").write_bytes(bytes(range(256)) * 10_000)
    described = Publication({"title": {"en": ["Harbour"]}, "access": "public"})
    return publish(home, described, DiskFiles((tmp_path / "scan.bin",))).id


def body_of(home: Home, work: RecordId) -> Cid:
    stored: Any = home.store.reader().record(work)
    cid: Cid = stored.block.header.body.cid
    return cid


def file_of(home: Home, work: RecordId) -> Cid:
    body = home.store.reader().body(work)
    assert body is not None
    (file,) = file_links(work, body)
    return file


def looked_through(home: Home) -> None:
    review = PinReview(home)
    while review.step():
        pass


def wanted(home: Home, target: str = "archive") -> set[Cid]:
    found = remote_pins(home, PinQuestion(target))
    return {pin.cid for pin in found if pin.state == "wanted"}


def test_a_record_is_pinned_by_its_twin_with_its_body_and_files(home: Home, work: RecordId) -> None:
    found = [one.cid for one in pins_of_record(home, home.store.reader(), work)]
    assert found == [raw_twin(work), body_of(home, work), file_of(home, work)]
    assert work not in found


def test_a_body_whose_files_are_not_all_here_is_pinned_by_its_twin(home: Home, tmp_path: Path) -> None:
    """A recursive pin of it would wait for what nobody brings."""
    (tmp_path / "scan.bin").write_bytes(b"scan")
    described = Publication({"title": {"en": ["Harbour"]}, "access": "public"})
    made = publish(home, described, DiskFiles((tmp_path / "scan.bin",))).id
    body, file = body_of(home, made), file_of(home, made)
    (tmp_path / "elsewhere").mkdir()
    with Home.open(copied(home, tmp_path / "elsewhere" / "home")) as other:
        found = [one.cid for one in pins_of_record(other, other.store.reader(), made)]
    assert found == [raw_twin(made), raw_twin(RecordId(body))]
    assert file not in found


def copied(home: Home, root: Path) -> Path:
    """The same records without the files."""
    backup(home, root.parent / "copy")
    restore(root.parent / "copy", root)
    return root


def test_what_arrives_is_noted_and_a_withdrawal_asks_for_a_look_at_everything(
    home: Home, work: RecordId
) -> None:
    declare_targets(home, [ARCHIVE, SERVICE])
    assert note_arrivals(home), "nothing was looked at before"
    looked_through(home)
    assert {raw_twin(work), body_of(home, work), file_of(home, work)} <= wanted(home)
    assert wanted(home, "service") == set()
    second = publish(home, Publication({"title": {"en": ["Quay"]}, "access": "public"})).id
    assert not note_arrivals(home)
    assert {raw_twin(second), body_of(home, second)} <= wanted(home)
    withdraw(home, Withdrawal((str(work),)))
    assert note_arrivals(home)
    looked_through(home)
    assert not {body_of(home, work), file_of(home, work)} & wanted(home)
    assert raw_twin(work) in wanted(home)


def test_a_target_for_everything_keeps_what_is_pinned_here(home: Home, tmp_path: Path) -> None:
    declare_targets(home, [ARCHIVE, Declared("all", "kubo", "http://127.0.0.1:5002", "everything")])
    (tmp_path / "own.bin").write_bytes(b"not published")
    cid = add_content(home, NewContent(str(tmp_path / "own.bin"))).cid
    looked_through(home)
    assert cid in wanted(home, "all")
    assert cid not in wanted(home)


def test_a_record_a_body_and_a_file_can_be_chosen(home: Home, work: RecordId) -> None:
    declare_targets(home, [SERVICE])
    body, file = body_of(home, work), file_of(home, work)
    done = pin_content(home, PinWish(str(work)[:20], "service"))
    assert done.cids == (raw_twin(work), body, file)
    assert (done.targets, done.here) == (("service",), False)
    assert unpin_everywhere(home, PinWish(str(work), "service")).elsewhere == 3
    assert pin_content(home, PinWish(str(body))).cids == (body,)
    chosen = pin_content(home, PinWish(f"/ipfs/{file}"))
    assert (chosen.cids, chosen.here) == ((file,), True)
    assert wanted(home, "service") == {body, file}
    done_again = unpin_everywhere(home, PinWish(str(file)))
    assert (done_again.here, done_again.elsewhere) == (1, 1)
    with pytest.raises(NotFound, match="not pinned on its own account"):
        unpin_everywhere(home, PinWish(str(file)))


def test_what_is_not_here_or_withdrawn_is_not_chosen(home: Home, work: RecordId) -> None:
    declare_targets(home, [SERVICE])
    body, file = body_of(home, work), file_of(home, work)
    nowhere = "bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"
    with pytest.raises(NotFound, match="not here"):
        pin_content(home, PinWish(nowhere))
    with pytest.raises(InvalidValue):
        pin_content(home, PinWish("harbour"))
    withdraw(home, Withdrawal((str(work),)))
    for each in (work, body, file):
        with pytest.raises(Withdrawn):
            pin_content(home, PinWish(str(each)))
    assert wanted(home, "service") == set()


def test_a_rule_keeps_what_is_no_longer_chosen_and_says_so(home: Home, work: RecordId) -> None:
    declare_targets(home, [ARCHIVE])
    looked_through(home)
    pin_content(home, PinWish(str(work)))
    assert unpin_everywhere(home, PinWish(str(work))).kept == ("archive",)


def test_without_a_target_a_pin_is_kept_here_alone_and_no_file_is_made(home: Home, work: RecordId) -> None:
    declare_targets(home, [])
    done = pin_content(home, PinWish(str(file_of(home, work))))
    assert (done.here, done.targets) == (True, ())
    assert pinning_targets(home) == ()
    with pytest.raises(NotFound, match="no target"):
        reconcile_pins(home)
    with pytest.raises(NotFound) as refusal:
        pin_content(home, PinWish(str(work), "archive"))
    assert "[[pinning.targets]]" in refusal.value.remedy
    assert not home.layout.pins.exists()


def test_a_target_that_there_is_not_is_told_with_those_there_are(home: Home, work: RecordId) -> None:
    declare_targets(home, [ARCHIVE, SERVICE])
    for ask in (
        lambda: pin_content(home, PinWish(str(work), "archiv")),
        lambda: remote_pins(home, PinQuestion("archiv")),
        lambda: reconcile_pins(home, "archiv"),
    ):
        with pytest.raises(NotFound) as refusal:
            ask()
        assert "archive, service" in refusal.value.remedy


def test_a_backup_brings_the_choices_back(home: Home, work: RecordId, tmp_path: Path) -> None:
    declare_targets(home, [SERVICE])
    pin_content(home, PinWish(str(work)))
    backup(home, tmp_path / "copy")
    restore(tmp_path / "copy", tmp_path / "again")
    with Home.open(tmp_path / "again") as again:
        assert wanted(again, "service") == wanted(home, "service") != set()
