"""What others have is fetched to be pinned, and what they took back is not given."""

from __future__ import annotations

import asyncio
import io

import pytest

from knowchain.content.cids import parse_cid
from knowchain.content.importing import import_file
from knowchain.content.reading import read_file
from knowchain.home import Home, begin
from knowchain.home.content import pinned_content
from knowchain.home.files import DiskFiles
from knowchain.home.publishing import Publication, publish
from knowchain.home.saying import Withdrawal, withdraw
from knowchain_node.api.listener import answering, bound_socket
from knowchain_node.gateway.serving import Gateway
from knowchain_node.metrics import GatewayCounts

PEER = "12D3KooWDpJ7As7BWAwRMfu1VU2WCqNjvq387JEYKDBj4kx6nXTN"
DATA = bytes(range(256)) * 10_000


@pytest.fixture
async def friend(tmp_path):
    """A gateway with a file, and routing that leads to it; the file's CID."""
    begin(tmp_path / "friend", name="Bob", recovery_file=tmp_path / "recovery-2")
    with Home.open(tmp_path / "friend") as home:
        with home.content.batch() as batch:
            made = import_file(io.BytesIO(DATA).read, batch)
        gateway = Gateway(
            home,
            PEER,
            listening=lambda: (),
            url="",
            most_streams=8,
            most_bytes=2**30,
            counts=GatewayCounts(),
        )
        async with answering(gateway.app(), bound_socket("127.0.0.1", 0), most=64) as url:
            yield url, made.cid


async def test_what_a_router_knows_of_is_fetched_and_pinned(rpc_of, home, friend):
    url, cid = friend
    async with rpc_of(home, routers=(url,)) as rpc:
        offline = await rpc.call(f"pin/add?arg={cid}&offline=true")
        assert "is not here" in offline.message
        rows = (await rpc.call(f"pin/add?arg={cid}&name=mine&progress=true")).rows
        assert rows[-1] == {"Pins": [str(cid)]}
    assert [(pin.cid, pin.name) for pin in pinned_content(home)] == [(cid, "mine")]
    assert b"".join(read_file(home.content, cid)) == DATA
    assert list(home.layout.root.glob("passing-*")) == []


async def test_what_nobody_has_is_an_error(rpc_of, home, friend):
    url, _ = friend
    missing = "bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"
    async with rpc_of(home, routers=(url,)) as rpc:
        reply = await rpc.call(f"pin/add?arg={missing}")
        assert reply.status == 500
        assert missing in reply.message
    assert pinned_content(home) == ()


async def test_what_was_withdrawn_is_neither_given_nor_pinned(rpc, home, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Ada")
    fields = {"title": {"en": ["A letter"]}, "access": "public"}
    files = DiskFiles([tmp_path / "letter.txt"])
    made = await asyncio.to_thread(publish, home, Publication(fields), files)
    cid = made.files[0].cid
    assert (await rpc.call(f"cat?arg={cid}")).body == b"Dear Ada"
    await asyncio.to_thread(withdraw, home, Withdrawal((str(made.id),), reason="mistake"))
    for command in ("cat", "block/get", "block/stat", "pin/add"):
        reply = await rpc.call(f"{command}?arg={cid}")
        assert reply.status == 500, command
        assert "withdrawn" in reply.message
    assert pinned_content(home) == ()


async def test_a_file_that_a_record_names_is_not_removed(rpc, home, tmp_path):
    (tmp_path / "letter.txt").write_text("Dear Ada")
    fields = {"title": {"en": ["A letter"]}, "access": "public"}
    files = DiskFiles([tmp_path / "letter.txt"])
    made = await asyncio.to_thread(publish, home, Publication(fields), files)
    cid = parse_cid(str(made.files[0].cid))
    (row,) = (await rpc.call(f"block/rm?arg={cid}")).rows
    assert "a record names the file" in row["Error"]
    assert home.content.has(cid)


async def test_a_record_is_given_by_its_cid_and_by_its_twin(rpc, home):
    made = await asyncio.to_thread(publish, home, Publication({"title": {"en": ["X"]}, "access": "public"}))
    stored = home.store.reader().record(made.id)
    assert stored is not None
    assert (await rpc.call(f"block/get?arg={made.id}")).body == stored.block.data
