"""Kubo's RPC of a peer, started as a user starts it, called with the clients that scripts were written for.

What can be compared is compared with Kubo itself: the same calls of the same client, and the same answers.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import random
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ipfshttpclient
import pytest
from system_programs import waited

from knowchain.home import begin

CLIENT = Path(__file__).parents[1] / "js" / "kubo_rpc" / "client.mjs"
BIG = random.Random(11).randbytes(1_200_000)
TEXT = b"Mary had a little lamb"
ELSEWHERE = "bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"

pytestmark = pytest.mark.filterwarnings("ignore::ipfshttpclient.exceptions.VersionMismatch")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("kubo-rpc")


@pytest.fixture(scope="module")
def tree(place: Path) -> Path:
    """A folder with all that is awkward."""
    root = place / "a tree"
    (root / "scans" / "ü").mkdir(parents=True)
    (root / "empty").mkdir()
    (root / "big.bin").write_bytes(BIG)
    (root / "nothing").write_bytes(b"")
    (root / ".hidden").write_bytes(b"h")
    (root / "scans" / "ü" / "a+b%20c.txt").write_bytes(TEXT)
    (root / "scans" / "1.tif").write_bytes(b"1" * 300_000)
    return root


@pytest.fixture(scope="module")
def peer(place: Path) -> Iterator[str]:
    """The URL of a peer's RPC."""
    begin(place / "home", name="Ada", recovery_file=place / "recovery")
    settings = (
        "api.port=0",
        "network.listen=/ip4/127.0.0.1/tcp/0",
        "network.mdns=false",
        "kubo_rpc.listen=127.0.0.1:0",
        "log.format=json",
    )
    log = (place / "log").open("w+b")
    command = [Path(sys.executable).with_name("knowchain"), "--home", place / "home", "node", "run"]
    process = subprocess.Popen(
        [*command, *(word for one in settings for word in ("--set", one))], stdout=log, stderr=log
    )
    try:

        def url() -> str | None:
            found = re.search(r'"the RPC of Kubo answers", "url": "([^"]+)"', (place / "log").read_text())
            return found[1] if found else None

        yield waited(url, process)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        log.close()


@pytest.fixture(scope="module")
def token(peer: str, place: Path) -> str:
    return (place / "home" / "kubo-rpc.token").read_text().strip()


def connected(url: str, **more: Any) -> Any:
    host, port = url.removeprefix("http://").split(":")
    return ipfshttpclient.connect(f"/ip4/{host}/tcp/{port}/http", **more)


@pytest.fixture(scope="module")
def ours(peer: str, token: str) -> Any:
    """ipfshttpclient with the one setting that the documents state."""
    return connected(peer, auth=("kubo", token))


# --- Kubo itself, for comparison ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def kubo(need_program: Callable[[str], Path], place: Path) -> Iterator[str]:
    """The URL of the RPC of a Kubo that knows nobody."""
    program, repository = need_program("kubo"), place / "kubo"
    environment = {**os.environ, "IPFS_PATH": str(repository)}

    def ipfs(*words: str) -> None:
        subprocess.run([program, *words], env=environment, capture_output=True, timeout=60, check=True)

    ipfs("init", "--empty-repo")
    ipfs("bootstrap", "rm", "--all")
    for key, value in {
        "Addresses.Swarm": [],
        "Addresses.API": "/ip4/127.0.0.1/tcp/0",
        "Addresses.Gateway": [],
        "AutoConf.Enabled": False,
        "AutoTLS.Enabled": False,
        "DNS.Resolvers": {},
        "Discovery.MDNS.Enabled": False,
        "Ipns.DelegatedPublishers": [],
        "Provide.Enabled": False,
        "Routing.Type": "none",
        "Routing.DelegatedRouters": [],
    }.items():
        ipfs("config", "--json", key, json.dumps(value))
    log = (place / "kubo.log").open("wb")
    daemon = subprocess.Popen([program, "daemon", "--offline"], env=environment, stdout=log, stderr=log)
    try:
        waited(lambda: b"Daemon is ready" in (place / "kubo.log").read_bytes(), daemon)
        found = re.search(
            r"RPC API server listening on /ip4/([^/]+)/tcp/(\d+)", (place / "kubo.log").read_text()
        )
        assert found is not None
        yield f"http://{found[1]}:{found[2]}"
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(60)
        log.close()


@pytest.fixture(scope="module")
def theirs(kubo: str) -> Any:
    return connected(kubo)


def rows(added: Any) -> list[dict[str, Any]]:
    found = added if isinstance(added, list) else [added]
    return sorted((dict(row) for row in found), key=lambda row: str(row["Name"]))


def kinds(listed: Any) -> dict[str, str]:
    """The kind of each pin, without the pin that it is reached through."""
    return {cid: pin["Type"].partition(" ")[0] for cid, pin in listed["Keys"].items()}


def ran(call: Callable[[], Any]) -> Any:
    """What a call gives, or that it fails."""
    try:
        return call()
    except ipfshttpclient.exceptions.ErrorResponse:
        return "an error"


FORMS: dict[str, dict[str, Any]] = {
    "by itself": {},
    "version 1": {"cid_version": 1},
    "raw leaves": {"raw_leaves": True},
    "version 1, raw leaves": {"cid_version": 1, "raw_leaves": True},
    "small chunks": {"chunker": "size-20000"},
    "large chunks": {"chunker": "size-1048576", "cid_version": 1, "raw_leaves": True},
    "wrapped": {"wrap_with_directory": True},
    "only the hash": {"only_hash": True},
    "not pinned": {"pin": False},
}


@pytest.mark.parametrize("options", FORMS.values(), ids=FORMS)
def test_ipfshttpclient_gets_the_rows_of_kubo(
    ours: Any, theirs: Any, tree: Path, options: dict[str, Any]
) -> None:
    for add in (
        lambda client: client.add(str(tree), recursive=True, **options),
        lambda client: client.add(str(tree / "big.bin"), str(tree / "nothing"), **options),
        lambda client: client.add(str(tree / "big.bin"), **options),
        lambda client: client.add(io.BytesIO(TEXT), **options),
    ):
        assert rows(add(ours)) == rows(add(theirs))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"cid-codec": "dag-pb"},
        {"cid-codec": "dag-cbor", "mhtype": "sha2-256", "mhlen": 32},
        {"cid-codec": "dag-json"},
        {"format": "v0"},
        {"format": "protobuf"},
        {"format": "cbor"},
        {"format": "raw", "pin": "true"},
        {"mhtype": "no-such"},
        {"format": "v0", "cid-codec": "dag-pb"},
    ],
    ids=str,
)
def test_ipfshttpclient_puts_a_block_under_the_key_of_kubo(
    ours: Any, theirs: Any, options: dict[str, Any]
) -> None:
    def put(client: Any) -> Any:
        return ran(lambda: dict(client.block.put(io.BytesIO(b"\x0a\x00"), opts=dict(options))))

    assert put(ours) == put(theirs)


def test_a_story_that_ipfshttpclient_tells_is_that_of_kubo(ours: Any, theirs: Any, tree: Path) -> None:
    """Add, read, pin, list, unpin, remove; with what goes wrong on the way."""

    def story(client: Any) -> list[Any]:
        root = client.add(str(tree), recursive=True)[-1]["Hash"]
        file = client.add(io.BytesIO(TEXT), pin=False)["Hash"]
        told: list[Any] = [
            client.cat(f"{root}/big.bin") == BIG,
            client.cat(f"/ipfs/{root}/scans/ü/a+b%20c.txt"),
            client.cat(f"{root}/big.bin", offset=262_000, length=500) == BIG[262_000:262_500],
            ran(lambda: client.cat(root)),
            ran(lambda: client.cat(f"{root}/none")),
            ran(lambda: client.cat(ELSEWHERE, offline=True)),
            dict(client.block.stat(root)),
            client.block.get(root),
            kinds(client.pin.ls(root, type="all")),
            kinds(client.pin.ls(f"{root}/scans")),
            ran(lambda: client.pin.ls(file)),
            root in client.pin.ls(type="recursive")["Keys"],
            dict(client.pin.add(file, f"{root}/nothing")),
            dict(client.pin.rm(file)),
            ran(lambda: client.pin.rm(file)),
            ran(lambda: client.pin.rm(f"{root}/scans")),
            [sorted(row) for row in client._client.request("/block/rm", (root, file), decoder="json")],
            ran(lambda: client.cat(file, offline=True)),
        ]
        return json.loads(json.dumps(told, default=str))

    assert story(ours) == story(theirs)


def test_a_stream_of_ipfshttpclient_is_a_stream(ours: Any, tree: Path) -> None:
    cid = ours.add(str(tree / "big.bin"))["Hash"]
    with ours.cat(cid, stream=True) as pieces:
        assert b"".join(pieces) == BIG


def test_what_scripts_keep_stands_among_the_pins_of_the_home(ours: Any, place: Path) -> None:
    cid = ours.add(io.BytesIO(b"kept by a script"), opts={"pin-name": "from a script"})["Hash"]
    done = subprocess.run(
        [Path(sys.executable).with_name("knowchain"), "--home", place / "home", "content", "pins"],
        capture_output=True, timeout=60, check=True,
    )  # fmt: skip
    assert "from a script" in done.stdout.decode()
    assert ours.cat(cid) == b"kept by a script"


def test_without_the_setting_nothing_is_answered(peer: str, token: str) -> None:
    with pytest.raises(ipfshttpclient.exceptions.ErrorResponse, match="token"):
        connected(peer)
    with pytest.raises(ipfshttpclient.exceptions.ErrorResponse, match="token"):
        connected(peer, auth=("kubo", token + "x"))


def test_a_token_that_others_may_read_ends_the_start(tmp_path: Path) -> None:
    begin(tmp_path / "home", name="Ada", recovery_file=tmp_path / "recovery")
    (tmp_path / "home" / "kubo-rpc.token").write_text("t" * 43)
    (tmp_path / "home" / "kubo-rpc.token").chmod(0o644)
    settings = ("api.port=0", "network.enabled=false", "kubo_rpc.listen=127.0.0.1:0")
    done = subprocess.run(
        [Path(sys.executable).with_name("knowchain"), "--home", tmp_path / "home", "node", "run",
         *(word for one in settings for word in ("--set", one))],
        capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode != 0
    assert "others may read" in done.stderr.decode()


# --- kubo-rpc-client ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def js(need_program: Callable[[str], Path]) -> Callable[..., Any]:
    """``js("cat", URL, TOKEN, PATH)`` runs a job under Node 22."""
    node = need_program("node22")

    def run(*words: object) -> Any:
        done = subprocess.run([node, CLIENT, *map(str, words)], capture_output=True, timeout=120, check=False)
        found = json.loads(done.stdout.splitlines()[-1])
        assert "error" not in found, found
        return found

    return run


JS_FORMS: dict[str, dict[str, Any]] = {
    "by itself": {},
    "version 1": {"cidVersion": 1},
    "chunks": {"chunker": "size-100000", "rawLeaves": True, "hashAlg": "sha2-256", "timeout": 60_000},
}


@pytest.mark.parametrize("options", JS_FORMS.values(), ids=JS_FORMS)
def test_kubo_rpc_client_gets_the_rows_of_kubo(
    js: Any, peer: str, token: str, kubo: str, tree: Path, options: dict[str, Any]
) -> None:
    given = (tree / "big.bin", tree, json.dumps(options))
    here, there = js("add", peer, token, *given), js("add", kubo, "", *given)
    for answer in (here, there):
        answer["folder"].sort(key=lambda row: row["path"])
    assert here == there
    assert here["told"] == [len(BIG), "a file.bin"]


def test_kubo_rpc_client_reads_files(js: Any, ours: Any, peer: str, token: str, tree: Path) -> None:
    root = ours.add(str(tree), recursive=True)[-1]["Hash"]
    assert js("cat", peer, token, f"{root}/big.bin") == {"sha256": sha256(BIG)}
    part = js("cat", peer, token, f"/ipfs/{root}/big.bin", 1_000_000, 1_000)
    assert part == {"sha256": sha256(BIG[1_000_000:1_001_000])}


def test_kubo_rpc_client_puts_and_removes_blocks(js: Any, peer: str, token: str, kubo: str) -> None:
    here, there = js("block", peer, token, "Mary"), js("block", kubo, "", "Mary")
    assert here["removed"][1][1] is not None
    assert here["removed"][0] == there["removed"][0]
    for answer in (here, there):
        del answer["removed"]
    assert here == there


def test_kubo_rpc_client_pins(js: Any, ours: Any, peer: str, token: str, tree: Path) -> None:
    cid = ours.add(str(tree / "scans"), recursive=True, pin=False)[-1]["Hash"]
    told = js("pin", peer, token, cid)
    assert told["cid"] == cid
    assert told["names"] == ["from a script"]
    assert told["asked"] == "recursive"
    assert told["indirect"] > 3
    assert "not pinned" in told["again"]


def test_kubo_rpc_client_is_told_who_answers(js: Any, peer: str, token: str) -> None:
    told = js("who", peer, token)
    assert told["id"].startswith("12D3KooW")
    assert told["agentVersion"].startswith("knowchain/")
    assert told["version"].startswith("0.42.0-knowchain-")


def test_kubo_rpc_client_shows_what_went_wrong(js: Any, peer: str, token: str) -> None:
    told = js("errors", peer, token, ELSEWHERE)
    assert "trickle=true is not carried out" in told["option"]
    assert "is not here" in told["missing"]
    assert "can't be kept" in told["path"]
    assert "no such command" in told["command"]


# --- the command of Kubo --------------------------------------------------------------------------------


def test_ipfs_itself_adds_reads_and_pins_here(
    need_program: Callable[[str], Path], peer: str, token: str, tree: Path, tmp_path: Path
) -> None:
    host, port = peer.removeprefix("http://").split(":")
    where = ("--api", f"/ip4/{host}/tcp/{port}", "--api-auth", f"bearer:{token}")
    environment = {**os.environ, "IPFS_PATH": str(tmp_path / "repository")}

    def ipfs(*words: str, given: bytes = b"", call: tuple[str, ...] = where) -> str:
        done = subprocess.run(
            [need_program("kubo"), *call, *words],
            input=given, env=environment, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout.decode()

    ipfs("init", "--empty-repo", call=())
    root = ipfs("add", "-r", "-Q", "-H", str(tree)).strip()
    assert root == ipfs("add", "-r", "-Q", "-H", "-n", str(tree), call=("--offline",)).strip()
    assert ipfs("cat", f"{root}/scans/ü/a+b%20c.txt") == TEXT.decode()
    assert f"{root} recursive" in ipfs("pin", "ls", "--type=recursive")
    assert ipfs("block", "put", given=TEXT).startswith("bafkrei")
    assert json.loads(ipfs("id"))["AgentVersion"].startswith("knowchain/")
    assert "unpinned" in ipfs("pin", "rm", root)


def test_the_home_is_whole_afterwards(place: Path, ours: Any) -> None:
    """Everything that was answered is on the disk, and nothing is left on its way."""
    added = {ours.add_bytes(b"whole %d" % number) for number in range(3)}
    assert list((place / "home").glob("passing-*")) == []
    assert added <= set(ours.pin.ls(type="recursive")["Keys"])


def test_the_operator_sees_where_scripts_are_answered_and_how_often(
    place: Path, peer: str, ours: Any
) -> None:
    ours.add_bytes(b"counted")
    knowchain = Path(sys.executable).with_name("knowchain")
    told = subprocess.run(
        [knowchain, "--home", place / "home", "node", "status"], capture_output=True, text=True, timeout=60
    ).stdout
    found = re.search(r"RPC of Kubo  (\S+); (\d+) commands", told)
    assert found is not None, told
    assert found[1] == peer
    assert int(found[2]) >= 1
