"""A script pins what another peer has: it comes over bitswap, and stays."""

from __future__ import annotations

import io
import random
from typing import Any

import aiohttp

from knowchain.content.importing import import_file
from knowchain.content.reading import read_file
from knowchain_node.api.listener import answering, bound_socket
from knowchain_node.api.tokens import token_in
from knowchain_node.kubo_rpc.node import RpcNode, Self
from knowchain_node.kubo_rpc.serving import KuboRpc
from knowchain_node.metrics import KuboRpcCounts

DATA = random.Random(5).randbytes(3_000_000)


async def test_what_a_connected_peer_has_is_pinned_from_it(world: Any) -> None:
    one = await world.peer("one")
    two = await world.peer("two", one)
    with one.home.content.batch() as batch:
        cid = import_file(io.BytesIO(DATA).read, batch).cid
    await world.until(lambda: two.network.connected)
    path = two.home.layout.kubo_rpc_token
    node = RpcNode(
        two.home,
        Self(two.network.peer_id, b""),
        routers=(),
        peer=lambda: two,
        most_requests=4,
        max_upload=2**20,
    )
    app = KuboRpc(node, token_in(path), KuboRpcCounts()).app()
    headers = {"Authorization": f"Bearer {path.read_text().strip()}"}
    async with (
        answering(app, bound_socket("127.0.0.1", 0), most=8) as url,
        aiohttp.ClientSession(headers=headers) as session,
        session.post(f"{url}/api/v0/pin/add", params={"arg": str(cid), "name": "mine"}) as response,
    ):
        assert await response.json() == {"Pins": [str(cid)]}
    assert [(pin.cid, pin.name) for pin in two.home.content.pins()] == [(cid, "mine")]
    assert b"".join(read_file(two.home.content, cid)) == DATA
