"""The demonstration: three peers find each other, and a collection spreads from one to all.

    make demo            runs until Ctrl-C
    make demo ARGS=--once   ends when everything was shown

Each peer is a `knowchain node run` of its own, with a home of its own in a temporary folder, on loopback.
The first publishes the sample collection, and some of what readers say about it. When all three hold every
record and every file, one object's trace and a ranked feed are printed, by another peer than the one that
published. With KNOWCHAIN_DATA, which names a folder with a museum's table (cmoa.jsonl.gz), that museum takes
the place of the sample.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

from knowchain_cli.samples import Sample, write_sample

COMMAND: Final = Path(sys.executable).with_name("knowchain")
NAMES: Final = ("Velmora Archive", "Estuary Library", "Reader on the Hill")
MUSEUM: Final = "cmoa.jsonl.gz"
MUSEUM_MAP: Final = "cmoa-json"
PAINTING: Final = "Cliffs near Dieppe"
"""A work of that museum that changed hands often."""
PATIENCE: Final = 120.0
"""Seconds that a step may take before the demonstration gives up and says what lacks."""

TOLD_EVERY: Final = 5.0


class Peer:
    """One peer: a home, and the process that holds it."""

    def __init__(self, root: Path, number: int) -> None:
        self.name = NAMES[number]
        self.home = root / f"peer-{number + 1}"
        self.log = root / f"peer-{number + 1}.log"
        self._process: subprocess.Popen[bytes] | None = None
        self.ask("init", "--name", self.name, "--recovery-file", str(root / f"recovery-{number + 1}.txt"))

    def ask(self, *words: str) -> Any:
        """Run the command on this home; answers what it prints as JSON."""
        done = subprocess.run(
            [COMMAND, "--home", self.home, "--json", *words], capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise SystemExit(f"`knowchain {' '.join(words)}` failed:\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def show(self, *words: str) -> None:
        """Run the command on this home and let it speak for itself."""
        print(f"\n$ knowchain {' '.join(words)}", flush=True)
        subprocess.run([COMMAND, "--home", self.home, *words], check=True)

    def start(self, bootstrap: list[str]) -> None:
        """Start the peer; on loopback, and on ports that the system chooses."""
        settings = {
            "api.port": "0",
            "network.listen": "/ip4/127.0.0.1/tcp/0",
            "network.bootstrap": ",".join(bootstrap),
            "network.mdns": "false",
            "content.keep": "all",
        }
        words = [word for key, value in settings.items() for word in ("--set", f"{key}={value}")]
        with self.log.open("wb") as log:
            self._process = subprocess.Popen(
                [COMMAND, "--home", self.home, "node", "run", *words], stdout=log, stderr=log
            )

    @property
    def alive(self) -> bool:
        """Whether the process runs."""
        return self._process is not None and self._process.poll() is None

    def status(self) -> dict[str, Any]:
        """What the peer says of itself; empty before it answers."""
        if not (self.home / "api.json").exists():
            return {}
        status: dict[str, Any] = self.ask("node", "status")
        return dict(status["status"])

    def stop(self) -> None:
        """End the peer and wait for it."""
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(15)
            if self._process.poll() is None:
                self._process.kill()


def wait(what: str, done: Callable[[], bool], peers: list[Peer], patience: float = PATIENCE) -> None:
    """Wait until ``done``, and say now and then how far it is; gives up with the peers' last words."""
    begun = told = time.monotonic()
    while not done():
        dead = [peer for peer in peers if not peer.alive]
        if time.monotonic() - told > TOLD_EVERY:
            told = time.monotonic()
            held = ", ".join(f"{peer.status().get('records', 0):,}" for peer in peers)
            print(f"  … records: {held}", flush=True)
        if dead or time.monotonic() - begun > patience:
            for peer in dead or peers:
                print(f"--- {peer.name}\n{peer.log.read_text()[-2000:]}", file=sys.stderr)
            raise SystemExit(f"gave up waiting: {what}")
        time.sleep(0.1)
    print(f"{what}: {time.monotonic() - begun:.1f} s", flush=True)


def titles(texts: dict[str, str]) -> Iterator[str]:
    """A title's languages as the command takes them."""
    for language, text in texts.items():
        yield from ("--title", f"{language}:{text}")


def publish(peer: Peer, sample: Sample) -> dict[str, str]:
    """Publish the collection; answers the record of each work by its key."""
    made = peer.ask("collection", "create", "--lang", "en", *titles(sample.title))
    collection = first_id(made)
    records: dict[str, str] = {}
    for work in sample.works:
        words = [str(work.file), "--access", "public", "--license", "CC0-1.0", "--lang", work.lang]
        words += [
            "--kind",
            work.kind,
            "--creator",
            work.creator,
            "--date",
            work.date,
            "--id",
            f"velmora:{work.key}",
        ]
        words += [*titles(work.title), "--part-of", collection]
        for language, text in work.description.items():
            words += ["--description", f"{language}:{text}"]
        for subject in work.subjects:
            words += ["--subject", subject]
        if work.place is not None:
            words += ["--place", work.place]
        if work.derived_from is not None:
            words += ["--field", f"derived_from={json.dumps([records[work.derived_from]])}"]
        records[work.key] = first_id(peer.ask("publish", *words))
    return records


def first_id(answer: Any) -> str:
    """The id of the first record in an answer."""
    return str(answer["records"][0]["id"])


def publish_museum(peer: Peer, table: Path) -> str:
    """Publish a whole museum; answers a painting whose custody history has many steps."""
    peer.show("publish", "--metadata", str(table), "--map", MUSEUM_MAP, "--quiet")
    found = peer.ask("search", PAINTING, "--kind", "work", "--limit", "1")["found"]
    return str(found[0]["id"])


def converged(peers: list[Peer], *, files: bool = True) -> bool:
    """Whether all peers hold as many records, all bodies, and every file."""
    stats = [peer.ask("stats")["stats"] for peer in peers]
    blocks = [each.get("content", {}).get("blocks", 0) for each in stats]
    same = len({(each["records"], held) for each, held in zip(stats, blocks, strict=True)}) == 1
    whole = same and not any(each["missing_bodies"] for each in stats)
    return whole and (blocks[0] > 0 or not files)


def show_sample(peers: list[Peer], root: Path) -> None:
    """The sample collection, what two peers say about a song in it, and how a third sees it."""
    files = root / "velmora"
    files.mkdir()
    sample = write_sample(files)
    begun = time.monotonic()
    records = publish(peers[0], sample)
    print(f"{peers[0].name} published {len(records)} works: {time.monotonic() - begun:.1f} s", flush=True)
    wait("all three hold every record and file", lambda: converged(peers), peers)

    song = records["ferry-song"]
    reading = "The heron's verse has another metre: a later hand."
    peers[1].ask("note", song, "--motivation", "review", "--text", reading, "--lang", "en")
    peers[2].ask("evaluate", song, "--axis", "beauty=2", "--reason", "I can't stop humming it.")
    wait("what two of them said about the song is everywhere", lambda: converged(peers), peers)

    peers[2].show("trace", song)
    peers[2].show("feed", "show", "--limit", "5")
    peers[2].show("feed", "why", records["market-rhyme"])


def show_museum(peers: list[Peer], table: Path) -> None:
    """A whole museum, and one of its objects."""
    begun = time.monotonic()
    painting = publish_museum(peers[0], table)
    print(f"{peers[0].name} published {table.name}: {time.monotonic() - begun:.1f} s", flush=True)
    wait("all three hold every record", lambda: converged(peers, files=False), peers, patience=1800.0)
    peers[2].show("trace", painting)
    peers[2].show("feed", "show", "--limit", "5")
    peers[2].show("feed", "why", painting)


def demonstrate(root: Path, *, once: bool, museum: Path | None) -> None:
    """The whole of it.

    Args:
        root: a folder for the homes.
        once: whether to end when everything was shown.
        museum: a museum's table, in place of the sample.
    """
    peers = [Peer(root, number) for number in range(len(NAMES))]
    try:
        peers[0].start([])
        wait("the first peer listens", lambda: bool(peers[0].status().get("listening")), peers[:1])
        for peer in peers[1:]:
            peer.start(peers[0].status()["listening"])
        wait("three peers are connected", lambda: peers[0].status().get("connected") == 2, peers)

        if museum is None:
            show_sample(peers, root)
        else:
            show_museum(peers, museum)
        if once:
            return
        print("\nThe three peers go on. Ask them, in another terminal:")
        for peer in peers:
            print(f"  {COMMAND} --home {peer.home} stats")
        print("End it all with Ctrl-C.", flush=True)
        while all(peer.alive for peer in peers):
            time.sleep(0.5)
    finally:
        for peer in peers:
            peer.stop()


def museum() -> Path | None:
    """The museum's table in the folder that KNOWCHAIN_DATA names; None where it names none."""
    folder = os.environ.get("KNOWCHAIN_DATA")
    if not folder:
        return None
    table = Path(folder).resolve() / MUSEUM
    if not table.is_file():
        raise SystemExit(
            f"KNOWCHAIN_DATA is {folder}, and there is no {MUSEUM} in it: unset it for the sample"
        )
    return table


def main() -> None:
    """Run the demonstration in a folder that goes away with it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--once", action="store_true", help="end when everything was shown")
    given = parser.parse_args()
    for variable in [
        name for name in os.environ if name.startswith("KNOWCHAIN_") and name != "KNOWCHAIN_DATA"
    ]:
        del os.environ[variable]
    with (
        tempfile.TemporaryDirectory(prefix="knowchain-demo-") as folder,
        contextlib.suppress(KeyboardInterrupt),
    ):
        demonstrate(Path(folder), once=given.once, museum=museum())


if __name__ == "__main__":
    main()
