"""One life of the child, from ``Start`` to the end of the seam."""

from __future__ import annotations

import gc
import os
import socket
import threading

import trio

from knowchain_node.network.child.process import bound_memory
from knowchain_node.network.child.seam import Seam
from knowchain_node.network.config import Limits
from knowchain_node.network.errors import SeamBroken
from knowchain_node.network.vocabulary import VERSION, Failed, Start

__all__ = ["live"]


def live(end: socket.socket) -> None:
    """Run over our ``end`` of the socketpair until the parent closes the other, or something fails."""
    # libp2p's yamux reads this when it runs: credit in halves of the window, not for every read
    os.environ.setdefault("PY_YAMUX_RELEASE_ON_READ", "0")
    trio.run(_live, end)


async def _live(end: socket.socket) -> None:
    async with Seam(end) as seam:
        start = await seam.first()
        if start is None:
            return
        try:
            limits = _limits(start)
        except SeamBroken as error:
            await seam.say_last(Failed(str(error)))
            return
        if threading.current_thread() is threading.main_thread():
            bound_memory(limits.memory)
        from knowchain_node.network.child.node import run_node  # imports libp2p, after memory is bounded

        gc.freeze()  # what libp2p brought stays to the end: no collection has to look at it again
        await run_node(seam, start, limits)


def _limits(start: Start) -> Limits:
    if start.version != VERSION:
        raise SeamBroken("the parent speaks version {version} of the seam", version=start.version)
    return Limits(*start.limits)
