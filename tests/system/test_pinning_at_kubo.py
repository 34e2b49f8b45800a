"""A peer, started as a user starts it, has a Kubo daemon keep what it publishes, sent there or fetched."""

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
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.error import HTTPError
from urllib.parse import parse_qs, urlencode
from urllib.request import Request, urlopen

import pytest
from system_programs import QUIET, waited

from knowchain.home import Home, begin
from knowchain.home.content import file_links
from knowchain.home.files import DiskFiles
from knowchain.home.publishing import Publication, publish
from knowchain.identifiers import parse_record_id, raw_twin

TOKEN = "kubos-token-0123456789abcdefghijkl"
BIG = random.Random(11).randbytes(20_000_000)
pytestmark = pytest.mark.kubo


@dataclass(frozen=True)
class Kubo:
    """A daemon that asks for a token."""

    url: str

    def __call__(self, command: str, **query: str) -> bytes:
        """One call of its RPC."""
        url = f"{self.url}/api/v0/{command}?{urlencode(query)}"
        request = Request(url, method="POST", headers={"Authorization": f"Bearer {TOKEN}"})
        with urlopen(request, timeout=60) as answer:
            data: bytes = answer.read()
        return data

    def pins(self) -> dict[str, str]:
        """The name of every recursive pin."""
        keys = json.loads(self("pin/ls", type="recursive", names="true")).get("Keys") or {}
        return {cid: pin.get("Name", "") for cid, pin in keys.items()}


@pytest.fixture(scope="module")
def kubo(need_program: Callable[[str], Path], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Kubo]:
    """A Kubo daemon that knows nobody: what it has, it was given."""
    program, folder = need_program("kubo"), tmp_path_factory.mktemp("kubo")
    environment = {**os.environ, "IPFS_PATH": str(folder / "repository")}

    def ipfs(*words: str) -> None:
        subprocess.run([program, *words], env=environment, capture_output=True, timeout=60, check=True)

    ipfs("init", "--empty-repo")
    ipfs("bootstrap", "rm", "--all")
    for key, value in {
        "API.Authorizations": {"test": {"AuthSecret": f"bearer:{TOKEN}", "AllowedPaths": ["/api/v0"]}},
        **QUIET,
    }.items():
        ipfs("config", "--json", key, json.dumps(value))
    with (folder / "log").open("wb") as log:
        daemon = subprocess.Popen([program, "daemon"], env=environment, stdout=log, stderr=log)
    try:
        waited(lambda: b"Daemon is ready" in (folder / "log").read_bytes(), daemon)
        port = (folder / "repository" / "api").read_text().strip().rpartition("/")[2]
        yield Kubo(f"http://127.0.0.1:{port}")
    finally:
        daemon.send_signal(signal.SIGTERM)
        daemon.wait(60)


class Owner:
    """Somebody with a home whose settings name the daemon."""

    def __init__(self, folder: Path, kubo: Kubo, token: str = TOKEN) -> None:
        self.folder, self.home = folder, folder / "home"
        begin(self.home, name="Ada", recovery_file=folder / "recovery")
        (self.home / "kubo.token").write_text(token + "\n")
        (self.home / "config.toml").write_text(
            "api.port = 0\nnetwork.enabled = false\nlog.format = 'json'\nlog.level = 'debug'\n"
            f"[[pinning.targets]]\nname = 'archive'\nkind = 'kubo'\nurl = '{kubo.url}'\n"
            "token_file = 'kubo.token'\n"
        )

    def __call__(self, *words: str) -> Any:
        """The answer of the command, as JSON."""
        command = Path(sys.executable).with_name("knowchain")
        done = subprocess.run(
            [command, "--home", self.home, "--json", *words], capture_output=True, timeout=60, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return json.loads(done.stdout)

    def begun(self) -> subprocess.Popen[bytes]:
        """A peer that begins; its log is in ``log``."""
        command = Path(sys.executable).with_name("knowchain")
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen([command, "--home", self.home, "node", "run"], stdout=log, stderr=log)

    def started(self) -> subprocess.Popen[bytes]:
        """A peer that answers; before, a verb could take the home from under it."""
        (self.home / "api.json").unlink(missing_ok=True)  # of one that was killed
        peer = self.begun()
        waited((self.home / "api.json").exists, peer)
        return peer

    def counts(self) -> dict[str, int]:
        """How many pins are in each state at the daemon."""
        counts: dict[str, int] = self("content", "pins")["targets"][0]["pins"]
        return counts

    def log(self) -> str:
        return (self.folder / "log").read_text()


@pytest.fixture
def owner(tmp_path: Path, kubo: Kubo) -> Owner:
    return Owner(tmp_path, kubo)


def ended(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def test_kubo_has_what_is_published_until_it_is_retracted(owner: Owner, kubo: Kubo) -> None:
    (owner.folder / "big.bin").write_bytes(BIG)
    made = owner("publish", str(owner.folder / "big.bin"), "-t", "Harbour", "-l", "en", "--access", "public")
    record = made["records"][0]
    file, twin = record["files"][0]["cid"], str(raw_twin(parse_record_id(record["id"])))
    peer = owner.started()
    try:
        waited(lambda: {file, twin} <= kubo.pins().keys(), peer)
        waited(lambda: owner.counts() == {"pinned": 8}, peer)
        got = kubo("cat", arg=file, offline="true")
        assert hashlib.sha256(got).digest() == hashlib.sha256(BIG).digest()
        named = kubo.pins()
        assert named[file] == f"knowchain file of {record['id']}"
        assert record["id"] not in named
        assert "Pins         archive: 8 pinned, 0 under way, 0 failed" in said(owner, "node", "status")
        figures = fetched(owner, "/metrics")
        assert 'knowchain_pins{state="pinned",target="archive"} 8.0' in figures
        owner("retract", record["id"], "--reason", "privacy")
        waited(lambda: file not in kubo.pins(), peer)
        waited(lambda: "unpinning" not in owner.counts(), peer)
        assert twin in kubo.pins()
    finally:
        ended(peer)
    assert TOKEN not in owner.log()


def said(owner: Owner, *words: str) -> str:
    command = Path(sys.executable).with_name("knowchain")
    done = subprocess.run(
        [command, "--home", owner.home, *words], capture_output=True, timeout=60, check=True
    )
    return done.stdout.decode()


def fetched(owner: Owner, path: str) -> str:
    url = json.loads((owner.home / "api.json").read_text())["url"]
    with urlopen(f"{url}{path}", timeout=30) as answer:
        text: bytes = answer.read()
    return text.decode()


def test_what_is_chosen_without_a_peer_is_pinned_when_one_runs(owner: Owner, kubo: Kubo) -> None:
    folder = owner.folder / "scans"
    (folder / "inner").mkdir(parents=True)
    for n in range(20):
        (folder / "inner" / f"page {n}.txt").write_text(f"chosen page {n}")
    pinned = owner("content", "pin", str(folder), "--to", "archive")["pinned"]
    assert pinned["targets"] == ["archive"]
    (cid,) = pinned["cids"]
    assert owner.counts() == {"wanted": 1}
    peer = owner.started()
    try:
        waited(lambda: cid in kubo.pins(), peer)
        assert kubo("cat", arg=f"{cid}/inner/page 7.txt", offline="true") == b"chosen page 7"
        owner("content", "unpin", cid)
        waited(lambda: cid not in kubo.pins(), peer)
    finally:
        ended(peer)


def _has(kubo: Kubo, count: int) -> bool:
    return len(kubo.pins()) >= count


def test_a_peer_that_is_killed_in_the_middle_goes_on_where_it_was(owner: Owner, kubo: Kubo) -> None:
    with Home.open(owner.home) as home:
        for n in range(40):
            path = owner.folder / f"{n}.bin"
            path.write_bytes(random.Random(n).randbytes(50_000))
            made = publish(
                home, Publication({"title": {"en": [str(n)]}, "access": "public"}), DiskFiles((path,))
            )
        reader = home.store.reader()
        body = reader.body(made.id)
        assert body is not None
        last = str(file_links(made.id, body)[0])
    before = len(kubo.pins())
    for seen in (10, 60):
        peer = owner.started()
        waited(partial(_has, kubo, before + seen), peer)
        peer.kill()
        peer.wait(30)
    assert owner.counts().get("pinned", 0) < 125
    peer = owner.started()
    try:
        waited(lambda: owner.counts() == {"pinned": 125}, peer)
        assert last in kubo.pins()
        assert len(kubo.pins()) == before + 125
    finally:
        ended(peer)


def test_a_wrong_token_is_told_and_is_in_no_log(tmp_path: Path, kubo: Kubo) -> None:
    wrong = "not-the-token-of-kubo-0123456789"
    owner = Owner(tmp_path, kubo, wrong)
    peer = owner.started()
    try:
        waited(lambda: "refuses the token (status 403)" in str(owner("content", "pins")["targets"]), peer)
        assert re.search("archive: it refuses the token .*; next try 2", said(owner, "node", "status"))
    finally:
        ended(peer)
    assert wrong not in owner.log()
    with pytest.raises(HTTPError):
        urlopen(Request(f"{kubo.url}/api/v0/id", method="POST"), timeout=30)


def test_a_token_that_can_not_be_read_ends_the_start(tmp_path: Path, kubo: Kubo) -> None:
    owner = Owner(tmp_path, kubo)
    (owner.home / "kubo.token").unlink()
    peer = owner.begun()
    assert peer.wait(60) != 0
    assert "pinning.targets: the token of archive can't be read from" in owner.log()


# --- a pinning service that fetches ------------------------------------------------------------------------


class Fetching(BaseHTTPRequestHandler):
    """As much of a pinning service as it takes to pin: it goes to the origins, and fetches with Kubo."""

    kubo: Kubo
    pins: dict[str, dict[str, Any]]

    def do_GET(self) -> None:
        """A request, or those of one CID."""
        path, _, query = self.path.partition("?")
        if path != "/pins":
            self._answer(200, self.pins[path.removeprefix("/pins/")])
            return
        cids = parse_qs(query).get("cid", list(self.pins))
        found = [self.pins[cid] for cid in cids if cid in self.pins]
        self._answer(200, {"count": len(found), "results": found})

    def do_POST(self) -> None:
        """Take a pin up, and fetch it."""
        pin = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        status = {
            "requestid": pin["cid"],
            "status": "queued",
            "created": f"2026-01-01T00:00:{len(self.pins):02}Z",
            "pin": pin,
            "delegates": [],
        }
        self.pins[pin["cid"]] = status
        Thread(target=self._fetch, args=(pin, status)).start()
        self._answer(202, dict(status))

    def _fetch(self, pin: dict[str, Any], status: dict[str, Any]) -> None:
        for origin in pin["origins"]:
            self.kubo("swarm/connect", arg=origin)
        self.kubo("pin/add", arg=pin["cid"], timeout="50s")
        status["status"] = "pinned"

    def _answer(self, status: int, value: object) -> None:
        data = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, *_args: object) -> None:
        """Quiet."""


@pytest.fixture
def fetching(kubo: Kubo) -> Iterator[str]:
    """The URL of a service that fetches."""
    handler = type("Handler", (Fetching,), {"kubo": kubo, "pins": {}})
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        Thread(target=server.serve_forever).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


def test_a_service_fetches_what_it_is_asked_for_from_the_origins(
    owner: Owner, kubo: Kubo, fetching: str
) -> None:
    (owner.folder / "big.bin").write_bytes(random.Random(12).randbytes(5_000_000))
    made = owner("publish", str(owner.folder / "big.bin"), "-t", "Quay", "-l", "en", "--access", "public")
    file = made["records"][0]["files"][0]["cid"]
    (owner.home / "config.toml").write_text(
        "api.port = 0\nnetwork.listen = ['/ip4/127.0.0.1/tcp/0']\nnetwork.mdns = false\n"
        f"[[pinning.targets]]\nname = 'service'\nkind = 'service'\nurl = '{fetching}'\n"
    )
    peer = owner.started()
    try:
        waited(lambda: owner.counts() == {"pinned": 8}, peer)
        assert kubo("cat", arg=file, offline="true") == random.Random(12).randbytes(5_000_000)
    finally:
        ended(peer)
