"""A peer as a process of its own, for tests that kill it: HOME, then addresses to stay connected with.

Says its own address in a line, then obeys lines: ``say COUNT`` signs notes, anything else is answered with
the number of records held.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from knowchain.home import Home, author
from knowchain.records.bodies import KINDS
from knowchain_node.network import Limits, NetworkConfig
from knowchain_node.peer import Peer, transport_seed


async def main(root: Path, keep: tuple[str, ...]) -> None:
    with Home.open(root) as home:
        limits = Limits(connections_per_ip=100)
        config = NetworkConfig(transport_seed(home), keep=keep, limits=limits)
        async with Peer(home, config, keep="all", sync_seconds=2.0, introductions=False) as peer:
            await peer.network.ready()
            print(peer.network.listening[0], flush=True)
            while line := await asyncio.to_thread(sys.stdin.readline):
                word, _, count = line.strip().partition(" ")
                for _ in range(int(count) if word == "say" else 0):
                    await asyncio.to_thread(author, home, "note", KINDS["note"].example)
                print(home.store.reader().last_arrival(), flush=True)


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), tuple(sys.argv[2:])))
