"""What its publisher took back is not given over bitswap; its header is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from knowchain.home import Home, begin
from knowchain.home.files import DiskFiles
from knowchain.home.publishing import Publication, publish
from knowchain.home.saying import Withdrawal, withdraw
from knowchain.home.serving import ServedBlocks
from knowchain.identifiers import raw_twin
from knowchain_node.bitswap.wire import Entry, encode
from knowchain_node.dht.offering import Offer


async def told(world: Any, stranger: Any, ours: Any, *cids: Any) -> dict[Any, bool]:
    """Of each CID, whether its block was given (True) or said not to be here."""
    stranger.told.clear()
    await stranger.send(ours.network.peer_id, encode([Entry(cid, dont_have=True) for cid in cids]))

    def answers() -> dict[Any, bool]:
        found = {block.cid: True for message in stranger.told for block in message.blocks}
        return found | {p.cid: False for message in stranger.told for p in message.presences}

    await world.until(lambda: len(answers()) == len(cids))
    return answers()


async def test_a_body_and_a_file_are_given_until_they_are_withdrawn(world: Any, tmp_path: Path) -> None:
    begin(tmp_path / "home", name="Ada", recovery_file=tmp_path / "recovery")
    (tmp_path / "scan").write_bytes(b"a scan")
    with Home.open(tmp_path / "home") as home:
        work = Publication({"title": {"en": ["A work"]}, "access": "public"})
        made = publish(home, work, DiskFiles([tmp_path / "scan"]))
        stored = home.store.reader().record(made.id)
        assert stored is not None
        assert stored.block.header.body is not None
        body, header = stored.block.header.body.cid, raw_twin(made.id)
        (file,) = (one.cid for one in made.files)
        ours = await world.peer(blocks=ServedBlocks(home))
        stranger = await world.stranger(ours)
        assert set((await told(world, stranger, ours, body, file, header)).values()) == {True}
        assert {file.multihash, header.multihash} <= set(Offer(home).keys())
        withdraw(home, Withdrawal((str(made.id),), reason="mistake"))
        after = await told(world, stranger, ours, body, file, header)
        assert after == {body: False, file: False, header: True}
        offered = set(Offer(home).keys())
        assert file.multihash not in offered
        assert header.multihash in offered
