"""A peer in JavaScript, written from docs/spec/sync.md alone, reconciles with this one both ways."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from knowchain.sync import Reconciler, SortedIds
from knowchain.sync.sorted_ids import split_ids

SCRIPTS = Path(__file__).parents[2] / "js" / "sync"
NODE = shutil.which("node")

pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node.js")

Ask = Callable[[str], str]


@pytest.fixture
def javascript() -> Iterator[Callable[[str, set[bytes]], Ask]]:
    started: list[subprocess.Popen[str]] = []

    def start(role: str, ids: set[bytes]) -> Ask:
        command = [str(NODE), str(SCRIPTS / "peer.mjs")]
        process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        started.append(process)

        def ask(line: str) -> str:
            assert process.stdin is not None
            assert process.stdout is not None
            process.stdin.write(line + "\n")
            process.stdin.flush()
            return process.stdout.readline().strip() if line.split(" ")[0] != "responder" else ""

        first = ask(f"{role} {b''.join(ids).hex()}")
        return lambda line: ask(line) if line else first

    yield start
    for process in started:
        process.communicate(timeout=20)


def worlds() -> list[tuple[set[bytes], set[bytes]]]:
    rng = random.Random(4)
    shared = [rng.randbytes(32) for _ in range(3_000)]
    close = {bytes(28) + rng.randbytes(4) for _ in range(200)}
    return [
        (set(), set()),
        (set(), set(shared[:300])),
        (set(shared[:300]), set()),
        (set(shared[3:]), set(shared[:-5])),
        ({each for each in close if each[31] % 3}, {each for each in close if each[31] % 5}),
    ]


@pytest.mark.parametrize(("ours", "theirs"), worlds())
def test_we_ask_and_javascript_answers(javascript, ours, theirs):
    ask = javascript("responder", theirs)
    side = Reconciler(SortedIds.from_unsorted(ours), "initiator")
    message: bytes | None = side.initiate()
    have: set[bytes] = set()
    need: set[bytes] = set()
    while message is not None:
        reply = side.answer(bytes.fromhex(ask(message.hex())))
        have.update(reply.have)
        need.update(reply.need)
        message = reply.message
    assert have == ours - theirs
    assert need == theirs - ours


@pytest.mark.parametrize(("theirs", "ours"), worlds())
def test_javascript_asks_and_we_answer(javascript, ours, theirs):
    ask = javascript("initiator", theirs)
    side = Reconciler(SortedIds.from_unsorted(ours), "responder")
    line = ask("")
    while not line.startswith("done"):
        answer = side.answer(bytes.fromhex(line)).message
        assert answer is not None
        line = ask(answer.hex())
    _, have, need = line.replace(".", "").split(" ") if line.count(" ") == 2 else (line, "", "")
    assert set(split_ids(bytes.fromhex(have))) == theirs - ours
    assert set(split_ids(bytes.fromhex(need))) == ours - theirs


def test_javascript_keeps_to_the_vectors():
    run = subprocess.run(
        [str(NODE), str(SCRIPTS / "vectors.mjs")], capture_output=True, text=True, timeout=60, check=False
    )
    assert (run.returncode, run.stdout.strip()) == (0, "ok"), run.stderr
