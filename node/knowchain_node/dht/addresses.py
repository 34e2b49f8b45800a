"""Multiaddresses in the binary form in which the DHT carries them: TCP over IP or a name, and nothing else.

Source: the multiaddr specification and its table of protocols.
"""

from __future__ import annotations

import socket
from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import Final

from knowchain.content.protobuf import read_varint, varint
from knowchain.errors import ContentError, InvalidValue
from knowchain.identifiers import from_base58, to_base58

__all__ = ["ip_of", "is_local", "pack", "reachable_from", "unpack"]

_CODES: Final = {"ip4": 4, "tcp": 6, "ip6": 41, "dns": 53, "dns4": 54, "dns6": 55, "p2p": 421}
_NAMES: Final = {code: name for name, code in _CODES.items()}
_SIZES: Final = {"ip4": 4, "tcp": 2, "ip6": 16}
_MOST: Final = 256
"""Bytes of an address."""


def pack(address: str) -> bytes | None:
    """The binary form; None for what is not TCP over IP or a name."""
    out, parts = bytearray(), address.split("/")
    if len(parts) < 5 or len(parts) % 2 == 0 or parts[0] or parts[3] != "tcp":
        return None
    try:
        for name, value in zip(parts[1::2], parts[2::2], strict=True):
            out += varint(_CODES[name]) + _packed(name, value)
    except (KeyError, ValueError, InvalidValue, OverflowError):
        return None
    return bytes(out)


def _packed(name: str, value: str) -> bytes:
    if name in ("ip4", "ip6"):
        return (IPv4Address if name == "ip4" else IPv6Address)(value).packed
    if name == "tcp":
        return int(value).to_bytes(2, "big")
    data = from_base58(value) if name == "p2p" else value.encode("ascii")
    return varint(len(data)) + data


def unpack(data: bytes) -> str | None:
    """The text form; None for what is not TCP over IP or a name, or is broken."""
    if len(data) > _MOST:
        return None
    parts, at = [""], 0
    try:
        while at < len(data):
            code, at = read_varint(data, at, len(data))
            name = _NAMES[code]
            size = _SIZES.get(name)
            if size is None:
                size, at = read_varint(data, at, len(data))
            if size > len(data) - at:
                return None
            parts += (name, _unpacked(name, data[at : at + size]))
            at += size
    except (ContentError, KeyError, ValueError):
        return None
    dialable = parts[3:4] == ["tcp"] and parts[5:6] in ([], ["p2p"]) and len(parts) <= 7
    return "/".join(parts) if dialable else None


def _unpacked(name: str, value: bytes) -> str:
    if name in ("ip4", "ip6"):
        return str(ip_address(value))
    if name == "tcp":
        return str(int.from_bytes(value, "big"))
    if name == "p2p":
        return to_base58(value)
    text = value.decode("ascii")
    if not text or not all(character.isalnum() or character in "-." for character in text):
        raise ValueError("no host name")
    return text


def ip_of(address: str) -> IPv4Address | IPv6Address | None:
    """The IP address in a multiaddress; None if it begins with a name."""
    parts = address.split("/")
    try:
        return ip_address(parts[2]) if parts[1:2] in (["ip4"], ["ip6"]) else None
    except (ValueError, IndexError):
        return None


def is_local(address: str) -> bool:
    """Whether an address is one of this machine or of a private network."""
    ip = ip_of(address)
    return ip is not None and ip.is_private and not ip.is_unspecified


def reachable_from(other: str, listening: tuple[str, ...]) -> list[str]:
    """Our own addresses, as whoever is at the address ``other`` can dial them.

    "Every interface" becomes the address from which this machine would speak to the other.
    """
    found = []
    for address in listening:
        ip = ip_of(address)
        if ip is not None and ip.is_unspecified:
            own = _own_ip_towards(other, version=ip.version)
            if own is None:
                continue
            parts = address.split("/")
            parts[2] = own
            address = "/".join(parts)
        found.append(address)
    return found


def _own_ip_towards(other: str, *, version: int) -> str | None:
    """The address of the interface that leads to ``other``; nothing is sent to learn it."""
    ip = ip_of(other)
    if ip is None or ip.version != version:
        return None
    family = socket.AF_INET if version == 4 else socket.AF_INET6
    try:
        with socket.socket(family, socket.SOCK_DGRAM) as probe:
            probe.connect((str(ip), 9))
            return str(probe.getsockname()[0])
    except OSError:
        return None
