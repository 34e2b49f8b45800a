"""The queue of gossip envelopes for one peer, which can be waited for.

libp2p's holds 32 and then drops in silence. This one holds 1,024, so that the router's own small envelopes
are never lost, and whoever sends messages waits while 16 are in it.
"""

from __future__ import annotations

from typing import Final

import libp2p.pubsub.pubsub as pubsub
import trio
from libp2p.pubsub.pb.rpc_pb2 import RPC
from libp2p.pubsub.rpc_queue import RpcQueue

__all__ = ["PacedQueue"]

_MOST: Final = 1024
_PACE: Final = 16
_PATIENCE: Final = 2.0


class PacedQueue(RpcQueue):
    """An outbound queue with room that can be waited for."""

    def __init__(self) -> None:
        super().__init__(max_size=_MOST)
        self._room = trio.Event()
        self._is_slow = False

    async def pop(self) -> RPC | None:
        item = await super().pop()
        if len(self) < _PACE:
            self._is_slow = False
            self._room.set()
            self._room = trio.Event()
        return item

    def close(self) -> None:
        super().close()
        self._room.set()

    async def hand_over(self, rpc: RPC) -> bool:
        """Queue ``rpc`` when there is room; False if the peer is too slow, or gone.

        A peer that kept one message waiting for two seconds is slow until its queue is short again, and
        is not waited for: it gets from reconciliation what it missed.
        """
        if len(self) >= _PACE and not self._is_slow:
            with trio.move_on_after(_PATIENCE):
                while len(self) >= _PACE and not self.closed:
                    await self._room.wait()
            self._is_slow = len(self) >= _PACE
        return not self._is_slow and self.push(rpc)


pubsub.RpcQueue = PacedQueue  # type: ignore[assignment, attr-defined]
