"""Requests to the child that wait for their answers."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final

from knowchain_node.network.errors import NetworkDown, PeerUnreachable, SeamBroken
from knowchain_node.network.link import Link
from knowchain_node.network.vocabulary import Done, Frame, PeerRows, Refused

__all__ = ["Requests"]

_AT_ONCE: Final = 256
"""Requests that may wait at the same time; more stand in line."""


class Requests:
    """Numbers requests, sends them, and hands answers to who asked."""

    def __init__(self) -> None:
        self._link: Link | None = None
        self._slots = asyncio.Semaphore(_AT_ONCE)
        self._waiting: dict[int, asyncio.Future[Done | PeerRows]] = {}
        self._number = 0

    def up(self, link: Link) -> None:
        """From now on requests go over ``link``."""
        self._link = link

    def down(self, reason: str) -> None:
        """The link ended: nobody will get an answer any more."""
        self._link = None
        for waiting in self._waiting.values():
            if not waiting.done():
                waiting.set_exception(down(reason))

    async def ask(self, make: Callable[[int], Frame]) -> Done | PeerRows:
        """Send the frame that ``make`` builds with the request's number, and wait for its answer.

        Raises:
            NetworkDown: the child is not up, or ended before it answered.
            PeerUnreachable: the child refused, with its reason.
        """
        async with self._slots:
            if self._link is None:
                raise down("it is starting")
            self._number += 1
            number = self._number
            waiting: asyncio.Future[Done | PeerRows] = asyncio.get_running_loop().create_future()
            self._waiting[number] = waiting
            try:
                self._link.send(make(number))
                await self._link.drain()
                return await waiting
            finally:
                del self._waiting[number]

    def answer(self, frame: Done | PeerRows | Refused) -> None:
        """An answer came. One to a request that was given up is let go.

        Raises:
            SeamBroken: nothing with that number was ever asked.
        """
        if frame.request > self._number:
            raise SeamBroken("the child answers request {number}, never made", number=frame.request)
        waiting = self._waiting.get(frame.request)
        if waiting is None or waiting.done():
            return
        if isinstance(frame, Refused):
            waiting.set_exception(PeerUnreachable("the network part refused: {reason}", reason=frame.reason))
        else:
            waiting.set_result(frame)


def down(reason: str) -> NetworkDown:
    """The error for what can't be done while the child is not up."""
    return NetworkDown(
        "the network part is not up: {reason}", remedy="try again in some seconds", reason=reason
    )
