"""What is pinned at a target is compared with what should be, however much that is."""

from __future__ import annotations

import contextlib
import hashlib
import json
import re
import time
import tracemalloc
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from knowchain.identifiers import Cid
from knowchain.storage.pin_states import Declared, ToPin
from knowchain.storage.remote_pins import RemotePins
from knowchain_node.api.listener import answering, bound_socket
from knowchain_node.pinning.config import TargetConfig
from knowchain_node.pinning.exchange import Exchange
from knowchain_node.pinning.kubo_rpc import Kubo
from knowchain_node.pinning.opening import opened_targets
from knowchain_node.pinning.pinning_service import Way
from knowchain_node.pinning.reconciling import Round, reconcile

STATUS = Path("/proc/self/status")


def cid(n: int) -> Cid:
    return Cid(b"\x01\x55\x12\x20" + hashlib.sha256(n.to_bytes(8, "big")).digest())


def wanted(pins: RemotePins, count: int) -> None:
    """``count`` pins that the target's rule asks for."""
    pins.declare([Declared("kubo", "kubo", "http://127.0.0.1:1", "everything")])
    number = pins.begin_pass()
    for start in range(0, count, 1000):
        part = range(start, min(start + 1000, count))
        pins.note(number, [ToPin(cid(n), f"knowchain {n}", False) for n in part])
    pins.end_pass(number, 0)


@contextlib.asynccontextmanager
async def kubo(rows: Callable[[], Iterator[tuple[Cid, str]]]) -> AsyncIterator[Kubo]:
    """A Kubo that lists ``rows``, made as they are sent."""

    async def listed(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for one, name in rows():
            line = json.dumps({"Cid": str(one), "Type": "recursive", "Name": name})
            await response.write(line.encode() + b"\n")
        await response.write_eof()
        return response

    app = web.Application()
    app.router.add_post("/api/v0/pin/ls", listed)
    async with answering(app, bound_socket("127.0.0.1", 0), most=8) as url:
        target = Kubo("kubo", Exchange("kubo", url, None))
        try:
            yield target
        finally:
            await target.close()


async def compared(pins: RemotePins, count: int, missing: int) -> tuple[Round, Round]:
    """Two rounds: all is there, and then the first ``missing`` are not; between ours, others'."""

    def rows(skipped: int) -> Iterator[tuple[Cid, str]]:
        for n in range(skipped, count):
            yield cid(n), f"knowchain {n}"
            if n % 10 == 0:
                yield cid(10**9 + n), "somebody else's"

    async with kubo(lambda: rows(0)) as target:
        first = await reconcile(target, pins, poll=0)
    async with kubo(lambda: rows(missing)) as target:
        return first, await reconcile(target, pins, poll=0)


async def test_what_is_there_counts_what_is_lost_is_wanted_and_others_are_left_alone(tmp_path: Path) -> None:
    with RemotePins(tmp_path / "pins.sqlite", lambda: 1) as pins:
        wanted(pins, 2_500)
        tracemalloc.start()
        try:
            rounds = await compared(pins, 2_500, 20)
            _, peak = tracemalloc.get_traced_memory()
        finally:
            tracemalloc.stop()
        assert rounds == (Round(2_500, 250, 0), Round(2_480, 248, 20))
        (target,) = pins.targets()
        assert target.pins == {"pinned": 2_480, "wanted": 20}
        assert {pin.cid for pin in pins.pins("kubo", "wanted")} == {cid(n) for n in range(20)}
        assert peak < 4 * 2**20


async def test_a_service_is_listed_page_by_page_to_its_end(tmp_path: Path, service: Any) -> None:
    for n in range(2_400):
        service.add(str(cid(n)), name=f"knowchain {n}", state=("pinned", "pinning", "queued")[n % 3])
    service.add(str(cid(10**9)), name="somebody else's")
    with RemotePins(tmp_path / "pins.sqlite", lambda: 1) as pins:
        wanted(pins, 2_500)
        (target,) = opened_targets(
            [TargetConfig("kubo", "service", service.url)], {"kubo": service.token}, Way(lambda: (), nobody)
        )
        try:
            assert await reconcile(target, pins, poll=5) == Round(2_400, 1, 0)
        finally:
            await target.close()
        (state,) = pins.targets()
        assert state.pins == {"pinned": 800, "pinning": 800, "queued": 800, "wanted": 100}
    assert service.count("GET") == 3


async def nobody(_address: str) -> None:
    raise AssertionError("there is nobody to meet")


@pytest.mark.slow
@pytest.mark.skipif(not STATUS.exists(), reason="the peak of memory is read from /proc")
async def test_a_hundred_thousand_pins_are_compared_in_a_few_megabytes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Both lists of 100,000, and a tenth as many of others: the process must not grow by their size."""
    count = 100_000
    with RemotePins(tmp_path / "pins.sqlite", lambda: 1) as pins:
        wanted(pins, 1_000)
        await compared(pins, 1_000, 0)  # what is loaded once is loaded
        wanted(pins, count)
        before = forget_peak()
        began = time.monotonic()
        rounds = await compared(pins, count, 100)
        seconds, growth = time.monotonic() - began, memory("VmHWM") - before
        assert rounds == (Round(count, count // 10, 0), Round(count - 100, (count - 100) // 10, 100))
    with capsys.disabled():
        print(f"\n2 × {count} pins in {seconds:.1f} s, growth of the process {growth / 2**20:.1f} MiB")
    assert growth < 32 * 2**20


def forget_peak() -> int:
    """Have the peak begin anew; the memory held now."""
    Path("/proc/self/clear_refs").write_text("5")
    return memory("VmRSS")


def memory(what: str) -> int:
    """Bytes."""
    found: Any = re.search(rf"^{what}:\s+(\d+) kB$", STATUS.read_text(), re.M)
    return int(found[1]) * 1024
