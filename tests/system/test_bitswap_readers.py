"""Bitswap with software that nobody here wrote: Kubo and Helia fetch from us, and we from them."""

from __future__ import annotations

import hashlib
import json
import random
import re
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from knowchain.home import Home, begin
from knowchain.home.content import NewContent, add_content
from knowchain.home.publishing import Publication, publish
from knowchain.identifiers import Cid, raw_twin

HELIA = Path(__file__).parents[1] / "js" / "gateway" / "bitswap.mjs"
BIG = random.Random(7).randbytes(20_000_000)
PAGES = 2500
LETTERS = 40
"""Helia asks for one block at a time, with a pause before each."""


@dataclass(frozen=True)
class Held:
    """A peer that runs, and what it holds."""

    peer: Any
    folder: Cid
    letters: Cid
    big: Cid
    body: Cid
    twin: Cid


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("bitswap")


@pytest.fixture(scope="module")
def held(place: Path) -> Iterator[Held]:
    from system_programs import running_peer

    files = place / "scans"
    (files / "many").mkdir(parents=True)
    (files / "big.bin").write_bytes(BIG)
    for n in range(PAGES):
        (files / "many" / f"page {n}.txt").write_text(f"page {n}")
    (place / "letters").mkdir()
    for n in range(LETTERS):
        (place / "letters" / f"letter {n}.txt").write_text(f"letter {n}")
    begin(place / "home", name="Ada", recovery_file=place / "recovery")
    with Home.open(place / "home") as home:
        folder = add_content(home, NewContent(str(files))).cid
        letters = add_content(home, NewContent(str(place / "letters"))).cid
        big = add_content(home, NewContent(str(files / "big.bin"))).cid
        made = publish(home, Publication({"title": {"cy": ["Hen benillion"]}, "access": "public"}))
        stored = home.store.reader().record(made.id)
        assert stored is not None
        link = stored.block.header.body
        assert link is not None
    with running_peer(place, "gateway.listen=127.0.0.1:0") as peer:
        yield Held(peer, folder, letters, big, link.cid, raw_twin(made.id))


@pytest.fixture(scope="module")
def kubo(need_program: Callable[[str], Path], place: Path, held: Held) -> Iterator[Any]:
    """A Kubo that knows nobody but us, and is connected with us."""
    from system_programs import kubo_daemon

    with kubo_daemon(need_program("kubo"), place) as ipfs:
        ipfs("swarm", "connect", held.peer.address)
        yield ipfs


# --- Kubo --------------------------------------------------------------------------------------------------


def test_kubo_pins_a_file_straight_from_us(kubo: Any, held: Held) -> None:
    kubo("--timeout=60s", "pin", "add", str(held.big))
    assert hashlib.sha256(kubo("cat", str(held.big))).digest() == hashlib.sha256(BIG).digest()


def test_kubo_pins_a_folder_with_everything_in_it(kubo: Any, held: Held) -> None:
    kubo("--timeout=60s", "pin", "add", "--recursive", str(held.folder))
    assert len(kubo("ls", f"{held.folder}/many").splitlines()) == PAGES


def test_kubo_pins_a_body_and_a_record_by_its_raw_twin(kubo: Any, held: Held) -> None:
    for cid in (held.body, held.twin):
        kubo("--timeout=30s", "pin", "add", str(cid))
        assert kubo("block", "get", str(cid))


def test_kubo_finds_us_by_the_routing_of_our_gateway(
    need_program: Callable[[str], Path], held: Held, tmp_path: Path
) -> None:
    """It is not connected with us, and fetches nothing over HTTP."""
    from system_programs import kubo_daemon

    router = held.peer.status()["activity"]["gateway"]["url"]
    changed = {"Routing__Type": "delegated", "Routing__DelegatedRouters": [router]}
    with kubo_daemon(need_program("kubo"), tmp_path, HTTPRetrieval={"Enabled": False}, **changed) as ipfs:
        ipfs("--timeout=60s", "pin", "add", str(held.letters))
        assert len(ipfs("ls", str(held.letters)).splitlines()) == LETTERS


def test_we_fetch_a_file_and_a_folder_from_kubo(kubo: Any, held: Held, place: Path) -> None:
    theirs = place / "theirs"
    (theirs / "inner").mkdir(parents=True)
    data = random.Random(8).randbytes(5_000_000)
    (theirs / "big.bin").write_bytes(data)
    (theirs / "inner" / "a.txt").write_text("a")
    root = kubo("add", "-r", "-Q", "--cid-version=0", str(theirs)).decode().strip()
    assert root.startswith("Qm")
    done = held.peer.knowchain("content", "fetch", root, "--from", kubo.address)
    assert done.returncode == 0, done.stderr.decode()
    cid = re.search(r"bafy\w+", done.stdout.decode())
    assert cid is not None
    assert (
        held.peer.knowchain("content", "get", f"{cid[0]}/big.bin", "-o", str(place / "back")).returncode == 0
    )
    assert (place / "back").read_bytes() == data


def test_without_a_running_peer_the_command_fetches_from_kubo(kubo: Any, tmp_path: Path) -> None:
    from system_programs import knowchain

    file = tmp_path / "letter.txt"
    file.write_text("Annwyl Ada")
    root = kubo("add", "-Q", "--cid-version=1", str(file)).decode().strip()
    begin(tmp_path / "home", name="Ada", recovery_file=tmp_path / "recovery")
    done = knowchain(tmp_path, "content", "fetch", root, "--from", kubo.address)
    assert done.returncode == 0, done.stderr.decode()
    assert knowchain(tmp_path, "content", "get", root, "-o", str(tmp_path / "back")).returncode == 0
    assert (tmp_path / "back").read_text() == "Annwyl Ada"


def test_what_kubo_has_not_ends_with_a_clear_error(kubo: Any, held: Held) -> None:
    elsewhere = "bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"
    done = held.peer.knowchain("content", "fetch", elsewhere, "--from", kubo.address)
    assert done.returncode != 0
    assert f"no peer that can be asked has block {elsewhere}" in done.stderr.decode()


def test_the_operator_sees_what_was_given(kubo: Any, held: Held) -> None:
    kubo("--timeout=30s", "block", "get", str(held.body))
    told = held.peer.knowchain("node", "status").stdout.decode()
    assert re.search(r"^Bitswap +\d+ blocks given", told, re.M), told
    given = re.search(r"^knowchain_bitswap_blocks_out (\S+)$", held.peer.get("/metrics").decode(), re.M)
    assert given is not None
    assert float(given[1]) > 0


# --- Helia -------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def helia(need_program: Callable[[str], Path]) -> Callable[..., Any]:
    """``helia("cat", ADDRESS, CID)`` runs a Helia node under Node 22."""
    node = need_program("node22")

    def run(*words: object) -> Any:
        command = [node, HELIA, *map(str, words)]
        done = subprocess.run(command, capture_output=True, timeout=120, check=False)
        assert done.stdout, done.stderr.decode()
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_helia_reads_a_file_from_us(helia: Any, held: Held) -> None:
    found = helia("cat", held.peer.address, held.big)
    assert found == {"bytes": len(BIG), "sha256": hashlib.sha256(BIG).hexdigest()}


def test_helia_pins_a_folder_with_everything_in_it(helia: Any, held: Held) -> None:
    found = helia("pin", held.peer.address, held.letters)
    assert found["blocks"] > LETTERS


def test_helia_reads_a_record_by_its_raw_twin(helia: Any, held: Held) -> None:
    assert helia("block", held.peer.address, held.twin)["bytes"] > 100


def test_we_fetch_a_file_from_helia(need_program: Callable[[str], Path], held: Held, place: Path) -> None:
    data = random.Random(9).randbytes(3_000_000)
    (place / "from-helia").write_bytes(data)
    command = [need_program("node22"), HELIA, "give", place / "from-helia"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        try:
            assert process.stdout is not None
            told = json.loads(process.stdout.readline())
            done = held.peer.knowchain("content", "fetch", told["cid"], "--from", told["address"])
            assert done.returncode == 0, done.stderr.decode()
        finally:
            process.kill()
    back = place / "back-from-helia"
    assert held.peer.knowchain("content", "get", told["cid"], "-o", str(back)).returncode == 0
    assert back.read_bytes() == data
