"""Whatever a target answers is read as what it says, or refused; nothing else comes of it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from knowchain.identifiers import Cid
from knowchain.storage.pin_states import Found
from knowchain_node.pinning.exchange import Exchange
from knowchain_node.pinning.kubo_rpc import Kubo
from knowchain_node.pinning.pinning_service import PinningService, Way
from knowchain_node.pinning.targets import PinRefused, Target, TargetUnready

CID = Cid.parse("bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e")
WORDS = st.sampled_from([
    "requestid", "status", "created", "pin", "cid", "name", "info", "status_details", "delegates", "count",
    "results", "error", "reason", "details", "Keys", "Size", "Pins", "Cid", "Name", "Root", "Cid", "Message",
    "PinErrorMsg", "Version", "ID", str(CID), "pinned", "queued", "2026-01-01T00:00:00Z", "", ".",
])  # fmt: skip
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(WORDS, inner, max_size=6),
    max_leaves=20,
)
STATUS = st.sampled_from([200, 202, 204, 400, 404, 409, 500])
PIN = {
    "requestid": "r",
    "status": "pinned",
    "created": "2026-01-01T00:00:00Z",
    "pin": {"cid": str(CID), "name": "knowchain x"},
    "delegates": [],
}


class Content:
    def __init__(self, data: bytes) -> None:
        self._data = data

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for line in self._data.splitlines(keepends=True):
            yield line

    async def iter_chunked(self, _size: int) -> AsyncIterator[bytes]:
        yield self._data


class Response:
    """An answer that is there already."""

    def __init__(self, status: int, data: bytes) -> None:
        self.status = status
        self.content = Content(data)


class Answering(Exchange):
    """Gives the same answer to everything."""

    def __init__(self, status: int, data: bytes) -> None:
        super().__init__("target", "http://127.0.0.1:1", None)
        self._given = (status, data)

    @contextlib.asynccontextmanager
    async def ask(self, *_words: Any, **_sent: Any) -> AsyncIterator[Any]:
        yield Response(*self._given)


async def pieces() -> Any:
    yield b""


async def everything(target: Target) -> list[Found]:
    """Ask a target for all that there is to ask, and see that every answer is one of those it may give."""
    found: list[Found] = []

    async def tried(ask: Callable[[], Any]) -> None:
        with contextlib.suppress(TargetUnready, PinRefused):
            answer = await ask()
            if isinstance(answer, Found):
                found.append(answer)

    async def listed() -> None:
        async for one in target.pins():
            found.append(one)
            if len(found) > 20:
                return

    await tried(target.greet)
    await tried(lambda: target.find(CID, ""))
    await tried(lambda: target.find(CID, "r"))
    await tried(lambda: target.pin(CID, "knowchain x", pieces, ""))
    await tried(lambda: target.pin(CID, "knowchain x", pieces, "r"))
    await tried(lambda: target.unpin(CID, "r"))
    await tried(listed)
    assert all(one.state in STATES for one in found)
    return found


STATES = ("queued", "pinning", "pinned", "failed")


def service(status: int, value: object) -> Target:
    async def meet(_address: str) -> None:
        return

    return PinningService("target", Answering(status, json.dumps(value).encode()), Way(lambda: (), meet))


@given(STATUS, JSON)
def test_no_answer_of_a_service_does_anything_else(status: int, value: object) -> None:
    asyncio.run(everything(service(status, value)))


@given(STATUS, WORDS, JSON)
def test_no_row_of_a_service_does_anything_else(status: int, field: str, value: object) -> None:
    row = PIN | {field: value}
    asyncio.run(everything(service(status, row)))
    asyncio.run(everything(service(status, {"count": 1, "results": [row]})))
    asyncio.run(everything(service(status, PIN | {"pin": {"cid": str(CID), field: value}})))


@given(STATUS, st.lists(JSON, max_size=3))
def test_no_answer_of_kubo_does_anything_else(status: int, rows: list[object]) -> None:
    data = "\n".join(json.dumps(row) for row in rows).encode()
    asyncio.run(everything(Kubo("target", Answering(status, data))))


def test_a_right_answer_is_read() -> None:
    assert Found(CID, "pinned", "r", "knowchain x") in asyncio.run(everything(service(200, PIN)))
    kubo = {"Keys": {str(CID): {"Type": "recursive", "Name": "n"}}}
    found = asyncio.run(everything(Kubo("target", Answering(200, json.dumps(kubo).encode()))))
    assert Found(CID, "pinned", name="n") in found
