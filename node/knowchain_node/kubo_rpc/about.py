"""``id`` and ``version``: who answers."""

from __future__ import annotations

import base64
import platform
from importlib.metadata import version as installed
from typing import Final

from aiohttp import web

from knowchain_node.kubo_rpc.node import RpcNode
from knowchain_node.kubo_rpc.options import Asked, Options, flag, only, text

__all__ = ["ID", "KUBO", "VERSION", "identify", "version"]

KUBO: Final = "0.42.0"
"""The Kubo whose RPC this follows. ipfshttpclient reads what is before the hyphen, and warns beyond 0.8."""

ID: Final[Options] = {"peerid-base": only(text, "b58mh")}
# they choose what `ipfs version` prints of the same answer
VERSION: Final[Options] = {"number": flag, "commit": flag, "repo": flag, "all": flag}


async def identify(node: RpcNode, _request: web.Request, _asked: Asked) -> web.StreamResponse:
    """Answer ``id``, for this peer alone."""
    me = node.me
    document = {
        "ID": me.peer,
        "PublicKey": base64.b64encode(me.public_key).decode(),
        "Addresses": list(me.listening()),
        "AgentVersion": f"knowchain/{installed('knowchain')}",
        "Protocols": sorted(me.protocols()),
    }
    return web.json_response(document)


async def version(_node: RpcNode, _request: web.Request, _asked: Asked) -> web.StreamResponse:
    """Answer ``version``: of Kubo what is followed, then our own."""
    machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
    document = {
        "Version": f"{KUBO}-knowchain-{installed('knowchain')}",
        "Commit": "",
        "Repo": "",
        "System": f"{machine}/{platform.system().lower()}",
        "Golang": "",
    }
    return web.json_response(document)
