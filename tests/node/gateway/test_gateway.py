"""The gateway, asked over HTTP."""

from __future__ import annotations

import asyncio
import io
import os

import aiohttp
import pytest

from knowchain.content import dag_pb, unixfs
from knowchain.content.blocks import MemoryBlocks
from knowchain.content.car import read_car
from knowchain.content.dag_pb import Link
from knowchain.content.importing import import_file
from knowchain.content.profiles import UNIXFS_V1_2025
from knowchain.content.reading import read_file
from knowchain.content.unixfs import Kind, UnixFs
from knowchain.home.content import NewContent, add_content
from knowchain.home.publishing import Publication, publish
from knowchain.home.saying import Withdrawal, withdraw
from knowchain.identifiers import DAG_CBOR, DAG_PB, RAW, Cid, cid_of

CAR = "application/vnd.ipld.car"
BLOCK = "application/vnd.ipld.raw"


def add(home, data):
    with home.content.batch() as batch:
        return import_file(io.BytesIO(data).read, batch, UNIXFS_V1_2025).cid


@pytest.fixture
def folder(home, tmp_path):
    """A folder of two files, one of them of several blocks; its CID."""
    (tmp_path / "scans" / "deep").mkdir(parents=True)
    (tmp_path / "scans" / "deep" / "page one.txt").write_bytes(b"page one")
    (tmp_path / "scans" / "big.bin").write_bytes(BIG)
    return add_content(home, NewContent(str(tmp_path / "scans"))).cid


BIG = bytes(range(256)) * 4096 * 5
"""5 MiB of one repeated megabyte."""


def blocks_in(car):
    reader = read_car([car])
    return reader.roots, list(reader)


async def test_a_block_comes_with_all_that_a_cache_and_a_browser_need(home, gateway):
    cid = add(home, b"hello")
    reply = await gateway.get(f"/ipfs/{cid}", Accept=BLOCK)
    assert (reply.status, reply.body) == (200, b"hello")
    wanted = {
        "Content-Type": BLOCK,
        "Content-Length": "5",
        "Content-Disposition": f'attachment; filename="{cid}.bin"',
        "X-Content-Type-Options": "nosniff",
        "ETag": f'"{cid}.raw"',
        "X-Ipfs-Path": f"/ipfs/{cid}",
        "X-Ipfs-Roots": str(cid),
        "Cache-Control": "public, max-age=31536000, immutable",
        "Access-Control-Allow-Origin": "*",
        "Vary": "Accept",
    }
    assert {name: reply.headers[name] for name in wanted} == wanted
    assert "sandbox" in reply.headers["Content-Security-Policy"]
    assert "Set-Cookie" not in reply.headers


async def test_head_tells_the_same_and_sends_nothing(home, gateway, folder):
    cid = add(home, b"hello")
    for query in ("format=raw", "format=car"):
        got = await gateway.get(f"/ipfs/{cid}?{query}")
        head = await gateway.get(f"/ipfs/{cid}?{query}", method="HEAD")
        assert (head.status, head.body) == (200, b"")
        for name in ("ETag", "Content-Type", "X-Ipfs-Roots", "Content-Disposition"):
            assert head.headers[name] == got.headers[name]
    missing = await gateway.get(f"/ipfs/{cid_of(b'elsewhere')}?format=car", method="HEAD")
    assert missing.status == 404


async def test_a_client_that_has_it_is_told_so(home, gateway):
    cid = add(home, b"hello")
    for query in ("format=raw", "format=car", "format=car&dag-scope=block"):
        etag = (await gateway.get(f"/ipfs/{cid}?{query}")).headers["ETag"]
        for known in (etag, f'"other", {etag}', f"W/{etag.removeprefix('W/')}", "*"):
            reply = await gateway.get(f"/ipfs/{cid}?{query}", If_None_Match=known)
            assert (reply.status, reply.body, reply.headers["ETag"]) == (304, b"", etag)
        assert (await gateway.get(f"/ipfs/{cid}?{query}", If_None_Match='"other"')).status == 200


async def test_each_choice_has_its_own_validator(home, gateway, folder):
    queries = ("", "&dag-scope=block", "&dag-scope=entity", "&entity-bytes=0:1", "&car-dups=y")
    tags = [(await gateway.get(f"/ipfs/{folder}?format=car{query}")).headers["ETag"] for query in queries]
    assert len(set(tags)) == len(queries)


@pytest.mark.parametrize(
    ("asked", "status", "body", "where"),
    [
        ("bytes=1-3", 206, b"ell", "bytes 1-3/5"),
        ("bytes=3-", 206, b"lo", "bytes 3-4/5"),
        ("bytes=-2", 206, b"lo", "bytes 3-4/5"),
        ("bytes=-99", 206, b"hello", "bytes 0-4/5"),
        ("bytes=4-99", 206, b"o", "bytes 4-4/5"),
        ("bytes=0-1,3-4", 200, b"hello", None),
        ("bytes=-", 200, b"hello", None),
        ("items=0-1", 200, b"hello", None),
        ("bytes=5-", 416, None, None),
        ("bytes=3-2", 416, None, None),
        ("bytes=-0", 416, None, None),
    ],
)
async def test_ranges_of_a_block(home, gateway, asked, status, body, where):
    cid = add(home, b"hello")
    reply = await gateway.get(f"/ipfs/{cid}?format=raw", Range=asked)
    assert reply.status == status
    assert reply.headers.get("Content-Range") == where
    if body is not None:
        assert reply.body == body
    other = await gateway.get(f"/ipfs/{cid}?format=raw", Range="bytes=1-3", If_Range='"another"')
    assert (other.status, other.body) == (200, b"hello")


async def test_a_car_of_a_path_proves_the_path_and_holds_the_file(home, gateway, folder):
    reply = await gateway.get(f"/ipfs/{folder}/deep/page%20one.txt?format=car")
    roots, blocks = blocks_in(reply.body)
    assert roots == (folder,)
    assert blocks[0][0] == folder
    assert blocks[-1][1] == b"page one"
    assert len(blocks) == 3
    assert reply.headers["X-Ipfs-Path"] == f"/ipfs/{folder}/deep/page%20one.txt"
    assert reply.headers["X-Ipfs-Roots"].split(",")[-1] == str(blocks[-1][0])
    assert reply.headers["Accept-Ranges"] == "none"


async def test_the_blocks_of_a_byte_range_give_those_bytes(gateway, folder):
    big = (await gateway.get(f"/ipfs/{folder}/big.bin?format=raw")).headers["X-Ipfs-Roots"].split(",")[-1]
    reply = await gateway.get(f"/ipfs/{big}?format=car&dag-scope=entity&entity-bytes=-5:*")
    _, blocks = blocks_in(reply.body)
    held = MemoryBlocks()
    for cid, block in blocks:
        held.put(cid, block)
    assert len(blocks) == 2
    assert b"".join(read_file(held, Cid.parse(big), len(BIG) - 5)) == BIG[-5:]


async def test_duplicates_only_where_they_are_asked_for(gateway, folder):
    once = blocks_in((await gateway.get(f"/ipfs/{folder}/big.bin?format=car")).body)[1]
    often = blocks_in((await gateway.get(f"/ipfs/{folder}/big.bin?format=car&car-dups=y")).body)[1]
    assert [len(once), len(often)] == [3, 7]


async def test_records_and_bodies_are_given_by_their_cids(home, gateway):
    made = publish(home, Publication({"title": {"en": ["A work"]}, "access": "public"}))
    header = home.store.reader().record(made.id).block.header
    twin = Cid(b"\x01\x55" + made.id[2:])
    for cid, block in ((made.id, home.store.reader().block(made.id)), (header.body.cid, None), (twin, None)):
        reply = await gateway.get(f"/ipfs/{cid}?format=raw")
        assert reply.status == 200
        assert cid_of(reply.body, cid.codec) == cid
        assert block is None or reply.body == block
    within = await gateway.get(f"/ipfs/{header.body.cid}/title?format=raw")
    assert within.status == 404
    assert "is a value within block" in within.body.decode()
    _, blocks = blocks_in(
        (await gateway.get(f"/ipfs/{header.body.cid}/title?format=car&dag-scope=block")).body
    )
    assert [cid for cid, _ in blocks] == [header.body.cid]


async def test_what_was_withdrawn_is_gone(home, gateway):
    made = publish(home, Publication({"title": {"en": ["A work"]}, "access": "public"}))
    body = home.store.reader().record(made.id).block.header.body.cid
    withdraw(home, Withdrawal((str(made.id),), reason="mistake"))
    for query in ("format=raw", "format=car"):
        reply = await gateway.get(f"/ipfs/{body}?{query}")
        assert reply.status == 410
        assert reply.headers["Cache-Control"] == "no-store"
    assert (await gateway.get(f"/ipfs/{made.id}?format=raw")).status == 200


async def test_errors_have_one_shape_and_are_not_kept(home, gateway, folder):
    elsewhere = cid_of(b"elsewhere")
    for path, status in (
        (f"/ipfs/{elsewhere}?format=raw", 404),
        (f"/ipfs/{elsewhere}?format=car", 404),
        (f"/ipfs/{folder}/nothing?format=car", 404),
        (f"/ipfs/{folder}/deep/page%20one.txt/x?format=raw", 404),
        (f"/ipfs/{folder}", 406),
        ("/ipfs/nonsense?format=raw", 400),
        (f"/ipfs/{folder}/%2e%2e/x?format=raw", 400),
        (f"/ipfs/{folder}?format=car&dag-scope=some", 400),
        ("/", 404),
        ("/api/v1/status", 404),
        ("/metrics", 404),
        ("/ipns/example.org", 404),
    ):
        reply = await gateway.get(path)
        assert reply.status == status, path
        assert b'"remedy"' in reply.body
        assert str(home.layout.root).encode() not in reply.body
    only = await gateway.get(f"/ipfs/{elsewhere}?format=raw", Cache_Control="only-if-cached")
    assert only.status == 412
    assert gateway.counts.failures == 13


async def test_nothing_but_reading_is_understood(gateway, folder):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        reply = await gateway.get(f"/ipfs/{folder}?format=car", method=method)
        assert reply.status == 405
    options = await gateway.get(f"/ipfs/{folder}", method="OPTIONS", Origin="https://example.org")
    assert (options.status, options.headers["Access-Control-Allow-Methods"]) == (204, "GET, HEAD, OPTIONS")
    script = await gateway.get(f"/ipfs/{folder}?format=raw", Service_Worker="script")
    assert script.status == 400


async def test_a_name_for_saving_can_not_break_the_header(home, gateway):
    cid = add(home, b"hello")
    reply = await gateway.get(
        f"/ipfs/{cid}?format=raw&filename=a%22%0d%0aSet-Cookie:%20x%3d1%0d%0a/..%5c%C3%A9.bin"
    )
    assert reply.status == 200
    assert "Set-Cookie" not in reply.headers
    shown = reply.headers["Content-Disposition"]
    assert shown.startswith('attachment; filename="a___Set-Cookie_ x=1___..__.bin"')


async def test_a_block_that_is_missing_cuts_the_answer(home, gateway):
    """A CAR that ended properly would be taken for whole."""
    cid = add(home, os.urandom(3 * 2**20))
    leaf = blocks_in((await gateway.get(f"/ipfs/{cid}?format=car")).body)[1][-1][0]
    home.content.delete(leaf)
    with pytest.raises(aiohttp.ClientPayloadError, match="not completed"):
        await gateway.get(f"/ipfs/{cid}?format=car")
    partial = await gateway.get(f"/ipfs/{cid}?format=car&dag-scope=entity&entity-bytes=0:99")
    assert len(blocks_in(partial.body)[1]) == 2


async def test_a_car_beyond_the_bound_is_cut(home, gateway_of):
    cid = add(home, os.urandom(3 * 2**20))
    async with gateway_of(home, most_bytes=2**20) as small:
        with pytest.raises(aiohttp.ClientPayloadError, match="not completed"):
            await small.get(f"/ipfs/{cid}?format=car")


async def test_damage_on_the_disk_is_never_given(home, gateway):
    data = os.urandom(1000)
    cid = add(home, data)
    (pack,) = [
        path for path in home.layout.content.rglob("*") if path.is_file() and data in path.read_bytes()
    ]
    pack.write_bytes(pack.read_bytes().replace(data, bytes(1000)))
    for query in ("format=raw", "format=car"):
        reply = await gateway.get(f"/ipfs/{cid}?{query}")
        assert reply.status >= 400
        assert bytes(100) not in reply.body


async def test_there_are_only_so_many_cars_at_once(home, gateway_of):
    cid = add(home, os.urandom(20 * 2**20))
    async with gateway_of(home, most_streams=1) as busy:
        url = f"{busy.url}/ipfs/{cid}?format=car"
        async with busy.session.get(url) as held:
            await held.content.readany()
            refused = await busy.get(f"/ipfs/{cid}?format=car")
            assert refused.status == 503
            assert (await busy.get(f"/ipfs/{cid}?format=raw")).status == 200
            assert len(await held.read()) > 19 * 2**20
        assert (await busy.get(f"/ipfs/{cid}?format=car")).status == 200


async def test_many_at_once_get_the_same(home, gateway):
    cid = add(home, os.urandom(3 * 2**20))
    replies = await asyncio.gather(*(gateway.get(f"/ipfs/{cid}?format=car") for _ in range(8)))
    assert {reply.status for reply in replies} == {200}
    assert len({reply.body for reply in replies}) == 1


async def test_a_block_of_another_hash_or_codec_is_only_what_it_is(home, gateway):
    block = b"\xa1\x61a\x01"
    cid = cid_of(block, DAG_CBOR)
    home.content.put(cid, block)
    assert (await gateway.get(f"/ipfs/{cid}?format=raw")).body == block
    assert (await gateway.get(f"/ipfs/{cid}/b?format=raw")).status == 404
    inline = Cid(b"\x01\x55\x00\x05hello")
    assert (await gateway.get(f"/ipfs/{inline}?format=raw")).body == b"hello"
    assert blocks_in((await gateway.get(f"/ipfs/{inline}?format=car")).body)[1] == []
    assert (await gateway.get(f"/ipfs/{cid_of(block, RAW)}?format=car")).status == 200


async def test_braces_in_names_are_only_text(home, gateway, tmp_path):
    (tmp_path / "{field}").mkdir()
    (tmp_path / "{field}" / "{0}.txt").write_bytes(b"x")
    root = add_content(home, NewContent(str(tmp_path / "{field}"))).cid
    assert (await gateway.get(f"/ipfs/{root}/%7B0%7D.txt?format=raw")).body == b"x"
    for cached in ("", "only-if-cached"):
        reply = await gateway.get(f"/ipfs/{root}/%7Bwhere%7D?format=raw", Cache_Control=cached)
        assert reply.status == (412 if cached else 404)
        assert b"{where}" in reply.body


async def test_a_folder_that_contradicts_itself_is_told_and_not_given(home, gateway):
    twice = dag_pb.encode([Link(cid_of(b"x", RAW), "{n}", 1)] * 2, unixfs.encode(UnixFs(Kind.DIRECTORY)))
    root = cid_of(twice, DAG_PB)
    home.content.put(root, twice)
    reply = await gateway.get(f"/ipfs/{root}/%7Bn%7D?format=car")
    assert reply.status == 422
    assert b"holds {n} twice" in reply.body
