"""Becoming the child process: bound to its parent's life, with bounded memory, and quiet."""

from __future__ import annotations

import ctypes
import faulthandler
import logging
import os
import resource
import signal
import socket
import sys
from typing import Final

__all__ = ["become_child", "bound_memory"]

_PR_SET_PDEATHSIG: Final = 1


def become_child(descriptor: int, parent: int) -> None:
    """Live over the socketpair's end ``descriptor`` until it ends, or ``parent`` (a process id) dies."""
    die_with(parent)
    faulthandler.enable()  # a crash in C code leaves a trace in the parent's log
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))  # a core file would hold the transport key
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(message)s")
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent decides when to leave
    from knowchain_node.network.child.life import live

    live(socket.socket(fileno=descriptor))


def die_with(parent: int) -> None:
    """Have the kernel kill us when the parent dies, where it can; the end of the seam is the other way."""
    if sys.platform == "linux":
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        sys.exit("the parent is gone")


def bound_memory(most: int) -> None:
    """Let this process hold ``most`` bytes of private memory; beyond it, it fails and is started again."""
    if most and sys.platform == "linux":
        resource.setrlimit(resource.RLIMIT_DATA, (most, most))
