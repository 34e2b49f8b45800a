"""Two peers as two processes, each with its network child: catching up, gossip, latency and idleness.

``python -m benchmarks.peer`` prints the table. The yardstick of records is one bare PyNaCl signature check
a record, on one core, measured before and after each run. Everything counts when it is on the other
peer's disk. All four processes share this machine's processors.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.records import bare_verification
from benchmarks.report import Row, print_table
from knowchain.admission import Incoming
from knowchain.home import Home, author, begin
from knowchain.home.maintenance import erase_due
from knowchain.identifiers import key_id
from knowchain.records import Add, Control, Rank, write_body, write_genesis, write_record
from knowchain.records.bodies import KINDS, compose
from knowchain.signing import KeyPair

_START = 1_767_225_600_000
_BATCH = 250
_NOTE = KINDS["note"].example


# --- what is exchanged -----------------------------------------------------------------------------------


def presigned(count: int, seed: int, people: int = 10) -> Iterator[tuple[bytes, bytes | None]]:
    """Notes of several people, signed beforehand: (block, body)."""
    draft = compose("note", _NOTE)
    for person in range(people):
        key = KeyPair((seed * 1000 + person).to_bytes(32, "big"))
        ranks = Control((Rank(1, (key_id(key.public_key),)),))
        genesis = write_genesis([key], net="main", time=_START, ops=[ranks, Add(key_id(key.public_key))])
        yield genesis.data, None
        prev = genesis.id
        for i in range(count // people - 1):
            body = write_body(draft.body or {}, author=genesis.id, salt=i.to_bytes(16, "big"))
            block = write_record(
                key,
                kind="note",
                author=genesis.id,
                prev=[prev],
                seq=i,
                time=_START + i,
                body=body.link,
                refs=draft.refs,
            )
            prev = block.id
            yield block.data, body.data


def write_parcel(path: Path, records: list[tuple[bytes, bytes | None]]) -> None:
    """A file that a worker reads."""
    with path.open("w") as file:
        for block, body in records:
            file.write(json.dumps([block.hex(), body and body.hex()]) + "\n")


def read_parcel(path: Path) -> list[Incoming]:
    rows = (json.loads(line) for line in path.read_text().splitlines())
    return [Incoming(bytes.fromhex(block), body and bytes.fromhex(body)) for block, body in rows]


# --- a worker: one peer in a process of its own --------------------------------------------------------


class Worker:
    """Runs a peer and obeys lines of JSON; answers each with a line."""

    def __init__(self, home: Home, peer: Any) -> None:
        self._home = home
        self._peer = peer

    async def serve(self) -> None:
        await self._peer.network.ready()
        self._say({"address": self._peer.network.listening[0]})
        while line := await asyncio.to_thread(sys.stdin.readline):
            name, *given = json.loads(line)
            self._say(await getattr(self, name)(*given))

    def _say(self, answer: object) -> None:
        print(json.dumps(answer), flush=True)

    async def connect(self, address: str) -> float:
        now = time.monotonic()
        await self._peer.connect(address)
        return now

    async def load(self, parcel: str) -> int:
        self._parcel = await asyncio.to_thread(read_parcel, Path(parcel))
        return len(self._parcel)

    async def publish(self) -> float:
        """Admit the loaded parcel as our own; answers when it began."""
        now = time.monotonic()
        lane = self._home.admission.lane()
        for at in range(0, len(self._parcel), _BATCH):
            done = lane.submit(self._parcel[at : at + _BATCH], source="local")
            if at % (_BATCH * 8) == 0:
                await asyncio.wrap_future(done)
        return now

    async def holds(self, count: int) -> float:
        """When this peer holds ``count`` records."""
        while self._home.store.reader().last_arrival() < count:  # noqa: ASYNC110 - costs what a reader costs
            await asyncio.sleep(0.05)
        return time.monotonic()

    async def count(self) -> int:
        return self._home.store.reader().last_arrival()

    async def grafted(self) -> bool:
        """Wait until the other peer is in the mesh: an announcement reaches somebody."""
        while not any(row.topics for row in await self._peer.network.peers()):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        await asyncio.sleep(1.5)
        return True

    async def say(self) -> tuple[str, float]:
        """Sign a record; its id, and when it was acknowledged."""
        signed = await asyncio.to_thread(author, self._home, "note", _NOTE)
        return str(signed.id), time.monotonic()

    async def hears(self) -> bool:
        """Note from now on when records come."""
        self._heard: dict[str, float] = {}

        async def listen() -> None:
            async for batch in self._peer.news.listen():
                for news in batch:
                    self._heard[str(news.id)] = time.monotonic()

        self._listening = asyncio.create_task(listen())
        return True

    async def heard(self, rid: str) -> float:
        while rid not in self._heard:  # noqa: ASYNC110
            await asyncio.sleep(0.005)
        return self._heard[rid]


async def _work(root: Path) -> None:
    from knowchain_node.network import NetworkConfig
    from knowchain_node.peer import Peer, transport_seed

    with Home.open(root) as home:
        async with Peer(home, NetworkConfig(transport_seed(home)), keep="none") as peer:
            await Worker(home, peer).serve()


class Other:
    """A worker, as the benchmark sees it."""

    def __init__(self, root: Path) -> None:
        self._process = subprocess.Popen(
            [sys.executable, "-m", "benchmarks.peer", "--worker", str(root)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self.pid = self._process.pid
        self.address = str(self._answer()["address"])

    def tell(self, *words: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()

    def _answer(self) -> Any:
        assert self._process.stdout is not None
        return json.loads(self._process.stdout.readline())

    def ask(self, *words: object) -> Any:
        self.tell(*words)
        return self._answer()

    def end(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(30)


@contextlib.contextmanager
def workers(folder: Path, *names: str) -> Iterator[list[Other]]:
    """Peers with new homes, unless there are homes of these names."""
    started: list[Other] = []
    try:
        for name in names:
            _new_home(folder, name)
            started.append(Other(folder / name))
        yield started
    finally:
        for one in started:
            one.end()


def _new_home(folder: Path, name: str) -> None:
    if not (folder / name).exists():
        begin(folder / name, name=name, recovery_file=folder / f"{name}.txt")


# --- the figures -----------------------------------------------------------------------------------------


def catching_up(folder: Path, count: int, turn: int) -> tuple[float, float]:
    """Bare and spent seconds a record: a new peer gets everything from another."""
    records = list(presigned(count, 10 + turn))
    _new_home(folder, f"full-{turn}")
    with Home.open(folder / f"full-{turn}") as home:
        for _ in home.admission.admit_many((Incoming(*each) for each in records), source="bench"):
            pass
        held = home.store.reader().last_arrival()
        erase_due(home)  # what a peer does at its start: the index is up to date then
    blocks = [block for block, body in records if body is not None][:4000]
    before = bare_verification(blocks)
    with workers(folder, f"full-{turn}", f"new-{turn}") as (full, new):
        own = new.ask("count")
        begun = new.ask("connect", full.address)
        spent = new.ask("holds", held + own) - begun
    return (before + bare_verification(blocks)) / 2, spent / count


def gossiping(folder: Path, count: int, turn: int) -> tuple[float, float]:
    """Bare and spent seconds a record: one admits signed records as its own, until the other has them."""
    records = list(presigned(count, 90 + turn))
    write_parcel(folder / "parcel", records)
    blocks = [block for block, body in records if body is not None][:4000]
    before = bare_verification(blocks)
    with workers(folder, f"one-{turn}", f"two-{turn}") as (one, two):
        own = one.ask("count") + two.ask("count")
        two.ask("connect", one.address)
        one.ask("load", str(folder / "parcel"))
        two.ask("holds", own)
        one.ask("grafted")
        two.tell("holds", own + count)
        begun = one.ask("publish")
        spent = two._answer() - begun
    return (before + bare_verification(blocks)) / 2, spent / count


def latencies_and_idleness(folder: Path, count: int, seconds: float) -> tuple[list[float], float]:
    """Seconds from an acknowledged publish until it is stored at the other; share of a processor at rest."""
    with workers(folder, "left", "right") as (left, right):
        right.ask("connect", left.address)
        left.ask("grafted")
        right.ask("hears")
        took = []
        for _ in range(count):
            rid, acknowledged = left.ask("say")
            took.append(right.ask("heard", rid) - acknowledged)
        time.sleep(3.0)
        pids = [pid for one in (left, right) for pid in (one.pid, *_children(one.pid))]
        begun, before = time.perf_counter(), sum(map(_processor_seconds, pids))
        time.sleep(seconds)
        spent = sum(map(_processor_seconds, pids)) - before
        return took, spent / 2 / (time.perf_counter() - begun)


def _processor_seconds(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def rows(scale: float = 1.0) -> list[Row]:
    """The table's rows; ``scale`` 1 exchanges 20,000 records and watches idleness for 30 s."""
    count = max(2000, int(20_000 * scale))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        caught = [catching_up(folder, count, turn) for turn in range(3)]
        gossiped = [gossiping(folder, count, turn) for turn in range(3)]
        took, idle = latencies_and_idleness(folder, max(20, int(60 * scale)), max(10.0, 30.0 * scale))
    soon = statistics.median(took)
    return [
        _throughput("catch-up of a new peer", caught, 0.35),
        _throughput("gossip of signed records", gossiped, 0.25),
        Row("published to stored there", soon * 1e3, 50.0, soon / 0.05, "p50 <= 50 ms", soon <= 0.05, "ms"),
        Row("idle, beside a settled peer", idle * 100, 100.0, idle, "<= 0.5 %", idle <= 0.005, "%"),
    ]  # fmt: skip


def _throughput(name: str, turns: list[tuple[float, float]], target: float) -> Row:
    bare, spent = sorted(turns, key=lambda turn: turn[0] / turn[1])[len(turns) // 2]
    return Row(name, spent * 1e6, bare * 1e6, bare / spent, f">= {target}", bare / spent >= target, "us")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--worker"]:
        asyncio.run(_work(Path(sys.argv[2])))
    else:
        print_table(rows(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
