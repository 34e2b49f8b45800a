"""Fetching from gateways, honest and other: everything that was asked for comes, or nothing is kept."""

from __future__ import annotations

import contextlib
import io
import json
import os

import pytest
from aiohttp import web

from knowchain import codec
from knowchain.content.blocks import MemoryBlocks
from knowchain.content.car import car_header, car_section, read_car
from knowchain.content.gathering import Gathering
from knowchain.content.importing import import_file
from knowchain.content.profiles import UNIXFS_V1_2025
from knowchain.content.walking import walk
from knowchain.errors import ContentError, InvalidValue, NotFound, PeerError
from knowchain.home.keeping import DagFile, keep_dag
from knowchain.identifiers import DAG_CBOR, RAW, Cid, cid_of
from knowchain_node.api.listener import answering, bound_socket
from knowchain_node.gateway.fetching import check_url, fetch_car, find_gateways, url_of
from knowchain_node.gateway.routing import HTTP_PROTOCOL

CAR = "application/vnd.ipld.car"


@pytest.fixture
def dag():
    """Blocks of a file of three blocks and a root, in the order of a CAR."""
    blocks = MemoryBlocks()
    root = import_file(io.BytesIO(os.urandom(3 * 2**20)).read, blocks, UNIXFS_V1_2025).cid
    return list(walk(blocks, root))


def car_of(found):
    return car_header([found[0][0]]) + b"".join(car_section(cid, block) for cid, block in found)


@contextlib.asynccontextmanager
async def answers(body, *, status=200, content_type=CAR, headers=None):
    """A server that answers everything in one way."""

    async def answer(_request):
        return web.Response(body=body, status=status, content_type=content_type, headers=headers)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    async with answering(app, bound_socket("127.0.0.1", 0), most=16) as url:
        yield url


async def test_all_of_it_comes_from_one_of_ours(home, gateway, dag):
    with home.content.batch() as batch:
        for cid, block in dag:
            batch.put(cid, block)
    file, told = io.BytesIO(), []
    assert await fetch_car([gateway.url], dag[0][0], file, told.append) == gateway.url
    assert [tuple(one) for one in read_car([file.getvalue()])] == dag
    assert told[-1] == sum(len(block) for _, block in dag)


LIES = {
    "a block left out": lambda dag: car_of(dag[:-1]),
    "a block that nobody asked for": lambda dag: car_of([*dag[:1], (cid_of(b"x", RAW), b"x"), *dag[1:]]),
    "a block with other bytes": lambda dag: car_header([dag[0][0]]) + car_section(dag[0][0], dag[1][1]),
    "another root": lambda dag: car_of(dag[1:]),
    "an answer that breaks off": lambda dag: car_of(dag)[:-5],
    "no CAR": lambda _dag: b"<html>",
    "nothing": lambda _dag: b"",
    "a header without end": lambda _dag: b"\xff" * 100_000,
}


@pytest.mark.parametrize("lie", LIES.values(), ids=LIES)
async def test_a_gateway_that_lies_is_left_for_one_that_does_not(lie, dag):
    async with answers(lie(dag)) as liar, answers(car_of(dag)) as honest:
        file = io.BytesIO()
        with pytest.raises(PeerError, match="gave nothing that can be used"):
            await fetch_car([liar], dag[0][0], file)
        assert await fetch_car([liar, honest], dag[0][0], file) == honest
        assert file.getvalue() == car_of(dag)


@pytest.mark.parametrize(
    ("status", "content_type", "kind"),
    [(404, CAR, NotFound), (410, CAR, NotFound), (500, CAR, PeerError), (200, "text/html", PeerError)],
)
async def test_other_answers_say_what_they_are(dag, status, content_type, kind):
    async with answers(car_of(dag), status=status, content_type=content_type) as url:
        with pytest.raises(kind):
            await fetch_car([url], dag[0][0], io.BytesIO())


async def test_a_redirect_is_not_followed(dag):
    async with (
        answers(car_of(dag)) as honest,
        answers(b"", status=302, headers={"Location": honest}) as sly,
    ):
        with pytest.raises(PeerError, match="status 302"):
            await fetch_car([sly], dag[0][0], io.BytesIO())


async def test_nobody_known_and_nobody_there(dag):
    with pytest.raises(NotFound, match="nobody is known"):
        await fetch_car([], dag[0][0], io.BytesIO())
    with pytest.raises(PeerError):
        await fetch_car(["http://127.0.0.1:1"], dag[0][0], io.BytesIO())


# --- routing -----------------------------------------------------------------------------------------------


def routed(*rows):
    return json.dumps({"Providers": list(rows)}).encode()


def row(*addresses, protocols=(HTTP_PROTOCOL,)):
    return {"Schema": "peer", "ID": "x", "Addrs": list(addresses), "Protocols": list(protocols)}


async def test_a_router_names_gateways(dag):
    found = routed(
        row("/dns/archive.example/tcp/443/https", "/ip4/1.1.1.1/tcp/8080/http", "/ip4/1.1.1.1/tcp/4001"),
        row("/ip4/127.0.0.1/tcp/9/http"),
        row("/ip4/1.1.1.1/tcp/1/http", protocols=("transport-bitswap",)),
        {"Addrs": 7, "Protocols": None},
        "nonsense",
    )
    async with answers(found, content_type="application/json") as router:
        gateways = await find_gateways([router, "http://127.0.0.1:1"], dag[0][0])
    assert gateways == ["https://archive.example:443", "http://1.1.1.1:8080", "http://127.0.0.1:9"]


async def test_a_router_in_the_open_names_nobodys_private_machines(monkeypatch, dag):
    monkeypatch.setattr("knowchain_node.gateway.fetching.is_private", lambda url: "127.0.0.1:9" in url)
    rows = row("/ip4/127.0.0.1/tcp/9/http", "/ip4/1.1.1.1/tcp/8080/http")
    async with answers(routed(rows), content_type="application/json") as router:
        assert await find_gateways([router], dag[0][0]) == ["http://1.1.1.1:8080"]


async def test_only_so_many_gateways_are_taken_from_one_router(dag):
    rows = [row(f"/ip4/1.1.1.1/tcp/{port}/http") for port in range(1, 200)]
    async with answers(routed(*rows), content_type="application/json") as router:
        assert len(await find_gateways([router], dag[0][0])) == 16


@pytest.mark.parametrize("body", [b"", b"[]", b'{"Providers": 7}', b"[" * 100_000, b" " * (2**20 + 1)])
async def test_a_router_that_talks_nonsense_is_named(body, dag):
    async with answers(body, content_type="application/json") as router:
        with pytest.raises(PeerError, match=router):
            await find_gateways([router], dag[0][0])


async def test_a_router_that_knows_nothing_names_nobody(dag):
    async with answers(b"", status=404) as router:
        assert await find_gateways([router], dag[0][0]) == []


@pytest.mark.parametrize(
    ("address", "url"),
    [
        ("/ip4/192.0.2.7/tcp/80/http", "http://192.0.2.7:80"),
        ("/ip6/2001:db8::1/tcp/443/tls/http", "https://[2001:db8::1]:443"),
        ("/dns4/example.org/tcp/443/https/p2p/12D3Koo", "https://example.org:443"),
        ("/ip4/192.0.2.7/tcp/4001", None),
        ("/ip4/192.0.2.7/tcp/99999/http", None),
        ("/ip4/no-address/tcp/1/http", None),
        ("/ip4/192.0.2.7/udp/1/quic-v1/http", None),
        ("", None),
    ],
)
def test_multiaddresses_as_urls(address, url):
    assert url_of(address) == url


@pytest.mark.parametrize(
    "url", ["", "ftp://x", "http://", "http://x:99999", "x", "http://[::1", "file:///etc/passwd"]
)
def test_what_is_no_url_of_a_gateway(url):
    with pytest.raises(InvalidValue, match="is no URL of a gateway"):
        check_url(url, "--gateway")


# --- keeping -----------------------------------------------------------------------------------------------


def test_a_car_is_kept_whole_and_pinned(home, dag, tmp_path):
    (tmp_path / "x.car").write_bytes(car_of(dag))
    done = keep_dag(home, DagFile(str(tmp_path / "x.car")))
    assert (done.cid, done.blocks) == (dag[0][0], len(dag))
    assert [pin.name for pin in home.content.pins()] == ["x.car"]
    assert all(home.content.get(cid) == block for cid, block in dag)


def test_what_is_here_already_may_lack_in_the_file(home, dag, tmp_path):
    home.content.put(*dag[-1])
    (tmp_path / "x.car").write_bytes(car_of(dag[:-1]))
    assert keep_dag(home, DagFile(str(tmp_path / "x.car"))).cid == dag[0][0]


def test_the_order_of_the_blocks_in_a_file_does_not_matter(home, dag, tmp_path):
    sections = b"".join(car_section(cid, block) for cid, block in reversed(dag))
    (tmp_path / "x.car").write_bytes(car_header([dag[0][0]]) + sections)
    assert keep_dag(home, DagFile(str(tmp_path / "x.car"))).blocks == len(dag)


def test_a_car_that_lacks_something_is_refused_and_not_pinned(home, dag, tmp_path):
    (tmp_path / "x.car").write_bytes(car_of(dag[:-1]))
    with pytest.raises(ContentError, match="not all of"):
        keep_dag(home, DagFile(str(tmp_path / "x.car")))
    assert list(home.content.pins()) == []


def test_which_root_is_meant_must_be_clear(home, dag, tmp_path):
    (tmp_path / "x.car").write_bytes(
        car_header([dag[0][0], dag[1][0]]) + car_of(dag)[len(car_header([dag[0][0]])) :]
    )
    with pytest.raises(InvalidValue, match="names 2 roots"):
        keep_dag(home, DagFile(str(tmp_path / "x.car")))
    assert keep_dag(home, DagFile(str(tmp_path / "x.car"), str(dag[0][0]), "mine")).name == "mine"
    with pytest.raises(InvalidValue, match="can't be read"):
        keep_dag(home, DagFile(str(tmp_path / "missing.car")))


# --- gathering ---------------------------------------------------------------------------------------------


def test_a_dag_with_shared_and_inline_blocks_is_gathered_once():
    leaf = (cid_of(b"leaf", RAW), b"leaf")
    inline = Cid(b"\x01\x55\x00\x02hi")
    block = codec.encode([leaf[0], inline, leaf[0]])
    root = (cid_of(block, DAG_CBOR), block)
    gathering = Gathering(root[0])
    assert gathering.take(*root)
    assert not gathering.take(*root)
    assert gathering.lacking == (leaf[0],)
    assert gathering.take(*leaf)
    assert gathering.lacking == ()


def test_more_than_the_bounds_is_refused():
    block = codec.encode([cid_of(bytes([n]), RAW) for n in range(5)])
    root = cid_of(block, DAG_CBOR)
    for bounds in ({"max_blocks": 2}, {"max_bytes": len(block) + 1}):
        gathering = Gathering(root, **bounds)
        gathering.take(root, block)
        with pytest.raises(ContentError, match="more than"):
            for n in range(5):
                gathering.take(cid_of(bytes([n]), RAW), bytes([n]))
