"""The gateway of a peer, started as a user starts it, and read with software that nobody here wrote."""

from __future__ import annotations

import hashlib
import json
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import pytest
from system_programs import waited

from knowchain.content.car import read_car
from knowchain.home import Home, begin
from knowchain.home.content import NewContent, add_content
from knowchain.home.publishing import Publication, publish
from knowchain.identifiers import Cid, raw_twin

ROOT = Path(__file__).parents[2]
JS = ROOT / "tests" / "js"
READER = JS / "gateway" / "read.mjs"
BIG = random.Random(7).randbytes(30_000_000)
CONFORMANCE = "KNOWCHAIN_CONFORMANCE"


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass(frozen=True)
class Peer:
    """What runs, and what it holds."""

    url: str
    folder: Cid
    big: Cid
    body: Cid
    record: Cid


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("gateway")


@pytest.fixture(scope="module")
def peer(place: Path) -> Iterator[Peer]:
    files = place / "scans"
    (files / "many").mkdir(parents=True)
    (files / "big.bin").write_bytes(BIG)
    for n in range(3000):
        (files / "many" / f"page {n}.txt").write_text(f"page {n}")
    begin(place / "home", name="Ada", recovery_file=place / "recovery")
    with Home.open(place / "home") as home:
        folder = add_content(home, NewContent(str(files))).cid
        big = add_content(home, NewContent(str(files / "big.bin"))).cid
        made = publish(home, Publication({"title": {"cy": ["Hen benillion"]}, "access": "public"}))
        stored = home.store.reader().record(made.id)
        assert stored is not None
        link = stored.block.header.body
        assert link is not None
    yield from _running(place, Peer("", folder, big, link.cid, made.id))


def _running(place: Path, held: Peer) -> Iterator[Peer]:
    log = (place / "log").open("w+b")
    command = [Path(sys.executable).parent / "knowchain", "--home", place / "home", "node", "run"]
    settings = ("api.port=0", "network.enabled=false", "gateway.listen=127.0.0.1:0", "log.format=json")
    process = subprocess.Popen(
        [*command, *(word for one in settings for word in ("--set", one))], stdout=log, stderr=log
    )
    try:

        def url() -> str | None:
            text = (place / "log").read_text()
            found = re.search(r'"the gateway answers", "url": "([^"]+)"', text)
            return found[1] if found else None

        yield Peer(waited(url, process), held.folder, held.big, held.body, held.record)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


def fetched(url: str, **headers: str) -> bytes:
    with urlopen(Request(url, headers=headers), timeout=30) as answer:
        data: bytes = answer.read()
    return data


def knowchain(place: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = Path(sys.executable).with_name("knowchain")
    home = ("--home", str(place / "home"))
    return subprocess.run([command, *home, *words], capture_output=True, timeout=60, check=False)


def test_the_operator_sees_where_it_is_and_what_it_gave(peer: Peer, place: Path) -> None:
    fetched(f"{peer.url}/ipfs/{peer.body}?format=raw")
    told = knowchain(place, "node", "status").stdout.decode()
    assert f"Gateway      {peer.url}" in told
    api = json.loads((place / "home" / "api.json").read_text())["url"]
    figures = fetched(f"{api}/metrics").decode()
    given = re.search(r"^knowchain_gateway_answers_total (\S+)$", figures, re.M)
    assert given is not None
    assert float(given[1]) >= 1


def test_an_address_that_is_taken_ends_the_start_and_names_the_setting(peer: Peer, tmp_path: Path) -> None:
    begin(tmp_path / "home", name="Ada", recovery_file=tmp_path / "recovery")
    taken = peer.url.removeprefix("http://")
    settings = ("api.port=0", "network.enabled=false", f"gateway.listen={taken}")
    done = knowchain(tmp_path, "node", "run", *(word for one in settings for word in ("--set", one)))
    assert done.returncode != 0
    assert f"gateway.listen: the gateway can't listen on {taken}" in done.stderr.decode()
    assert "--set gateway.listen=127.0.0.1:0" in done.stderr.decode()


# --- JavaScript ------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def read(need_program: Callable[[str], Path]) -> Callable[..., Any]:
    """``read("cat", URL, CID)`` runs a reader under Node 22."""
    node = need_program("node22")

    def run(*words: object) -> Any:
        command = [node, READER, *map(str, words)]
        done = subprocess.run(command, capture_output=True, timeout=120, check=False)
        return json.loads(done.stdout.splitlines()[-1])

    return run


def test_helia_reads_a_large_file(read: Any, peer: Peer) -> None:
    assert read("cat", peer.url, peer.big) == {"bytes": len(BIG), "sha256": sha256(BIG)}


def test_helia_reads_a_part_of_it(read: Any, peer: Peer) -> None:
    part = BIG[1_234_567:1_244_567]
    assert read("cat", peer.url, peer.big, 1_234_567, 10_000) == {"bytes": 10_000, "sha256": sha256(part)}


def test_verified_fetch_finds_a_path_in_a_sharded_folder(read: Any, peer: Peer) -> None:
    found = read("fetch", peer.url, f"{peer.folder}/many/page 2999.txt")
    assert found == {"status": 200, "bytes": 9, "sha256": sha256(b"page 2999")}


def test_verified_fetch_reads_a_body(read: Any, peer: Peer) -> None:
    found = read("fetch", peer.url, peer.body)
    assert found["status"] == 200
    assert found["bytes"] > 50


def test_helia_is_told_who_has_a_file(read: Any, peer: Peer) -> None:
    (row,) = read("find", peer.url, peer.big)["found"]
    assert row["protocols"] == ["transport-ipfs-gateway-http"]
    assert row["addresses"] == [f"/ip4/127.0.0.1/tcp/{peer.url.rpartition(':')[2]}/http"]


def test_what_is_not_here_ends_with_an_error_and_not_with_waiting(read: Any, peer: Peer) -> None:
    elsewhere = "bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"
    assert "error" in read("cat", peer.url, elsewhere)
    assert read("find", peer.url, elsewhere) == {"found": []}


def test_ipfs_car_unpacks_what_the_gateway_gives(
    need_program: Callable[[str], Path], peer: Peer, tmp_path: Path
) -> None:
    node = need_program("node22")
    car = tmp_path / "many.car"
    car.write_bytes(fetched(f"{peer.url}/ipfs/{peer.folder}/many?format=car&dag-scope=all"))
    tool = JS / "node_modules" / ".bin" / "ipfs-car"
    many = read_many(car)
    done = subprocess.run(
        [node, tool, "unpack", car, "--root", str(many), "--output", tmp_path / "out"],
        capture_output=True, timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    pages = sorted((tmp_path / "out").rglob("*.txt"))
    assert len(pages) == 3000
    assert all(page.read_text() == page.stem for page in pages)


def test_what_ipfs_car_packs_is_taken_in(need_program: Callable[[str], Path], tmp_path: Path) -> None:
    node = need_program("node22")
    (tmp_path / "scans").mkdir()
    (tmp_path / "scans" / "big.bin").write_bytes(BIG)
    (tmp_path / "scans" / "a.txt").write_text("a")
    car = tmp_path / "scans.car"
    tool = JS / "node_modules" / ".bin" / "ipfs-car"
    packed = subprocess.run(
        [node, tool, "pack", tmp_path / "scans", "--output", car],
        capture_output=True,
        timeout=120,
        check=False,
    )
    assert packed.returncode == 0, packed.stderr.decode()
    begin(tmp_path / "home", name="Ada", recovery_file=tmp_path / "recovery")
    done = knowchain(tmp_path, "--json", "content", "import", str(car))
    assert done.returncode == 0, done.stdout.decode()
    root = json.loads(done.stdout)["content"]["cid"]
    assert root in packed.stdout.decode()
    knowchain(tmp_path, "content", "get", f"{root}/big.bin", "-o", str(tmp_path / "back"))
    assert (tmp_path / "back").read_bytes() == BIG


def read_many(car: Path) -> Cid:
    """The CID of the inner folder: the second block of a CAR over the path to it."""
    blocks = list(read_car([car.read_bytes()]))
    return blocks[1].cid


# --- Kubo --------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kubo(need_program: Callable[[str], Path], place: Path, peer: Peer) -> Iterator[Callable[..., bytes]]:
    """A Kubo daemon that knows nobody but the routing of the gateway, and fetches over HTTP alone."""
    program, repository = need_program("kubo"), place / "kubo"
    environment = {**os.environ, "IPFS_PATH": str(repository)}

    def ipfs(*words: str) -> bytes:
        done = subprocess.run(
            [program, *words], env=environment, capture_output=True, timeout=90, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    ipfs("init", "--empty-repo")
    ipfs("bootstrap", "rm", "--all")
    for key, value in {
        "Addresses.Swarm": ["/ip4/127.0.0.1/tcp/0"],
        "Addresses.API": "/ip4/127.0.0.1/tcp/0",
        "Addresses.Gateway": "/ip4/127.0.0.1/tcp/0",
        "AutoConf.Enabled": False,
        "AutoTLS.Enabled": False,
        "DNS.Resolvers": {},
        "Discovery.MDNS.Enabled": False,
        "HTTPRetrieval": {"Enabled": True, "Allowlist": ["127.0.0.1"]},
        "Ipns.DelegatedPublishers": [],
        "Provide.Enabled": False,
        "Routing.Type": "delegated",
        "Routing.DelegatedRouters": [peer.url],
    }.items():
        ipfs("config", "--json", key, json.dumps(value))
    log = (place / "kubo.log").open("wb")
    daemon = subprocess.Popen([program, "daemon"], env=environment, stdout=log, stderr=log)
    try:
        waited(lambda: b"Daemon is ready" in (place / "kubo.log").read_bytes(), daemon)
        yield ipfs
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(60)
        log.close()


def test_kubo_finds_us_and_fetches_a_file_over_http(kubo: Callable[..., bytes], peer: Peer) -> None:
    assert sha256(kubo("--timeout=60s", "cat", str(peer.big))) == sha256(BIG)


def test_kubo_pins_a_folder_and_a_body_straight_from_us(kubo: Callable[..., bytes], peer: Peer) -> None:
    for cid in (peer.folder, peer.body, raw_twin(peer.record)):
        kubo("--timeout=60s", "pin", "add", str(cid))
    names = kubo("ls", f"{peer.folder}/many").splitlines()
    assert len(names) == 3000


# --- gateway-conformance -----------------------------------------------------------------------------------


def test_gateway_conformance_finds_no_fault(place: Path) -> None:
    """The specification's own tests, where a checkout of them is at hand."""
    source = os.environ.get(CONFORMANCE)
    if not source:
        pytest.skip(f"set {CONFORMANCE} to a checkout of ipfs/gateway-conformance, which no registry gives")
    fixtures = Path(source) / "fixtures"
    begin(place / "conforming" / "home", name="Ada", recovery_file=place / "recovery-2")
    with Home.open(place / "conforming" / "home") as home, home.content.batch() as batch:
        for car in (fixtures / "gateway-raw-block.car", *(fixtures / "trustless_gateway_car").glob("*.car")):
            for cid, block in read_car([car.read_bytes()]):
                batch.put(cid, block)
    nothing = Cid(b"\x01\x55\x00\x00")
    for peer in _running(place / "conforming", Peer("", nothing, nothing, nothing, nothing)):
        specs = "-specs=trustless-block-gateway,trustless-car-gateway"
        done = subprocess.run(
            ["go", "test", "./tests", "-count=1", "-v", specs],
            cwd=source, env={**os.environ, "GATEWAY_URL": peer.url}, capture_output=True, check=False,
        )  # fmt: skip
        out = done.stdout.decode()
        assert "--- FAIL" not in out
        assert out.count("--- PASS") > 400
