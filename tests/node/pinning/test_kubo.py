"""Kubo's RPC, as a Kubo that goes wrong speaks it; the real one is in tests/system."""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web

from knowchain.content.car import read_car
from knowchain.home.content import NewContent, add_content
from knowchain.identifiers import Cid
from knowchain_node.api.listener import answering, bound_socket
from knowchain_node.pinning.config import TargetConfig


class FakeKubo:
    """What the queue needs of Kubo. ``wrong`` maps a command to what it does in place of its work."""

    def __init__(self) -> None:
        self.blocks: dict[bytes, bytes] = {}
        self.pins: dict[str, str] = {}
        self.wrong: dict[str, Any] = {}
        self.calls: list[str] = []
        self.url = ""

    def app(self) -> web.Application:
        app = web.Application(client_max_size=2**30)
        for command in ("id", "version", "dag/import", "block/stat", "pin/add", "pin/rm", "pin/ls"):
            app.router.add_post(f"/api/v0/{command}", self._answer)
        return app

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        command = request.path.removeprefix("/api/v0/")
        self.calls.append(command)
        if command in self.wrong:
            answer: web.StreamResponse | None = await self.wrong[command](request)
            if answer is not None:
                return answer
        made: web.StreamResponse = await getattr(self, "_" + command.replace("/", "_"))(request)
        return made

    async def _id(self, _request: web.Request) -> web.Response:
        return web.json_response({"ID": "12D3KooWFake"})

    async def _version(self, _request: web.Request) -> web.Response:
        return web.json_response({"Version": "0.42.0"})

    async def _dag_import(self, request: web.Request) -> web.Response:
        form = await request.post()
        file: Any = form["file"]
        for cid, block in read_car([file.file.read()]):
            self.blocks[cid[2:]] = block
        return web.Response(text=json.dumps({"Stats": {"BlockCount": len(self.blocks)}}) + "\n")

    async def _block_stat(self, request: web.Request) -> web.Response:
        cid = Cid.parse(request.query["arg"])
        if cid[2:] not in self.blocks:
            return refused("block was not found locally (offline): ipld: could not find it")
        return web.json_response({"Key": str(cid), "Size": len(self.blocks[cid[2:]])})

    async def _pin_add(self, request: web.Request) -> web.Response:
        cid = Cid.parse(request.query["arg"])
        if cid[2:] not in self.blocks:
            return refused("pin: block was not found locally (offline)")
        self.pins[str(cid)] = request.query.get("name", "")
        return web.Response(text=json.dumps({"Progress": 1}) + "\n" + json.dumps({"Pins": [str(cid)]}) + "\n")

    async def _pin_rm(self, request: web.Request) -> web.Response:
        del self.pins[request.query["arg"]]
        return web.json_response({"Pins": [request.query["arg"]]})

    async def _pin_ls(self, request: web.Request) -> web.Response:
        arg = request.query.get("arg")
        if arg is None:
            rows = [{"Cid": c, "Type": "recursive", "Name": name} for c, name in self.pins.items()]
            return web.Response(text="".join(json.dumps(row) + "\n" for row in rows))
        if arg not in self.pins:
            return refused(f"path '{arg}' is not pinned")
        return web.json_response({"Keys": {arg: {"Type": "recursive", "Name": self.pins[arg]}}})


def refused(message: str) -> web.Response:
    return web.json_response({"Message": message, "Code": 0, "Type": "error"}, status=500)


@pytest.fixture
async def kubo() -> AsyncIterator[FakeKubo]:
    made = FakeKubo()
    async with answering(made.app(), bound_socket("127.0.0.1", 0), most=64) as at:
        made.url = at
        yield made


@pytest.fixture
def at_kubo(kubo: FakeKubo) -> TargetConfig:
    return TargetConfig("kubo", "kubo", kubo.url, "everything")


@pytest.fixture
def file(home: Any, tmp_path: Any) -> str:
    """A file of 6 MB in the home."""
    (tmp_path / "scan.bin").write_bytes(random.Random(5).randbytes(6_000_000))
    return str(add_content(home, NewContent(str(tmp_path / "scan.bin"))).cid)


async def test_kubo_is_given_the_blocks_and_asked_whether_it_has_them(
    home: Any, kubo: FakeKubo, at_kubo: TargetConfig, file: str, working: Any
) -> None:
    async with working(home, at_kubo) as world:
        await world.settled("kubo")
        await world.until(lambda: file in kubo.pins)
    assert len(kubo.blocks) > 6
    assert kubo.pins[file].startswith("knowchain ")


async def test_blocks_that_kubo_has_are_not_sent_again(
    home: Any, kubo: FakeKubo, at_kubo: TargetConfig, file: str, working: Any
) -> None:
    async with working(home, at_kubo) as world:
        await world.settled("kubo")
        sent = kubo.calls.count("dag/import")
        kubo.pins.clear()
        home.remote_pins.ask_again("kubo")
        await world.until(lambda: file in kubo.pins)
    assert kubo.calls.count("dag/import") == sent


async def test_an_import_that_ended_early_without_a_word_is_noticed(
    home: Any, kubo: FakeKubo, at_kubo: TargetConfig, file: str, working: Any
) -> None:
    """As if the error stood in the trailer that no client of aiohttp sees."""

    async def silent(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(text="", headers={"Trailer": "X-Stream-Error"})

    kubo.wrong["dag/import"] = silent
    async with working(home, at_kubo) as world:
        await world.until(lambda: world.states("kubo").get(file) == "failed")
        assert "not found locally" in world.pins("kubo")[file].reason
        kubo.wrong.clear()
        await world.settled("kubo")


async def test_a_pin_that_kubo_only_says_it_made_is_not_believed(
    home: Any, kubo: FakeKubo, at_kubo: TargetConfig, file: str, working: Any
) -> None:
    async def lying(request: web.Request) -> web.Response:
        return web.Response(text=json.dumps({"Pins": [request.query["arg"]]}) + "\n")

    kubo.wrong["pin/add"] = lying
    async with working(home, at_kubo) as world:
        await world.until(lambda: world.states("kubo").get(file) == "failed")
        assert "and did not" in world.pins("kubo")[file].reason


@pytest.mark.parametrize("fault", ["hang", "stall", "cut", "text", "status", "long"])
async def test_a_kubo_that_fails_while_it_is_sent_blocks_is_tried_again(
    home: Any, kubo: FakeKubo, at_kubo: TargetConfig, file: str, working: Any, faults: Any, fault: str
) -> None:
    async def stall(request: web.Request) -> web.Response | None:
        """Takes a little, and then no more."""
        await request.content.readexactly(10_000)
        return await faults.hang(request)  # type: ignore[no-any-return]

    async def cut(request: web.Request) -> web.Response | None:
        await request.content.readexactly(10_000)
        return await faults.cut(request)  # type: ignore[no-any-return]

    kubo.wrong["dag/import"] = {
        "hang": faults.hang,
        "stall": stall,
        "cut": cut,
        "text": faults.text("<html>no</html>"),
        "status": faults.status(500),
        "long": faults.text("x" * 10_000_000),
    }[fault]
    async with working(home, at_kubo, patience=0.4) as world:
        await world.until(
            lambda: world.pins("kubo")[file].tries >= 2 if file in world.pins("kubo") else False
        )
        assert world.pins("kubo")[file].reason
        kubo.wrong.clear()
        await world.settled("kubo")


async def test_what_is_damaged_here_is_told_and_nothing_of_it_is_pinned(
    home: Any, kubo: FakeKubo, at_kubo: TargetConfig, file: str, working: Any
) -> None:
    for pack in sorted((home.layout.content / "packs").iterdir()):
        data = bytearray(pack.read_bytes())
        data[len(data) // 2] ^= 1
        pack.write_bytes(data)
    async with working(home, at_kubo) as world:
        await world.until(lambda: world.states("kubo").get(file) == "failed")
        assert file not in kubo.pins
        assert "damaged" in world.pins("kubo")[file].reason


async def test_a_file_that_can_not_be_read_any_more_holds_up_no_other(
    home: Any, kubo: FakeKubo, at_kubo: TargetConfig, file: str, working: Any, tmp_path: Any
) -> None:
    """As a disk that fails for some blocks, or a file that was left in place and went."""
    (tmp_path / "gone.bin").write_bytes(random.Random(6).randbytes(3_000_000))
    gone = str(add_content(home, NewContent(str(tmp_path / "gone.bin"), in_place=True)).cid)
    (tmp_path / "gone.bin").unlink()
    async with working(home, at_kubo) as world:
        await world.until(
            lambda: (
                world.states("kubo").get(gone) == "failed"
                and list(world.states("kubo").values()).count("pinned") == len(world.states("kubo")) - 1
            )
        )
        assert world.pins("kubo")[gone].reason
        assert file in kubo.pins


async def test_a_url_without_an_rpc_is_told(home: Any, kubo: FakeKubo, working: Any) -> None:
    wrong = TargetConfig("kubo", "kubo", kubo.url + "/elsewhere")
    async with working(home, wrong) as world:
        await world.until(
            lambda: bool((state := home.remote_pins.target("kubo")) and "no RPC of Kubo" in state.reason)
        )


async def test_a_peer_that_stops_while_it_sends_stops_at_once_and_sends_again(
    home: Any, kubo: FakeKubo, at_kubo: TargetConfig, file: str, working: Any, faults: Any
) -> None:
    begun = asyncio.Event()

    async def slow(request: web.Request) -> Any:
        begun.set()
        return await faults.hang(request)

    kubo.wrong["dag/import"] = slow
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(20), working(home, at_kubo) as world:
            await begun.wait()
    assert world.task.done()
    kubo.wrong.clear()
    async with working(home, at_kubo) as world:
        await world.settled("kubo")
        assert file in kubo.pins
