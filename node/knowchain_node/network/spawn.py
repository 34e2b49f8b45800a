"""Starting the child, as a process or as a thread."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import sys
import threading
from typing import Final, Protocol

from knowchain_node.network.counters import Counters

__all__ = ["Child", "start_process", "start_thread"]

log = logging.getLogger("knowchain.network.child")

_PASSED_ON: Final = ("PATH", "LANG", "LC_ALL", "TZ", "PYTHONPATH", "VIRTUAL_ENV", "SYSTEMROOT")
"""The child gets these of our environment and nothing else: it may hold secrets that are not the child's."""
_LINES_PER_MINUTE: Final = 120
_LINE: Final = 500


class Child(Protocol):
    """A started child."""

    pid: int

    async def wait(self) -> str:
        """Wait for its end and return how it ended."""
        ...

    def kill(self) -> None:
        """End it at once, whatever it is doing."""
        ...


async def start_process(end: socket.socket, counters: Counters) -> Child:
    """Start the child as a process that holds ``end`` of the socketpair; closes our copy of it.

    It gets a session of its own, so that Ctrl-C in a terminal reaches only the parent, which then ends it.
    """
    environment = {name: os.environ[name] for name in _PASSED_ON if name in os.environ}
    command = ("-P", "-m", "knowchain_node.network.child", str(end.fileno()), str(os.getpid()))
    try:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *command,
            pass_fds=[end.fileno()],
            env=environment,
            start_new_session=True,
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.DEVNULL,
            stderr=asyncio.subprocess.PIPE,
        )
    finally:
        end.close()
    return _Process(process, counters)


class _Process:
    def __init__(self, process: asyncio.subprocess.Process, counters: Counters) -> None:
        self.pid = process.pid
        self._process = process
        self._logging = asyncio.create_task(_log_errors(process.stderr, counters), name="child's errors")

    async def wait(self) -> str:
        code = await self._process.wait()
        await asyncio.wait({self._logging})  # not awaited itself: who gives up waiting must not end it
        return f"exit code {code}" if code >= 0 else f"signal {-code}"

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()  # by pid; works on a stopped process too


async def _log_errors(errors: asyncio.StreamReader | None, counters: Counters) -> None:
    """Copy the child's error output into our log, at most so many lines a minute, each cut."""
    assert errors is not None
    loop = asyncio.get_running_loop()
    minute, lines, rest = loop.time(), 0, b""
    while chunk := await errors.read(8192):
        *whole, rest = (rest + chunk).split(b"\n")
        rest = rest[:_LINE]
        if loop.time() - minute > 60:
            minute, lines = loop.time(), 0
        for line in whole:
            lines += 1
            if lines > _LINES_PER_MINUTE:
                counters.stderr_dropped += 1
            elif line.strip():
                log.warning("%s", line[:_LINE].decode("utf-8", "backslashreplace"))


async def start_thread(end: socket.socket, _: Counters) -> Child:
    """Start the child's code in a thread of this process that holds ``end``; for fast tests."""
    return _Thread(end)


class _Thread:
    def __init__(self, end: socket.socket) -> None:
        self.pid = os.getpid()
        self._loop = asyncio.get_running_loop()
        self._ended: asyncio.Future[str] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, args=(end,), name="network child", daemon=True)
        self._thread.start()

    def _run(self, end: socket.socket) -> None:
        how = "a failure of the thread"
        try:
            from knowchain_node.network.child.life import live

            live(end)
            how = "the end of the thread"
        finally:
            with contextlib.suppress(RuntimeError):  # the loop is closed: nobody waits
                self._loop.call_soon_threadsafe(self._tell, how)

    def _tell(self, how: str) -> None:
        if not self._ended.done():
            self._ended.set_result(how)

    async def wait(self) -> str:
        return await asyncio.shield(self._ended)

    def kill(self) -> None:
        """A thread can't be killed; the end of the seam, which the caller brings about, lets it leave."""
