"""A program with the token may call, and no web page may."""

from __future__ import annotations

import base64

import pytest

from knowchain.errors import InvalidValue
from knowchain_node.config import read_line, settled


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


async def test_the_token_opens_as_bearer_and_as_a_password(rpc):
    for authorization in (f"Bearer {rpc.token}", f"bearer {rpc.token}", basic("kubo", rpc.token)):
        assert (await rpc.call("version", Authorization=authorization)).status == 200


@pytest.mark.parametrize(
    "authorization",
    ["Bearer wrong", basic("kubo", "wrong"), basic("kubo", ""), "Basic %%%", "Basic", "Token x", ""],
)
async def test_without_it_nothing_is_told(rpc, authorization):
    reply = await rpc.call("version", token=False, Authorization=authorization)
    assert reply.status == 403
    assert "kubo-rpc.token" in reply.message
    assert (await rpc.call("no/such", token=False)).status == 403


async def test_the_token_of_the_api_does_not_open_it(rpc, home):
    home.layout.token.write_text("a" * 43)
    assert (await rpc.call("version", Authorization="Bearer " + "a" * 43)).status == 403
    assert home.layout.kubo_rpc_token.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": "http://127.0.0.1:5001"},
        {"Referer": "http://evil.example/page"},
        {"Sec_Fetch_Site": "cross-site"},
        {"User_Agent": "Mozilla/5.0 (X11)"},
    ],
    ids=str,
)
async def test_a_web_page_may_not_call_even_with_the_token(rpc, headers):
    reply = await rpc.call("id", **headers)
    assert reply.status == 403
    assert "a web page may not call this" in reply.message


async def test_a_name_that_was_rebound_to_this_machine_is_none_of_ours(rpc):
    assert (await rpc.call("id", Host="evil.example")).status == 421
    assert (await rpc.call("id", Host="localhost:5001")).status == 200


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
async def test_commands_are_posted(rpc, method):
    reply = await rpc.call("id", method=method)
    assert reply.status == 405
    assert reply.headers["Allow"] == "OPTIONS, POST"
    assert (await rpc.call("id", method="OPTIONS", token=False)).status == 204


async def test_a_command_that_is_not_carried_out_is_not_found(rpc):
    reply = await rpc.call("dag/get?arg=x")
    assert reply.status == 404
    assert "block/put" in reply.message


@pytest.mark.parametrize(
    "address", ["0.0.0.0:5001", "192.0.2.1:5001", "[::]:5001", "127.0.0.1", "localhost:5001"]
)
def test_only_loopback_can_be_listened_on(address):
    with pytest.raises(InvalidValue, match=r"kubo_rpc\.listen"):
        settled([], [], read_line([f"kubo_rpc.listen={address}"]))


@pytest.mark.parametrize("address", ["127.0.0.1:5001", "[::1]:0", ""])
def test_loopback_can(address):
    effective = settled([], [], read_line([f"kubo_rpc.listen={address}"]))
    assert effective.config.kubo_rpc.listen == address
