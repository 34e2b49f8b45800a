"""At a real terminal: prompts, progress, interruption, hostile text, pipes that close."""

from __future__ import annotations

import os
import pty
import re
import select
import signal
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

COMMAND = Path(__import__("sys").executable).with_name("knowchain")
WORK = ("publish", "-t", "x", "-l", "en", "--access", "public")


class Terminal:
    """A pseudo-terminal with one process of the command on it."""

    def __init__(self, person: Any, *words: str, **environment: str) -> None:
        self.main, side = pty.openpty()
        variables = person.variables | {"TERM": "xterm", "COLUMNS": "90", "LINES": "30"} | environment
        self.process = subprocess.Popen(
            [COMMAND, *words],
            stdin=side,
            stdout=side,
            stderr=side,
            cwd=person.folder,
            env=variables,
            start_new_session=True,
            preexec_fn=lambda: __import__("fcntl").ioctl(0, __import__("termios").TIOCSCTTY, 0),
        )
        os.close(side)
        self.seen = ""

    def read_until(self, words: str) -> None:
        """Wait until the screen has shown some words."""
        deadline = time.monotonic() + 60
        while words not in self.seen:
            ready, _, _ = select.select([self.main], [], [], deadline - time.monotonic())
            assert ready, f"{words!r} was not shown: {self.seen!r}"
            self.seen += self._read()

    def _read(self) -> str:
        try:
            return os.read(self.main, 65536).decode("utf-8", "replace")
        except OSError:  # the other side is closed
            return ""

    def type(self, words: str) -> None:
        os.write(self.main, words.encode())

    def end(self) -> int:
        """Wait for the process; its exit code."""
        deadline = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < deadline:
            if select.select([self.main], [], [], 0.05)[0]:
                self.seen += self._read()
        while select.select([self.main], [], [], 0)[0] and (more := self._read()):
            self.seen += more
        os.close(self.main)
        return self.process.wait(1)


def test_a_passphrase_is_asked_for_unseen_and_twice(newcomer: Any) -> None:
    person = newcomer("careful")
    screen = Terminal(person, "init", "--name", "Careful", "--passphrase")
    screen.read_until("New passphrase")
    screen.type("correct horse\n")
    screen.read_until("The same again")
    screen.type("correct horse\n")
    assert screen.end() == 0, screen.seen
    assert "correct horse" not in screen.seen

    signing = Terminal(person, *WORK)
    signing.read_until("Passphrase of this device")
    signing.type("correct horse\n")
    assert signing.end() == 0, signing.seen
    assert "bafyrei" in signing.seen

    wrong = Terminal(person, *WORK)
    wrong.read_until("Passphrase of this device")
    wrong.type("battery staple\n")
    assert wrong.end() == 1
    assert "does not open" in wrong.seen


def test_a_long_import_shows_a_bar_on_a_terminal_and_leaves_nothing_of_it(mari: Any) -> None:
    with (mari.folder / "long.bin").open("wb") as file:
        file.truncate(150_000_000)
    screen = Terminal(mari, *WORK, "long.bin")
    assert screen.end() == 0, screen.seen
    assert "Reading files" in screen.seen
    assert "\x1b[" in screen.seen
    quiet = mari(*WORK, "long.bin")
    assert "Reading files" not in quiet.out + quiet.err


def test_an_interrupt_ends_with_130_and_signs_nothing(mari: Any) -> None:
    with (mari.folder / "long.bin").open("wb") as file:
        file.truncate(3_000_000_000)
    before = mari.json("stats")["stats"]["records"]
    screen = Terminal(mari, *WORK, "long.bin")
    screen.read_until("Reading files")
    screen.type("\x03")
    assert screen.end() == 130, screen.seen
    assert "Interrupted" in screen.seen
    assert "Traceback" not in screen.seen
    assert mari.json("stats")["stats"]["records"] == before
    assert mari.json("fsck")["ok"]


def test_a_program_that_is_told_to_end_ends_cleanly(mari: Any) -> None:
    with (mari.folder / "long.bin").open("wb") as file:
        file.truncate(3_000_000_000)
    screen = Terminal(mari, *WORK, "long.bin")
    screen.read_until("Reading files")
    screen.process.send_signal(signal.SIGTERM)
    assert screen.end() == 130
    assert mari.json("fsck")["ok"]


def test_a_reader_who_leaves_hears_no_complaint(mari: Any) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [COMMAND, "--help"], stdout=writing, stderr=subprocess.PIPE, env=mari.variables, timeout=60
    )
    os.close(writing)
    assert done.returncode == 141
    assert done.stderr == b""


def test_an_output_that_is_full_is_an_error(mari: Any) -> None:
    with Path("/dev/full").open("wb") as full:
        done = subprocess.run(
            [COMMAND, "stats"], stdout=full, stderr=subprocess.PIPE, env=mari.variables, timeout=60
        )
    assert done.returncode == 1
    assert b"Traceback" not in done.stderr
    assert "No space left" in done.stderr.decode()


HOSTILE = "\x1b]0;owned\x07 \x9b31m red \u202e gnp.exe \u2028 next"


@pytest.fixture
def hostile_bundle(mari: Any) -> Path:
    """A record of somebody who keeps no rules, signed all the same."""
    from knowchain.home import Home, sign_draft
    from knowchain.records.bodies import Draft

    body = {"motivation": "annotation", "text": {"en": [HOSTILE]}, "title": {"en": [HOSTILE]}, HOSTILE: 1}
    with Home.open(mari.home) as home:
        sign_draft(home, Draft("note", body, ()))
    mari("export", "hostile.car")
    return Path(mari.folder / "hostile.car")


def test_control_characters_of_a_record_never_reach_the_terminal(beti: Any, hostile_bundle: Path) -> None:
    imported = beti.json("import", str(hostile_bundle))
    assert imported["ok"]
    note = next(rid for rid in map(str, _ids(beti)) if beti.json("show", rid)["record"]["kind"] == "note")
    shown = beti("show", note).out
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e]", shown)
    assert "\\x1b" in shown
    assert "\\u202e" in shown


def _ids(person: Any) -> list[str]:
    from knowchain.home import Home

    with Home.open(person.home) as home:
        return [str(stored.id) for stored in home.store.reader().records()]


def test_text_from_right_to_left_is_set_apart_on_a_terminal_only(mari: Any) -> None:
    work = mari.sign("publish", "-t", "he:שלום", "-l", "he", "--access", "public")
    assert "\u2068" not in mari("show", work).out
    screen = Terminal(mari, "show", work)
    assert screen.end() == 0
    assert "\u2068שלום\u2069" in screen.seen


def test_columns_of_wide_scripts_stand_in_line(mari: Any) -> None:
    from rich.cells import cell_len

    for name in ("港.txt", "harbour.txt", "여객선.txt"):
        mari.write(f"files/{name}", b"x")
    table = [line for line in mari(*WORK, "files").out.splitlines() if line.startswith(("File", "files/"))]
    starts = {cell_len(line[: line.rindex("baf" if "baf" in line else "CID")]) for line in table}
    assert len(table) == 4
    assert len(starts) == 1


def test_bytes_of_files_do_not_go_to_a_terminal(mari: Any) -> None:
    mari.write("raw.bin", HOSTILE.encode())
    cid = mari.json("content", "add", "raw.bin")["content"]["cid"]
    screen = Terminal(mari, "content", "get", cid)
    assert screen.end() == 2
    assert "\x1b]0" not in screen.seen


def test_no_colour_means_no_colour(mari: Any) -> None:
    mari.write("a.bin", bytes(5_000_000))
    screen = Terminal(mari, *WORK, "a.bin", NO_COLOR="1")
    assert screen.end() == 0
    assert not re.search(r"\x1b\[[0-9;]*(3[0-7]|9[0-7]|38)[;m]", screen.seen)
