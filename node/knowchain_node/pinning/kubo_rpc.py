"""Kubo as a target: a client of its RPC, typed, and what it takes to have something pinned there.

Kubo gets the blocks from us, as a CAR, and pins without asking anybody else for them, so that it works where
neither side has a network. Source: Kubo's RPC reference, ``/api/v0``; ADR 8 says why there is no library.

An error in the middle of Kubo's answer stands in the trailer ``X-Stream-Error``, which aiohttp drops. So
nothing is believed for having ended: what was imported is looked at afterwards.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from typing import Any, Final

import aiohttp

from knowchain.content.cids import parse_cid
from knowchain.errors import InvalidValue
from knowchain.identifiers import Cid
from knowchain.storage.pin_states import Found
from knowchain_node.pinning.exchange import Exchange, read_json
from knowchain_node.pinning.targets import Pieces, PinRefused, TargetUnready

__all__ = ["Kubo", "KuboRpc"]

_RPC: Final = "/api/v0"


class KuboRpc:
    """The calls. Each raises TargetUnready if Kubo gives no proper answer, PinRefused if it says no.

    Args:
        exchange: with Kubo's RPC.
    """

    def __init__(self, exchange: Exchange) -> None:
        self._exchange = exchange

    async def id(self) -> str:
        """Its peer id."""
        return str((await self._call("id")).get("ID", ""))

    async def version(self) -> str:
        """Its version, such as ``0.42.0``."""
        return str((await self._call("version")).get("Version", ""))

    async def import_car(self, pieces: AsyncGenerator[bytes, None]) -> None:
        """Give it the blocks of a CAR. Nothing is pinned by that; what came of it is to be looked at."""
        boundary = secrets.token_hex(16)
        query = {"pin-roots": "false", "stats": "true"}
        sending = _as_form(pieces, boundary)
        async with self._exchange.ask(
            "POST",
            f"{_RPC}/dag/import",
            query,
            stream=sending,
            content_type=f"multipart/form-data; boundary={boundary}",
        ) as response:
            await self._check(response)
            async for row in self._rows(response):
                root = row.get("Root")
                if isinstance(root, dict) and root.get("PinErrorMsg"):
                    raise self._refused(str(root["PinErrorMsg"]))

    async def block_size(self, cid: Cid) -> int | None:
        """The size of a block that it has, in bytes; None if it has none. It asks nobody else."""
        try:
            found = await self._call("block/stat", {"arg": str(cid), "offline": "true"})
        except PinRefused:
            return None
        size = found.get("Size")
        if type(size) is not int:
            raise self._exchange.unready("its answer to block/stat can't be read", blames_pin=True)
        return size

    async def pin_add(self, cid: Cid, name: str) -> bool:
        """Pin what it has, with all beneath; False if it ended without saying that it did."""
        query = {"arg": str(cid), "recursive": "true", "progress": "true", "offline": "true", "name": name}
        async with self._exchange.ask("POST", f"{_RPC}/pin/add", query) as response:
            await self._check(response)
            done = False
            async for row in self._rows(response):
                done = done or bool(row.get("Pins"))
        return done

    async def pin_rm(self, cid: Cid) -> None:
        """Unpin it."""
        await self._call("pin/rm", {"arg": str(cid), "recursive": "true"})

    async def pin_named(self, cid: Cid) -> str | None:
        """The name of the recursive pin of ``cid``, empty if it has none; None if there is no such pin."""
        try:
            found = await self._call("pin/ls", {"arg": str(cid), "type": "recursive", "names": "true"})
        except PinRefused:
            return None
        keys = found.get("Keys")
        pin = next(iter(keys.values()), None) if isinstance(keys, dict) else None
        if not isinstance(pin, dict):
            raise self._exchange.unready("its answer to pin/ls can't be read", blames_pin=True)
        return str(pin.get("Name") or "")

    async def pins(self) -> AsyncIterator[tuple[Cid, str]]:
        """Every recursive pin with its name, as Kubo lists them."""
        query = {"type": "recursive", "stream": "true", "names": "true"}
        async with self._exchange.ask("POST", f"{_RPC}/pin/ls", query) as response:
            await self._check(response)
            async for row in self._rows(response):
                try:
                    cid = parse_cid(str(row.get("Cid")))
                except InvalidValue:
                    continue
                yield cid, str(row.get("Name") or "")

    # --- inside ------------------------------------------------------------------------------------------

    async def _call(self, command: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        async with self._exchange.ask("POST", f"{_RPC}/{command}", query) as response:
            await self._check(response)
            value = await read_json(response)
        if not isinstance(value, dict):
            raise self._exchange.unready(f"its answer to {command} can't be read", blames_pin=True)
        return value

    async def _check(self, response: aiohttp.ClientResponse) -> None:
        if response.status == 200:
            return
        value = await read_json(response)
        if isinstance(value, dict) and isinstance(value.get("Message"), str):
            raise self._refused(value["Message"])
        if response.status in (404, 405):
            raise TargetUnready(
                self._exchange.target,
                f"there is no RPC of Kubo at its URL (status {response.status})",
                remedy="give the URL of Addresses.API, such as http://127.0.0.1:5001",
            )
        raise self._exchange.unready(f"it answers with status {response.status}", blames_pin=True)

    def _refused(self, message: str) -> PinRefused:
        return PinRefused(self._exchange.target, self._exchange.clean(message))

    async def _rows(self, response: aiohttp.ClientResponse) -> AsyncIterator[dict[str, Any]]:
        async for line in response.content:
            if not line.strip():
                continue
            try:
                row = json.loads(line)
            except (ValueError, RecursionError):
                row = None
            if not isinstance(row, dict):
                raise self._exchange.unready("its answer can't be read", blames_pin=True)
            yield row


async def _as_form(pieces: AsyncGenerator[bytes, None], boundary: str) -> AsyncGenerator[bytes, None]:
    """The one file of a form."""
    yield (
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="knowchain.car"\r\n'
        "Content-Type: application/vnd.ipld.car\r\n\r\n"
    ).encode()
    async for piece in pieces:
        yield piece
    yield f"\r\n--{boundary}--\r\n".encode()


class Kubo:
    """A :class:`~knowchain_node.pinning.targets.Target`."""

    def __init__(self, name: str, exchange: Exchange) -> None:
        self.name = name
        self._exchange = exchange
        self._rpc = KuboRpc(exchange)

    async def greet(self) -> str:
        """Its version and peer id."""
        version, peer = await self._rpc.version(), await self._rpc.id()
        return f"Kubo {version[:32]}, {peer[:64]}"

    async def find(self, cid: Cid, request: str) -> Found | None:  # noqa: ARG002 - Kubo names a pin by its CID
        """The pin, if there is one."""
        name = await self._rpc.pin_named(cid)
        return None if name is None else Found(cid, "pinned", name=name)

    async def pin(self, cid: Cid, name: str, pieces: Pieces, replacing: str) -> Found:  # noqa: ARG002
        """Pin what is there already, or bring it and pin it then; and see that it is pinned."""
        if not await self._has_pinned(cid, name):
            await self._rpc.import_car(pieces())
            if not await self._rpc.pin_add(cid, name):
                raise PinRefused(self.name, "it ended without pinning; its log says why")
        if await self._rpc.block_size(cid) is None or await self._rpc.pin_named(cid) is None:
            raise PinRefused(self.name, "it said that it pinned it, and did not")
        return Found(cid, "pinned", name=name)

    async def _has_pinned(self, cid: Cid, name: str) -> bool:
        try:
            return await self._rpc.block_size(cid) is not None and await self._rpc.pin_add(cid, name)
        except PinRefused:
            return False  # not all of it is there

    async def unpin(self, cid: Cid, request: str) -> None:  # noqa: ARG002
        """Unpin it. Its blocks go with Kubo's next collection, unless another pin keeps them."""
        if await self._rpc.pin_named(cid) is not None:
            await self._rpc.pin_rm(cid)

    async def pins(self) -> AsyncIterator[Found]:
        """Every recursive pin."""
        async for cid, name in self._rpc.pins():
            yield Found(cid, "pinned", name=name)

    async def close(self) -> None:
        """Close its connections."""
        await self._exchange.close()
