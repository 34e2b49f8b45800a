"""Rows 8, 9 and 10: listening that fails says so, and ends when it ends.

* libp2p sets SO_REUSEPORT, so two hosts listen on one port and each gets half of the connections. So the
  port is bound once without it first.
* A failed listen does not raise: what is really listened on is asked for afterwards.
* Leaving ``host.run()`` leaves the port bound and accepting: the host is closed, shielded.
"""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from typing import Final

import trio
from libp2p.abc import IHost
from multiaddr import Multiaddr
from multiaddr.exceptions import BinaryParseError, ProtocolLookupError, StringParseError

from knowchain.errors import SystemFault

__all__ = ["CannotListen", "listening"]

_CLOSE: Final = 3.0


class CannotListen(SystemFault):
    """An address can't be listened on."""


@asynccontextmanager
async def listening(host: IHost, addresses: Sequence[str]) -> AsyncIterator[None]:
    """Run ``host`` on ``addresses`` and close it afterwards.

    Raises:
        CannotListen: one of them is no address, is in use, or is not listened on after all.
    """
    wanted = [_parsed(address) for address in addresses]
    for address in wanted:
        _bind_once(address)
    async with host.run(wanted):
        try:
            if len(host.get_transport_addrs()) < len(wanted):
                raise CannotListen("libp2p does not listen on all of {addresses}", addresses=list(addresses))
            yield
        finally:
            with trio.CancelScope(shield=True), trio.move_on_after(_CLOSE):
                await host.close()


def _parsed(address: str) -> Multiaddr:
    try:
        parsed = Multiaddr(address)
        parsed.value_for_protocol("tcp")
        _ip_of(parsed)
    except (StringParseError, BinaryParseError, ProtocolLookupError, ValueError) as error:
        raise CannotListen(
            "{address} can't be listened on",
            remedy="write it like /ip4/0.0.0.0/tcp/4001",
            address=address,
        ) from error
    return parsed


def _ip_of(address: Multiaddr) -> tuple[socket.AddressFamily, str]:
    try:
        return socket.AF_INET, str(address.value_for_protocol("ip4"))
    except ProtocolLookupError:
        return socket.AF_INET6, str(address.value_for_protocol("ip6"))


def _bind_once(address: Multiaddr) -> None:
    """Bind the port alone, as libp2p will not, and let it go again."""
    family, ip = _ip_of(address)
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(
            socket.SOL_SOCKET, socket.SO_REUSEADDR, 1
        )  # TIME_WAIT of a former life is no obstacle
        try:
            probe.bind((ip, int(str(address.value_for_protocol("tcp")))))
            probe.listen(1)  # with SO_REUSEADDR a port that is listened on is refused only here
        except OSError as error:
            raise CannotListen(
                "{address} can't be listened on: {why}",
                remedy="choose another port, or end the program that uses it",
                address=str(address),
                why=error.strerror,
            ) from error
