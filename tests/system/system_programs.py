"""A peer as a user starts it, and a Kubo daemon beside it, each a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

QUIET: Mapping[str, object] = {
    "Addresses.Swarm": ["/ip4/127.0.0.1/tcp/0"],
    "Addresses.API": "/ip4/127.0.0.1/tcp/0",
    "Addresses.Gateway": "/ip4/127.0.0.1/tcp/0",
    "AutoConf.Enabled": False,
    "AutoTLS.Enabled": False,
    "DNS.Resolvers": {},
    "Discovery.MDNS.Enabled": False,
    "Ipns.DelegatedPublishers": [],
    "Provide.Enabled": False,
    "Routing.Type": "none",
    "Routing.DelegatedRouters": [],
    "Swarm.RelayClient.Enabled": False,
}
"""Kubo on loopback, knowing nobody."""


def waited(what: Callable[[], Any], process: subprocess.Popen[Any], seconds: float = 60) -> Any:
    """The first true value, while the process lives."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        assert process.poll() is None, "the process ended"
        if value := what():
            return value
        time.sleep(0.05)  # between two looks at a condition
    raise AssertionError("it never came")


class RunningPeer:
    """``knowchain node run`` on a home."""

    def __init__(self, place: Path, process: subprocess.Popen[Any]) -> None:
        self.place = place
        self.process = process

    def knowchain(self, *words: str) -> subprocess.CompletedProcess[bytes]:
        """The command, on the same home."""
        return knowchain(self.place, *words)

    def get(self, path: str) -> bytes:
        """What its API answers."""
        url = json.loads((self.place / "home" / "api.json").read_text())["url"]
        with urlopen(Request(url + path), timeout=30) as answer:
            data: bytes = answer.read()
        return data

    def status(self) -> dict[str, Any]:
        """What it tells of itself."""
        found: dict[str, Any] = json.loads(self.get("/api/v1/status"))
        return found

    @property
    def address(self) -> str:
        """Where others reach it."""
        return str(waited(lambda: self._status_if_up().get("listening"), self.process)[0])

    def _status_if_up(self) -> dict[str, Any]:
        with contextlib.suppress(OSError):
            return self.status()
        return {}


def knowchain(place: Path, *words: str) -> subprocess.CompletedProcess[bytes]:
    """The command on the home beneath ``place``."""
    command = Path(sys.executable).with_name("knowchain")
    home = ("--home", str(place / "home"))
    return subprocess.run([command, *home, *words], capture_output=True, timeout=120, check=False)


@contextlib.contextmanager
def running_peer(place: Path, *settings: str) -> Iterator[RunningPeer]:
    """A peer on the home beneath ``place``, on loopback alone."""
    own = ("api.port=0", "network.listen=/ip4/127.0.0.1/tcp/0", "network.mdns=false", "log.format=json")
    command = [Path(sys.executable).with_name("knowchain"), "--home", place / "home", "node", "run"]
    words = (word for one in (*own, *settings) for word in ("--set", one))
    with (place / "peer.log").open("w+b") as log:
        process = subprocess.Popen([*command, *words], stdout=log, stderr=log)
        try:
            waited(lambda: (place / "home" / "api.json").exists(), process)
            yield RunningPeer(place, process)
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


class Kubo:
    """A Kubo daemon, and its command."""

    def __init__(self, program: Path, place: Path) -> None:
        self._program = program
        self._environment = {**os.environ, "IPFS_PATH": str(place / "kubo")}

    def __call__(self, *words: str) -> bytes:
        """What ``ipfs WORDS`` prints; it must succeed."""
        done = subprocess.run(
            [self._program, *words], env=self._environment, capture_output=True, timeout=90, check=False
        )
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    @property
    def address(self) -> str:
        """Where others reach it."""
        addresses = json.loads(self("id"))["Addresses"]
        return next(str(one) for one in addresses if one.startswith("/ip4/127.0.0.1/tcp/"))

    @contextlib.contextmanager
    def running(self, log: Path) -> Iterator[Kubo]:
        """The daemon, for the time of the block."""
        with log.open("wb") as file:
            daemon = subprocess.Popen(
                [self._program, "daemon"], env=self._environment, stdout=file, stderr=file
            )
            try:
                waited(lambda: b"Daemon is ready" in log.read_bytes(), daemon)
                yield self
            finally:
                daemon.send_signal(signal.SIGTERM)
                daemon.wait(60)


@contextlib.contextmanager
def kubo_daemon(program: Path, place: Path, **changed: object) -> Iterator[Kubo]:
    """A quiet Kubo with a repository of its own beneath ``place``; ``changed`` as in ``Routing__Type``."""
    ipfs = Kubo(program, place)
    ipfs("init", "--empty-repo")
    ipfs("bootstrap", "rm", "--all")
    settings = {**QUIET, **{name.replace("__", "."): value for name, value in changed.items()}}
    for key, value in settings.items():
        ipfs("config", "--json", key, json.dumps(value))
    with ipfs.running(place / "kubo.log"):
        yield ipfs
