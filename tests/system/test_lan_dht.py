"""Two peers and a Kubo between them: over its DHT one finds what the other keeps."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from knowchain.home import Home, begin
from knowchain.home.content import NewContent, add_content
from knowchain.identifiers import Cid

LETTER = b"Annwyl Ada, " * 50_000


@dataclass(frozen=True)
class Scene:
    """A Kubo that serves the DHT of the local network, and a peer that keeps a letter."""

    kubo: Any
    keeper: Any
    letter: Cid


@pytest.fixture(scope="module")
def scene(need_program: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    from system_programs import kubo_daemon, running_peer, waited

    place = tmp_path_factory.mktemp("dht")
    changed = {"Routing__Type": "dhtserver", "Routing__LoopbackAddressesOnLanDHT": True}
    begin(place / "home", name="Ada", recovery_file=place / "recovery")
    (place / "letter").write_bytes(LETTER)
    with Home.open(place / "home") as home:
        letter = add_content(home, NewContent(str(place / "letter"))).cid
    with (
        kubo_daemon(need_program("kubo"), place, **changed) as kubo,
        running_peer(place, "dht.lan=true", f"network.bootstrap={kubo.address}") as keeper,
    ):
        waited(lambda: keeper.status()["activity"].get("dht", {}).get("told", 0) > 0, keeper.process)
        yield Scene(kubo, keeper, letter)


def test_kubo_finds_us_by_what_we_keep(scene: Scene) -> None:
    found = scene.kubo("--timeout=30s", "routing", "findprovs", "--num-providers=1", str(scene.letter))
    assert found.decode().split() == [scene.keeper.status()["peer"]]


def test_who_knows_kubo_alone_fetches_from_us(scene: Scene, tmp_path: Path) -> None:
    from system_programs import running_peer, waited

    begin(tmp_path / "home", name="Bob", recovery_file=tmp_path / "recovery")
    settings = ("dht.lan=true", "bitswap.serve=false", f"network.bootstrap={scene.kubo.address}")
    with running_peer(tmp_path, *settings) as seeker:
        waited(lambda: seeker.status()["activity"].get("dht", {}).get("servers", 0) > 0, seeker.process)
        done = seeker.knowchain("content", "fetch", str(scene.letter))
        assert done.returncode == 0, done.stderr.decode()
        assert scene.keeper.status()["peer"] in done.stderr.decode()
        told = seeker.knowchain("node", "status").stdout.decode()
        assert "servers in the local network" in told
        assert "gives nothing (bitswap.serve is false)" in told
    with Home.open(tmp_path / "home") as home:
        assert home.content.has(scene.letter)
