"""Blocks over bitswap from one of our peers to another, beside libp2p's own, mended so that it answers.

The yardstick is py-libp2p's client over Noise, yamux and TCP. It answers on a stream of its own, keeps in
memory what it wanted if that is what its name says, and is asked for all blocks by name. Ours walks the DAG,
checks every block, and passes it through the network's process. All four ends are processes; ours
have a network process each.
"""

from __future__ import annotations

import asyncio
import hashlib
import io
import logging
import multiprocessing
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any, Final

from benchmarks.report import Row, print_table
from knowchain import codec
from knowchain.content.blocks import MemoryBlocks
from knowchain.content.importing import import_file
from knowchain.content.profiles import PROFILES
from knowchain.home import Home, begin
from knowchain.home.content import NewContent, add_content
from knowchain.home.serving import ServedBlocks
from knowchain.identifiers import DAG_CBOR, Cid, cid_of
from knowchain_node.bitswap.exchange import Exchange
from knowchain_node.bitswap.fetching import fetch_dag
from knowchain_node.bitswap.giving import HeldBlocks
from knowchain_node.network import NetworkConfig, NetworkService

SIZE: Final = 40_000_000
RECORDS: Final = 4000
ROUNDS: Final = 5
PATIENCE: Final = 120.0


def _material(scale: float) -> tuple[MemoryBlocks, dict[str, tuple[Cid, list[Cid]]]]:
    """Blocks, and for a file in either profile and for records: the root, and what it links to."""
    blocks, found = MemoryBlocks(), dict[str, tuple[Cid, list[Cid]]]()
    data = random.Random(1).randbytes(max(2**21, int(SIZE * scale)))
    for name, profile in PROFILES.items():
        own = MemoryBlocks()
        root = import_file(io.BytesIO(data).read, own, profile).cid
        for cid in own.cids():
            blocks.put(cid, own.get(cid))
        found[name] = root, [cid for cid in own.cids() if cid != root]
    records = []
    for number in range(max(100, int(RECORDS * scale))):
        block = codec.encode({"number": number, "body": random.Random(number).randbytes(420)})
        records.append(cid_of(block, DAG_CBOR))
        blocks.put(records[-1], block)
    block = codec.encode([*records])
    blocks.put(cid_of(block, DAG_CBOR), block)
    found["records"] = cid_of(block, DAG_CBOR), records
    return blocks, found


# --- ours --------------------------------------------------------------------------------------------------


def _give(home: str, scale: float, told: Connection) -> None:
    """Serve a home's blocks, or those in memory where ``home`` is empty."""

    async def serve(blocks: HeldBlocks) -> None:
        async with NetworkService(NetworkConfig(os.urandom(32))) as network:
            await network.ready()
            running = asyncio.create_task(Exchange(network, blocks, _nobody).run())
            await network.peers()  # answered after the protocols are served
            told.send(network.listening[0])
            await asyncio.to_thread(told.recv)
            running.cancel()

    if not home:
        asyncio.run(serve(_material(scale)[0]))
        return
    with Home.open(Path(home)) as opened:
        asyncio.run(serve(ServedBlocks(opened)))


def _take(address: str, told: Connection) -> None:
    """Fetch each root that is told, into a file, and say how long it took."""

    async def fetch() -> None:
        async with NetworkService(NetworkConfig(os.urandom(32), listen=())) as network:
            await network.ready()
            exchange = Exchange(network, None, _nobody)
            running = asyncio.create_task(exchange.run())
            peer = await network.connect(address)

            async def known() -> list[str]:
                return [peer]

            told.send("ready")
            while (asked := await asyncio.to_thread(told.recv)) != "end":
                with tempfile.TemporaryFile() as file:
                    begun = time.perf_counter()
                    await fetch_dag(exchange, Cid.parse(asked[0]), file, [known])
                    told.send(time.perf_counter() - begun)
            running.cancel()

    asyncio.run(fetch())


def _nobody(_peer: str, _fault: float) -> None:
    pass


# --- the yardstick -----------------------------------------------------------------------------------------


def _libp2p(scale: float, address: str, told: Connection) -> None:
    """Serve the blocks in memory, or fetch what is told from ``address``, with libp2p's client."""
    os.environ["PY_YAMUX_RELEASE_ON_READ"] = "0"
    import trio

    logging.disable(logging.CRITICAL)
    trio.run(_with_libp2p, scale, address, told)


async def _with_libp2p(scale: float, address: str, told: Connection) -> None:
    import trio
    from libp2p.bitswap import parse_cid
    from libp2p.peer.peerinfo import info_from_p2p_addr
    from multiaddr import Multiaddr

    host, store = _libp2p_host(), _checking_store()
    blocks, _ = _material(scale) if not address else (MemoryBlocks(), {})
    for cid in blocks.cids():
        await store.put_block(parse_cid(bytes(cid)), blocks.get(cid))
    async with host.run([Multiaddr("/ip4/127.0.0.1/tcp/0")]), trio.open_nursery() as nursery:
        client = _answering_client(host, store)
        store.client = client if address else None
        client.set_nursery(nursery)
        await client.start()
        if not address:
            told.send(str(host.get_addrs()[0]))
            await trio.to_thread.run_sync(told.recv)
        else:
            info = info_from_p2p_addr(Multiaddr(address))
            await host.connect(info)
            told.send("ready")
            while (asked := await trio.to_thread.run_sync(told.recv)) != "end":
                cids = [bytes(Cid.parse(text)) for text in asked]
                begun = time.perf_counter()
                got = await client.new_session().get_blocks_batch(
                    cids, info.peer_id, timeout=PATIENCE, batch_size=len(cids)
                )
                told.send(time.perf_counter() - begun)
                assert len(got) == len(cids)
                for cid in cids:
                    await store.delete_block(parse_cid(cid))
        nursery.cancel_scope.cancel()


def _libp2p_host() -> Any:
    from libp2p import new_host
    from libp2p.crypto.ed25519 import create_new_key_pair
    from libp2p.crypto.x25519 import create_new_key_pair as noise_key_pair
    from libp2p.custom_types import TProtocol
    from libp2p.security.noise.transport import PROTOCOL_ID, Transport
    from libp2p.stream_muxer.yamux.yamux import PROTOCOL_ID as YAMUX
    from libp2p.stream_muxer.yamux.yamux import Yamux

    keys = create_new_key_pair()
    noise = Transport(keys, noise_privkey=noise_key_pair().private_key)
    return new_host(key_pair=keys, sec_opt={PROTOCOL_ID: noise}, muxer_opt={TProtocol(YAMUX): Yamux})


def _checking_store() -> Any:
    """libp2p's store, which by itself keeps whatever comes: blocks are hashed, and must be wanted."""
    from libp2p.bitswap import MemoryBlockStore, parse_cid

    class Checking(MemoryBlockStore):
        client: Any = None

        async def put_block(self, cid: Any, data: bytes) -> None:
            named = parse_cid(cid)
            wanted = self.client is None or self.client.sim.get_interested_sessions(named)
            if wanted and hashlib.sha256(data).digest() == named.buffer[-32:]:
                await super().put_block(named, data)

    return Checking()


def _answering_client(host: Any, store: Any) -> Any:
    """libp2p's client, but answering on a stream that it opens, in messages of one MiB."""
    from libp2p.bitswap import BitswapClient, get_cid_prefix, parse_cid
    from libp2p.bitswap.messages import create_message
    from libp2p.custom_types import TProtocol

    class Answering(BitswapClient):
        async def _process_wantlist(self, wantlist: Any, peer_id: Any, stream: Any) -> None:  # noqa: ARG002
            wanted = [parse_cid(entry.block) for entry in wantlist.entries if not entry.cancel]
            if wanted:
                self._nursery.start_soon(self._answer, peer_id, wanted)

        async def _answer(self, peer: Any, wanted: list[Any]) -> None:
            stream = await self.host.new_stream(peer, [TProtocol(one) for one in self.supported_protocols])
            part, size = [], 0
            for cid in wanted:
                data = await self.block_store.get_block(cid)
                if data is None:
                    continue
                part.append((get_cid_prefix(cid), data))
                size += len(data)
                if size >= 2**20:
                    await self._write_message(stream, create_message(blocks_v110=part))
                    part, size = [], 0
            if part:
                await self._write_message(stream, create_message(blocks_v110=part))
            await stream.close()

    return Answering(host, store)


# --- together ----------------------------------------------------------------------------------------------


class _Pair:
    """One end that gives and one that takes, each a process."""

    def __init__(self, give: Callable[[Connection], Any], take: Callable[[str, Connection], Any]) -> None:
        ours, theirs = multiprocessing.get_context("spawn").Pipe()
        self._giver = give(theirs)
        self._giver.start()
        self._ends = [ours]
        address = ours.recv()
        self._end, theirs = multiprocessing.get_context("spawn").Pipe()
        self._taker = take(address, theirs)
        self._taker.start()
        self._end.recv()
        self._ends.append(self._end)

    def seconds(self, cids: list[Cid]) -> float:
        """To fetch what is named."""
        self._end.send([str(cid) for cid in cids])
        if not self._end.poll(PATIENCE):
            raise TimeoutError("nothing came")
        return float(self._end.recv())

    def close(self) -> None:
        for end in self._ends:
            end.send("end")
        for process in (self._taker, self._giver):
            process.join(20)
            if process.is_alive():
                process.terminate()


def rows(scale: float = 1.0) -> list[Row]:
    """40 MB and 4,000 records at scale 1."""
    process = multiprocessing.get_context("spawn").Process
    _, material = _material(scale)
    with tempfile.TemporaryDirectory(prefix="knowchain-bitswap-") as name:
        home, file_root, size = _home_with_a_file(Path(name), scale)
        libp2p = _Pair(
            lambda end: process(target=_libp2p, args=(scale, "", end)),
            lambda address, end: process(target=_libp2p, args=(scale, address, end)),
        )
        ours, homely = (
            _Pair(
                lambda end, where=where: process(target=_give, args=(where, scale, end)),  # type: ignore[misc]
                lambda address, end: process(target=_take, args=(address, end)),
            )
            for where in ("", str(home))
        )
        try:
            return _measured(libp2p, ours, homely, material, file_root, size)
        finally:
            for pair in (libp2p, ours, homely):
                pair.close()


def _home_with_a_file(folder: Path, scale: float) -> tuple[Path, Cid, int]:
    size = max(2**21, int(SIZE * scale))
    (folder / "file").write_bytes(random.Random(1).randbytes(size))
    begin(folder / "home", name="Ada", recovery_file=folder / "recovery")
    with Home.open(folder / "home") as home:
        return folder / "home", add_content(home, NewContent(str(folder / "file"))).cid, size


def _measured(
    libp2p: _Pair,
    ours: _Pair,
    homely: _Pair,
    material: dict[str, tuple[Cid, list[Cid]]],
    file_root: Cid,
    size: int,
) -> list[Row]:
    times: dict[str, list[tuple[float, float]]] = {}
    for _ in range(ROUNDS):
        for name, (root, leaves) in material.items():
            yardstick = libp2p.seconds(leaves)
            times.setdefault(name, []).append((ours.seconds([root]), yardstick))
            if root == file_root:
                times.setdefault("home", []).append((homely.seconds([file_root]), yardstick))
    found = []
    for name, pairs in times.items():
        own, other = (statistics.median(column) for column in zip(*pairs, strict=True))
        if name == "records":
            count = len(material[name][1])
            label, unit, amount = "records over bitswap, 0.5 KB each", "/s", float(count)
        else:
            what = "from a home, blocks of 1 MiB" if name == "home" else f"from memory, {name}"
            label, unit, amount = f"a file over bitswap {what}", "MB/s", size / 1e6
        ratio = other / own
        found.append(Row(label, amount / own, amount / other, ratio, ">= 0.8", ratio >= 0.8, unit))
    return found


if __name__ == "__main__":
    print_table(rows(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
