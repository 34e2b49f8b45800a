"""A client in JavaScript, written from the specification alone, reconciles with a peer and checks it."""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from knowchain.home import Home, begin
from knowchain.home.publishing import Publication, publish
from knowchain.home.saying import Saying, say

COMMAND = Path(sys.executable).with_name("knowchain")
READER = Path(__file__).parents[1] / "js" / "gossip" / "read_chain.mjs"


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a chain of works and notes, some with several parents."""
    begin(tmp_path / "home", name="Ada", recovery_file=tmp_path / "recovery")
    with Home.open(tmp_path / "home") as opened:
        for n in range(30):
            work = publish(opened, Publication({"title": {"cy": [f"Gwaith {n}"]}, "access": "public"}))
            fields = {"text": {"en": [f"Remark {n}"]}, "motivation": "annotation", "subject": [str(work.id)]}
            say(opened, Saying("note", fields))
    return tmp_path / "home"


@contextmanager
def running(home: Path) -> Iterator[str]:
    """A peer of that home as a user starts it; its address."""
    settings = ("api.port=0", "network.listen=/ip4/127.0.0.1/tcp/0", "network.mdns=false")
    process = subprocess.Popen(
        [COMMAND, "--home", home, "node", "run", *(word for one in settings for word in ("--set", one))],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield _address(home, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _address(home: Path, process: subprocess.Popen[Any]) -> str:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        assert process.poll() is None, "the peer ended"
        if (home / "api.json").exists():
            done = subprocess.run(
                [COMMAND, "--json", "--home", home, "node", "status"], capture_output=True, check=False
            )
            if done.returncode == 0 and (listening := json.loads(done.stdout)["status"]["listening"]):
                return str(listening[0])
        time.sleep(0.1)  # between two looks at a condition
    raise AssertionError("the peer does not listen")


@pytest.fixture
def read(need_program: Callable[[str], Path]) -> Callable[..., dict[str, Any]]:
    """``read(ADDRESS)`` fetches and checks everything; what it says."""
    node = need_program("node22")

    def run(address: str, network: str = "main") -> dict[str, Any]:
        done = subprocess.run([node, READER, address, network], capture_output=True, timeout=120, check=False)
        assert done.stdout, done.stderr.decode()
        answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
        return answer

    return run


def test_everything_comes_parents_first_and_every_signature_holds(home: Path, read: Any) -> None:
    with Home.open(home) as opened:
        reader = opened.store.reader()
        ids = sorted(str(stored.id) for stored in reader.records())
        bodies = sum(stored.body_state == "held" for stored in reader.records())
        heads = len(list(reader.heads()))
    with running(home) as address:
        found = read(address)
    assert found["ids"] == ids
    assert (found["records"], found["bodies"], found["heads"]) == (len(ids), bodies, heads)
    assert found["kinds"]["work"] == 30


def test_another_network_is_refused(home: Path, read: Any) -> None:
    with running(home) as address:
        found = read(address, "another")
    assert "refused" in found
    assert "network" in found["why"]


def test_a_record_that_a_peer_tampers_with_is_found(home: Path, read: Any) -> None:
    store = sqlite3.connect(home / "store.sqlite")
    with store:
        row_id, block = store.execute(
            "SELECT r.id, r.block FROM records r JOIN kinds k ON k.id = r.kind WHERE k.name = 'work' "
            "ORDER BY r.arrival LIMIT 1 OFFSET 5"
        ).fetchone()
        changed = bytearray(block)
        changed[-1] ^= 1  # of the signature, or of what it signs
        store.execute("UPDATE records SET block = ? WHERE id = ?", (bytes(changed), row_id))
    store.close()
    with running(home) as address:
        found = read(address)
    assert found.get("refused") in {"signature", "malformed", "chain"}, found
