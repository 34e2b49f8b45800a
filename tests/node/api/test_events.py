"""Events: every accepted record, in order, once, across lost connections and slow readers."""

from __future__ import annotations

import asyncio
import json
from contextlib import asynccontextmanager

import aiohttp


class Stream:
    """Events as a browser's EventSource reads them."""

    def __init__(self, content: aiohttp.StreamReader) -> None:
        self._content = content

    async def next(self) -> dict[str, str]:
        """The next event with data."""
        fields: dict[str, str] = {}
        while True:
            line = (await asyncio.wait_for(self._content.readline(), 20)).decode().rstrip("\n")
            if line:
                name, _, value = line.partition(":")
                if name:
                    fields[name] = value.removeprefix(" ")
            elif "data" in fields:
                return fields
            else:
                fields = {}

    async def comment(self) -> str:
        line = await asyncio.wait_for(self._content.readline(), 20)
        return line.decode().strip()


@asynccontextmanager
async def listening(api, query: str = "", headers: dict[str, str] | None = None):
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"{api.url}/api/v1/events{query}", headers=headers or {}) as response,
    ):
        assert response.status == 200
        assert response.headers["Content-Type"] == "text/event-stream"
        stream = Stream(response.content)
        assert (await stream.comment()).startswith(":")
        yield stream


async def test_what_is_accepted_is_told_with_its_arrival(api):
    async with listening(api) as stream:
        rid = await api.write()
        event = await stream.next()
        data = json.loads(event["data"])
        assert (event["event"], data["type"], data["id"], data["kind"]) == (
            "record",
            "record",
            rid,
            "profile",
        )
        assert data["author"] == str(api.home.identity)
        assert int(event["id"]) == data["arrival"] == api.home.store.reader().last_arrival()


async def test_whoever_lost_the_connection_goes_on_where_it_was(api):
    async with listening(api) as stream:
        first = await api.write()
        place = (await stream.next())["id"]
    missed = [await api.write() for _ in range(3)]
    async with listening(api, headers={"Last-Event-ID": place}) as stream:
        assert [json.loads((await stream.next())["data"])["id"] for _ in missed] == missed
        live = await api.write()
        assert json.loads((await stream.next())["data"])["id"] == live
    assert first not in missed


async def test_from_the_beginning_every_record_comes_once_and_in_order(api):
    written = [await api.write() for _ in range(4)]
    async with listening(api, "?after=0&kind=profile") as stream:
        found = [json.loads((await stream.next())["data"]) for _ in range(5)]
    assert [each["id"] for each in found[1:]] == written
    assert [each["arrival"] for each in found] == sorted(each["arrival"] for each in found)


async def test_a_senseless_place_is_no_place(api):
    async with listening(api, headers={"Last-Event-ID": "9" * 40}) as stream:
        rid = await api.write()
        assert json.loads((await stream.next())["data"])["id"] == rid


async def test_a_reader_who_leaves_takes_the_listener_along(api):
    for _ in range(3):
        async with listening(api):
            assert api.service.streams.open == 1
        await api.write()
        while api.service.streams.open:  # noqa: ASYNC110 - that a reader left has no event
            await asyncio.sleep(0)


async def test_only_so_many_listen_at_once(api):
    api.service.streams._most = 1
    async with listening(api):
        refused = await api.get("/api/v1/events")
        assert (refused.status, refused.error["code"]) == (503, "too-busy")


async def test_the_stream_ends_when_the_peer_does(api):
    async with listening(api) as stream:
        api.service.ending.set()
        assert (await stream.next())["event"] == "end"
