"""Acknowledged means on disk: kills at random moments, and a trace that sees the sync come first.

A kill alone would pass with syncing off, since the system keeps what a dead process wrote; so the syncs
are watched, too, and the watcher is shown to notice when they are missing.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from nursery import items

from knowchain.admission.fsck import check_store
from knowchain.identifiers import parse_record_id, record_id
from knowchain.storage.store import RecordStore

NURSERY = Path(__file__).parent / "nursery.py"
KILLS = 200
KILLS_OF_A_CAMPAIGN = 4_000
KILLS_OF_A_STORE = 10


class Nursery:
    """The process that forks writers, and what the living writer said so far."""

    def __init__(self) -> None:
        self.process = subprocess.Popen(
            [sys.executable, NURSERY], stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self._unread = b""

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(30)
        assert self.process.stdout is not None
        self.process.stdout.close()

    def lines(self, until: float | None = None) -> Iterator[list[str]]:
        """What is said, line by line; ends at the moment ``until``, if one is given."""
        assert self.process.stdout is not None
        while True:
            while b"\n" in self._unread:
                line, self._unread = self._unread.split(b"\n", 1)
                yield line.decode().split()
            left = None if until is None else until - time.monotonic()
            if left is not None and left <= 0:
                return
            ready, _, _ = select.select([self.process.stdout], [], [], left)
            if ready:
                data = os.read(self.process.stdout.fileno(), 65_536)
                assert data, "the nursery died"
                self._unread += data

    def kill_one(self, path: Path, seed: str, rnd: random.Random) -> tuple[set[str], set[str]]:
        """Fork a writer, kill it at a random moment; what it acknowledged, and of that the bodies."""
        assert self.process.stdin is not None
        self.process.stdin.write(f"{path} {seed}\n".encode())
        acknowledged, bodies, pid = set[str](), set[str](), 0
        for word, thing, *_ in self.lines():
            assert word == "pid"
            pid = int(thing)
            break
        moment = time.monotonic() + rnd.choice((0.02, 0.05, 0.15)) * rnd.random()
        enough = rnd.randrange(1, 60)
        killed = False
        heard = self.lines(moment)
        while True:
            for word, *rest in heard:
                if word == "a":
                    acknowledged.add(rest[0])
                    if rest[1] == "held":
                        bodies.add(rest[0])
                if word == "end":
                    return acknowledged, bodies
                if not killed and len(acknowledged) >= enough:
                    break
            if not killed:
                with contextlib.suppress(ProcessLookupError):  # it may have come to its end
                    os.kill(pid, signal.SIGKILL)
                killed = True
            heard = self.lines()


def check(path: Path, scratch: Path, acknowledged: set[str], bodies: set[str], seeds: list[str]) -> None:
    """Everything acknowledged is there, byte for byte, and nothing is inconsistent."""
    with RecordStore(path) as store, store.snapshot() as reader:
        for text in acknowledged:
            assert parse_record_id(text) in reader, text
        for text in bodies:
            assert reader.body(parse_record_id(text)) is not None, text
        written = {record_id(item.block): item for seed in seeds for item in items(seed)}
        for stored in reader.records():
            item = written[stored.id]
            assert stored.block.data == item.block
            assert reader.body(stored.id) in (None, item.body)
    assert check_store(path, scratch / "scratch.db", network="main") == []


def campaign(folder: Path, kills: int, seed: int) -> int:
    """Kill writers of several stores; the number of records that were acknowledged."""
    rnd = random.Random(seed)
    nursery, total = Nursery(), 0
    try:
        for number in range(kills // KILLS_OF_A_STORE):
            home = folder / str(number)
            home.mkdir()
            acknowledged, bodies, seeds = set[str](), set[str](), list[str]()
            for attempt in range(KILLS_OF_A_STORE):
                seeds.append(f"{seed}-{number}-{attempt}")
                some, more = nursery.kill_one(home / "store.db", seeds[-1], rnd)
                acknowledged |= some
                bodies |= more
            check(home / "store.db", home, acknowledged, bodies, seeds)
            total += len(acknowledged)
    finally:
        nursery.close()
    return total


def test_what_is_acknowledged_survives_kills(tmp_path: Path) -> None:
    assert campaign(tmp_path, KILLS, seed=1) > KILLS


@pytest.mark.slow
@pytest.mark.timeout(3600)
def test_what_is_acknowledged_survives_thousands_of_kills(tmp_path: Path) -> None:
    assert campaign(tmp_path, KILLS_OF_A_CAMPAIGN, seed=2) > KILLS_OF_A_CAMPAIGN


# --- the syncs ------------------------------------------------------------------------------------------

_CALL = re.compile(r"^(\d+) +(\w+)\((.*)$")
_RESUMED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>(.*)$")
_SAID = re.compile(r'^\d+<[^>]*>, "([ra]) (\w+)\\n"')


def unsynced(trace: list[str], database: str) -> list[str]:
    """The records that were acknowledged before the end of a sync that began after their receipt."""
    begun: dict[str, tuple[int, str]] = {}
    syncs: list[tuple[int, int]] = []
    received: dict[str, int] = {}
    faults = []
    for moment, line in enumerate(trace):
        call, resumed = _CALL.match(line), _RESUMED.match(line)
        if call and call[2] == "write" and (said := _SAID.match(call[3])):
            word, rid = said.groups()
            if word == "r":
                received[rid] = moment
            elif not any(received[rid] < start and end < moment for start, end in syncs):
                faults.append(rid)
        elif call and call[2] in ("fsync", "fdatasync") and database in call[3]:
            if "<unfinished" in line:
                begun[call[1]] = (moment, call[2])
            elif line.endswith("= 0"):
                syncs.append((moment, moment))
        elif resumed and resumed[1] in begun and begun[resumed[1]][1] == resumed[2]:
            start, _ = begun.pop(resumed[1])
            if line.endswith("= 0"):
                syncs.append((start, moment))
    assert received, "the trace shows no record"
    return faults


def traced(strace: Path, folder: Path, count: int, *options: str) -> list[str]:
    """The system calls of a process that writes ``count`` records."""
    out, database = folder / "trace.txt", folder / "store.db"
    calls = "trace=write,fsync,fdatasync"
    subprocess.run(
        [
            *(strace, "-f", "-y", "-s", "200", "-e", calls, "-e", "signal=none", "-o", out),
            *(sys.executable, NURSERY, "once", database, str(count), *options),
        ],
        check=True,
        stdout=subprocess.DEVNULL,
        timeout=120,
    )
    return out.read_text().splitlines()


def test_the_log_is_synced_before_each_acknowledgement(
    need_program: Callable[[str], Path], tmp_path: Path
) -> None:
    trace = traced(need_program("strace"), tmp_path, 40)
    assert unsynced(trace, str(tmp_path / "store.db-wal")) == []


def test_the_watcher_notices_when_nothing_is_synced(
    need_program: Callable[[str], Path], tmp_path: Path
) -> None:
    trace = traced(need_program("strace"), tmp_path, 40, "unsynced")
    assert len(unsynced(trace, str(tmp_path / "store.db"))) == 40


def test_the_watcher_asks_for_a_sync_of_the_right_file_at_the_right_time() -> None:
    receive, answer = '7 write(1<pipe:[1]>, "r bafy\\n", 7) = 7', '7 write(1<pipe:[1]>, "a bafy\\n", 7) = 7'
    sync = "8 fdatasync(4</x/store.db-wal>) = 0"
    begin, end = "8 fdatasync(4</x/store.db-wal> <unfinished ...>", "8 <... fdatasync resumed>) = 0"
    good = [[receive, sync, answer], [receive, begin, end, answer], [sync, receive, sync, answer]]
    bad = [
        [receive, answer],
        [sync, receive, answer],
        [receive, answer, sync],
        [begin, receive, end, answer],
        [receive, begin, answer, end],
        [receive, sync.replace("-wal", "-other"), answer],
        [receive, sync.replace("= 0", "= -1 EIO (Input/output error)"), answer],
        [receive, begin, end.replace("= 0", "= -1 EIO (Input/output error)"), answer],
    ]
    assert [unsynced(trace, "store.db-wal") for trace in good] == [[]] * len(good)
    assert [unsynced(trace, "store.db-wal") for trace in bad] == [["bafy"]] * len(bad)
