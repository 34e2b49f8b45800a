"""Rows 1 and 2: a failure inside libp2p, or of a handler that it calls, must not end the host.

trio ends a nursery, and with it everything in it, when one task raises. libp2p runs every stream handler
and every push of a message in its service's nursery, and raises whatever a peer's bytes make it raise:
protobuf's DecodeError, UnicodeDecodeError, KeyError. So every entry that a peer's bytes can reach runs in
:func:`contain`.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from knowchain.errors import SystemFault
from knowchain_node.network.counters import ChildCounters

__all__ = ["contain"]

log = logging.getLogger("knowchain.network")


@asynccontextmanager
async def contain(counters: ChildCounters, what: str) -> AsyncIterator[None]:
    """Let no failure of the foreign code inside out; count it instead.

    Our own SystemFaults pass, because they mean that this process has to end, and so does cancellation.
    """
    try:
        yield
    except SystemFault:
        raise
    except ExceptionGroup as group:
        counters.contained += 1
        log.info("contained in %s: %r", what, group.exceptions)
    except Exception as error:  # noqa: BLE001 - which exceptions foreign code raises can't be known
        counters.contained += 1
        log.info("contained in %s: %r", what, error)
