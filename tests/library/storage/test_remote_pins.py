"""What is to be pinned elsewhere, step by step: nothing is lost, and nothing stays that nobody wants."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest

from knowchain.errors import Corruption, HomeError
from knowchain.identifiers import Cid
from knowchain.storage.pin_states import EVERY, Declared, Found, ToPin, pin_name
from knowchain.storage.remote_pins import RemotePins

RULED = Declared("ruled", "kubo", "http://127.0.0.1:5001", "everything")
OWN = Declared("own", "service", "https://pins.example", "published")
FREE = Declared("free", "service", "https://free.example", "chosen")
NOW = 1_000_000


def cid(n: int) -> Cid:
    return Cid(b"\x01\x55\x12\x20" + hashlib.sha256(bytes([n])).digest())


@pytest.fixture
def pins(tmp_path: Path) -> Iterator[RemotePins]:
    with RemotePins(tmp_path / "pins.sqlite", lambda: NOW) as opened:
        opened.declare([RULED, OWN, FREE])
        yield opened


def looked_through(pins: RemotePins, *found: ToPin) -> None:
    number = pins.begin_pass()
    pins.note(number, found)
    pins.end_pass(number, 7)


def states(pins: RemotePins, target: str) -> dict[Cid, str]:
    return {pin.cid: pin.state for pin in pins.pins(target)}


def pinned(pins: RemotePins, target: str, one: Cid) -> None:
    """The target does what it was asked for."""
    (pin,) = [pin for pin in pins.due(target, NOW, 100) if pin.cid == one]
    assert pins.sending(pin)
    pins.taken(pin, Found(one, "pinned", "r1", "knowchain x"), None)


def test_the_rule_of_a_target_says_what_is_wanted_there(pins: RemotePins) -> None:
    looked_through(pins, ToPin(cid(1), "a", own=True), ToPin(cid(2), "b", own=False))
    assert states(pins, "ruled") == {cid(1): "wanted", cid(2): "wanted"}
    assert states(pins, "own") == {cid(1): "wanted"}
    assert states(pins, "free") == {}


def test_what_a_pass_finds_no_longer_is_unpinned_if_the_target_was_asked(pins: RemotePins) -> None:
    looked_through(pins, ToPin(cid(1), "a", own=True), ToPin(cid(2), "b", own=True))
    pinned(pins, "own", cid(1))
    looked_through(pins)
    assert states(pins, "own") == {cid(1): "unpinning"}
    assert states(pins, "ruled") == {}
    (pin,) = pins.due("own", NOW, 10)
    pins.unpinned(pin)
    assert states(pins, "own") == {}


def test_what_is_wanted_again_before_it_went_is_pinned_again(pins: RemotePins) -> None:
    looked_through(pins, ToPin(cid(1), "a", own=True))
    pinned(pins, "own", cid(1))
    looked_through(pins)
    (pin,) = pins.due("own", NOW, 10)
    looked_through(pins, ToPin(cid(1), "a", own=True))
    assert states(pins, "own") == {cid(1): "wanted"}
    pins.unpinned(pin)  # the target had let go of it in between
    (again,) = pins.due("own", NOW, 10)
    assert (again.state, again.sent, again.request) == ("wanted", False, "")


def test_what_is_unwanted_while_it_is_asked_for_is_unpinned_after_all(pins: RemotePins) -> None:
    looked_through(pins, ToPin(cid(1), "a", own=True))
    (pin,) = pins.due("own", NOW, 10)
    assert pins.sending(pin)
    looked_through(pins)
    pins.taken(pin, Found(cid(1), "pinned", "r1"), None)
    (left,) = pins.due("own", NOW, 10)
    assert (left.state, left.request) == ("unpinning", "r1")
    assert not pins.sending(left)


def test_what_is_unwanted_before_it_was_asked_for_is_not_asked_for(pins: RemotePins) -> None:
    looked_through(pins, ToPin(cid(1), "a", own=True))
    (pin,) = pins.due("own", NOW, 10)
    looked_through(pins)
    assert not pins.sending(pin)


def test_a_choice_for_every_target_reaches_later_ones_too(pins: RemotePins) -> None:
    pins.choose([(cid(1), "mine")], EVERY)
    assert states(pins, "free") == states(pins, "own") == {cid(1): "wanted"}
    pins.declare([RULED, FREE, Declared("late", "kubo", "http://127.0.0.1:5002", "chosen")])
    looked_through(pins)
    assert states(pins, "late") == states(pins, "free") == {cid(1): "wanted"}
    assert pins.unchoose([cid(1)], EVERY) == 1
    assert states(pins, "late") == states(pins, "free") == {}


def test_a_choice_for_one_target_goes_alone(pins: RemotePins) -> None:
    pins.choose([(cid(1), "mine")], "free")
    assert states(pins, "own") == {}
    assert pins.unchoose([cid(1)], "own") == 0
    assert pins.unchoose([cid(1)], "free") == 1
    assert states(pins, "free") == {}


def test_what_a_rule_wants_stays_when_the_choice_goes(pins: RemotePins) -> None:
    looked_through(pins, ToPin(cid(1), "a", own=True))
    pins.choose([(cid(1), "mine")], EVERY)
    pins.unchoose([cid(1)], EVERY)
    assert states(pins, "own") == {cid(1): "wanted"}
    assert states(pins, "free") == {}


def test_what_is_withdrawn_is_wanted_nowhere_though_it_was_chosen(pins: RemotePins) -> None:
    pins.choose([(cid(1), "mine")], EVERY)
    looked_through(pins, ToPin(cid(1), "a", own=True, withheld=True))
    assert all(states(pins, name) == {} for name in ("ruled", "own", "free"))
    looked_through(
        pins, ToPin(cid(1), "a", own=True, withheld=True), ToPin(cid(1), "b", own=False)
    )  # another work names it
    assert states(pins, "free") == {cid(1): "wanted"}


def test_what_was_withdrawn_stays_so_when_the_body_that_named_it_is_destroyed(pins: RemotePins) -> None:
    pins.choose([(cid(1), "mine")], EVERY)
    looked_through(pins, ToPin(cid(1), "a", own=True, withheld=True))
    looked_through(pins)
    assert states(pins, "free") == {}
    pins.choose([(cid(1), "mine")], "free")  # whoever chooses it again means it
    looked_through(pins)
    assert states(pins, "free") == {cid(1): "wanted"}


def test_names_of_pins_fit_every_target() -> None:
    assert pin_name("€" * 100).encode() == b"knowchain " + "€".encode() * 63


def test_a_pass_that_was_interrupted_takes_nothing_away(tmp_path: Path) -> None:
    path = tmp_path / "pins.sqlite"
    with RemotePins(path, lambda: NOW) as first:
        first.declare([OWN])
        looked_through(first, ToPin(cid(1), "a", own=True), ToPin(cid(2), "b", own=True))
        first.note(first.begin_pass(), [ToPin(cid(1), "a", own=True)])
    with RemotePins(path, lambda: NOW) as second:
        assert states(second, "own") == {cid(1): "wanted", cid(2): "wanted"}
        assert second.last_pass() == (1, 7)
        second.unchoose([cid(1), cid(2)], EVERY)
        assert states(second, "own") == {cid(1): "wanted", cid(2): "wanted"}


def test_failures_wait_and_are_told(pins: RemotePins) -> None:
    pins.choose([(cid(1), "mine")], "free")
    (pin,) = pins.due("free", NOW, 10)
    pins.not_done(pin, NOW + 5_000, "no room")
    assert pins.due("free", NOW, 10) == []
    assert pins.next_due("free", NOW) == NOW + 5_000
    (told,) = pins.pins("free", "failed")
    assert (told.tries, told.next_try, told.reason) == (1, NOW + 5_000, "no room")
    pins.ask_again("free")
    (pin,) = pins.due("free", NOW, 10)
    pins.taken(pin, Found(pin.cid, "queued", "r9"), NOW + 2_000)
    (told,) = pins.pins("free")
    assert (told.state, told.request, told.tries, told.reason) == ("queued", "r9", 2, "")


def test_a_target_that_the_settings_name_no_longer_is_left_alone_and_shown(pins: RemotePins) -> None:
    pins.choose([(cid(1), "mine")], "free")
    pins.pause("free", 3, NOW + 9_000, "gone")
    pins.declare([OWN])
    looked_through(pins)
    left = {one.name: (one.declared, one.pins) for one in pins.targets()}
    assert left == {"own": (True, {}), "free": (False, {"wanted": 1})}
    pins.declare([OWN, FREE])
    free = pins.target("free")
    assert free is not None
    assert (free.tries, free.reason, free.next_try) == (0, "", None)


def test_a_target_at_another_url_is_reconciled_anew(pins: RemotePins) -> None:
    pins.end_round("own", pins.begin_round("own"))
    first = pins.target("own")
    assert first is not None
    assert first.reconciled == NOW
    pins.declare([OWN])
    assert pins.target("own") == first
    pins.declare([Declared("own", "service", "https://other.example", "published")])
    second = pins.target("own")
    assert second is not None
    assert second.reconciled is None


def test_a_round_adopts_ours_and_leaves_those_of_others(pins: RemotePins) -> None:
    looked_through(pins, *(ToPin(cid(n), "a", own=True) for n in range(1, 4)))
    number = pins.begin_round("own")
    ours = pins.listed(
        "own",
        number,
        [
            Found(cid(1), "pinned", "r1", "knowchain a"),
            Found(cid(2), "pinning", "r2", "somebody's"),
            Found(cid(9), "pinned", "r9", "knowchain elsewhere"),
        ],
        poll=NOW + 1,
    )
    assert ours == 2
    assert pins.end_round("own", number) == 0
    assert states(pins, "own") == {cid(1): "pinned", cid(2): "pinning", cid(3): "wanted"}
    looked_through(pins)  # ours is unpinned; of the others' nothing more is known
    assert states(pins, "own") == {cid(1): "unpinning"}


def test_whoever_watches_is_told(pins: RemotePins) -> None:
    told = []
    watch = lambda: told.append(1)  # noqa: E731
    pins.watch(watch)
    pins.choose([(cid(1), "mine")], "free")
    pins.unwatch(watch)
    pins.choose([(cid(2), "mine")], "free")
    assert told == [1]


def test_a_copy_holds_the_same(pins: RemotePins, tmp_path: Path) -> None:
    pins.choose([(cid(1), "mine")], "free")
    pins.backup(tmp_path / "copy.sqlite")
    with RemotePins(tmp_path / "copy.sqlite", lambda: NOW) as copy:
        assert states(copy, "free") == {cid(1): "wanted"}


def test_a_file_of_a_newer_program_or_of_none_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pins.sqlite"
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA user_version = 99")
    connection.close()
    with pytest.raises(HomeError, match="version 99"):
        RemotePins(path, lambda: NOW)
    path.write_bytes(b"no database" * 1000)
    with pytest.raises(Corruption):
        RemotePins(path, lambda: NOW)
