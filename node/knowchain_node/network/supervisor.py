"""Keeps one child alive: starts it, watches it, kills it when it is silent, starts it again.

Failure policy: nothing that happens to the child raises here or stalls the parent's loop. A life ends when
the process ends, when the seam ends or is misused, when no ``Started`` comes in time, or when nothing at all
is heard for ``silent_seconds`` (a child that was SIGSTOPped, or that spins). Whatever is left of it is then
killed by its pid, and the next life begins after a back-off that doubles from life to life and starts anew
after a life of a minute.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import socket
from typing import Any, Final, Protocol

from knowchain_node.network.config import NetworkConfig
from knowchain_node.network.counters import Counters
from knowchain_node.network.errors import SeamBroken
from knowchain_node.network.link import Link
from knowchain_node.network.spawn import Child, start_process, start_thread
from knowchain_node.network.vocabulary import VERSION, Failed, Frame, Ping, Start, Started

__all__ = ["Household", "Supervisor"]

log = logging.getLogger("knowchain.network")

_LONG_LIFE: Final = 60.0
_SOCKET_BUFFER: Final = 2**20
"""Bytes of the socket between both processes."""
_LEAVE: Final = 4.0
"""Seconds that a child which was asked to leave has, before it is killed."""
_LAST_WORD: Final = 0.5
"""Seconds that a child whose seam ended has to end by itself, so that its exit code is known."""


class Household(Protocol):
    """Who hears of the child's lives."""

    def up(self, link: Link, started: Started) -> None:
        """The child listens, and what it is to know can be sent."""
        ...

    def take(self, frame: Frame) -> None:
        """A frame came. Raises SeamBroken if it may not come now."""
        ...

    def down(self, reason: str) -> None:
        """The child's life is over."""
        ...


class Supervisor:
    """Runs lives of the child, one after the other, until it is cancelled."""

    def __init__(self, config: NetworkConfig, counters: Counters, household: Household) -> None:
        self._config = config
        self._counters = counters
        self._household = household
        self._started: asyncio.Future[Started] | None = None
        self.listen = config.listen
        """What the next life listens on: the addresses of the first one, once they are known."""
        self.pid: int | None = None
        """The child's process id while it lives."""
        self.last_end = ""
        """How the last life ended."""

    async def run(self) -> None:
        """Live, for ever; on cancellation the child is asked to leave, then killed."""
        backoff = self._config.first_restart_seconds
        loop = asyncio.get_running_loop()
        while True:
            born = loop.time()
            self.last_end = await self._life()
            self._counters.restarts += 1
            if loop.time() - born > _LONG_LIFE:
                backoff = self._config.first_restart_seconds
            pause = backoff * random.uniform(0.8, 1.2)  # noqa: S311 - spreads restarts, no secret
            log.warning("the network part ended: %s; it starts again in %.1f s", self.last_end, pause)
            await asyncio.sleep(pause)
            backoff = min(backoff * 2, self._config.last_restart_seconds)

    async def _life(self) -> str:
        """One life of the child, from start to burial; returns how it ended."""
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_STREAM)
        for end in (ours, theirs):
            # As much as the system lets us: what does not fit is moved about in memory until it does.
            end.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, _SOCKET_BUFFER)
        ours.setblocking(False)
        start = start_process if self._config.mode == "process" else start_thread
        try:
            child = await start(theirs, self._counters)
        except OSError as error:
            ours.close()
            return f"it could not be started: {error}"
        self.pid = child.pid
        loop = asyncio.get_running_loop()
        self._started = loop.create_future()
        link = await Link.over(ours, self._take, self._counters)
        reason = "it was told to leave"
        try:
            reason = await self._lived(child, link)
            child.kill()  # only when we are told to stop is it given time to leave
            return reason
        finally:
            link.end(reason)
            self._household.down(reason)
            self._counters.life_ended()
            await self._bury(child)
            self.pid = None

    async def _lived(self, child: Child, link: Link) -> str:
        """Start it up, then watch it until something ends its life."""
        link.send(self._first_frame())
        death = asyncio.ensure_future(child.wait())
        assert self._started is not None
        try:
            waiting: set[asyncio.Future[Any]] = {self._started, link.ended, death}
            await asyncio.wait(
                waiting, timeout=self._config.start_seconds, return_when=asyncio.FIRST_COMPLETED
            )
            if not self._started.done():
                return await self._reason(link, death) or "it did not start in time"
            try:
                self._welcome(link, self._started.result())
            except SeamBroken as error:
                return str(error)
            while not (reason := await self._reason(link, death)):
                await asyncio.wait(
                    {link.ended, death},
                    timeout=self._config.ping_seconds,
                    return_when=asyncio.FIRST_COMPLETED,
                )
                if self._is_silent(link):
                    self._counters.killed_silent += 1
                    return "it was silent and was killed"
                link.send(Ping(self._counters.frames_out))
            return reason
        finally:
            death.cancel()

    def _first_frame(self) -> Start:
        config = self._config
        return Start(
            VERSION,
            config.seed,
            self.listen,
            config.agent,
            config.mdns,
            config.mdns_interface,
            config.limits.as_numbers(),
        )

    def _welcome(self, link: Link, started: Started) -> None:
        self._counters.starts += 1
        self.listen = tuple(address.partition("/p2p/")[0] for address in started.addresses)
        self._household.up(link, started)

    def _take(self, frame: Frame) -> None:
        """Frames on their way to the household; the first must be about the start."""
        assert self._started is not None
        match frame:
            case Failed():
                raise SeamBroken("it can't start: {reason}", reason=frame.reason)
            case Started():
                if self._started.done():
                    raise SeamBroken("the child says twice that it started")
                self._started.set_result(frame)
            case _ if not self._started.done():
                raise SeamBroken("the child speaks before it started")
            case _:
                self._household.take(frame)

    def _is_silent(self, link: Link) -> bool:
        return asyncio.get_running_loop().time() - link.last_heard > self._config.silent_seconds

    @staticmethod
    async def _reason(link: Link, death: asyncio.Future[str]) -> str:
        """Why the life is over; empty while it is not."""
        if link.ended.done():
            if not death.done():  # how it ended tells more than that it did
                await asyncio.wait({death}, timeout=_LAST_WORD)
            ending = link.ended.result()
            return f"{ending} ({death.result()})" if death.done() else ending
        return death.result() if death.done() else ""

    async def _bury(self, child: Child) -> None:
        """Wait for the child's end, and bring it about. Shielded: no child is left behind."""
        burial = asyncio.ensure_future(self._wait_or_kill(child))
        try:
            await asyncio.shield(burial)
        except asyncio.CancelledError:
            await burial
            raise

    async def _wait_or_kill(self, child: Child) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(asyncio.ensure_future(child.wait())), _LEAVE)
            return
        child.kill()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(child.wait(), _LEAVE)
