"""UnixFS and CAR beside bare hashing: import, verified reading, CARs both ways.

    python -m benchmarks.content_unixfs [SCALE]

Scale 1 is 256 MiB of random bytes in memory; no disk takes part, and a block that is read is handed on
without a copy. Every figure and its yardstick take turns, and the median of the rounds counts.
"""

from __future__ import annotations

import hashlib
import io
import random
import statistics
import sys
import time
from collections.abc import Callable, Iterable

from benchmarks.report import Row, print_table
from knowchain.content.blocks import MemoryBlocks, NoBlocks
from knowchain.content.car import read_car, write_car
from knowchain.content.importing import import_file
from knowchain.content.profiles import CLASSIC, UNIXFS_V1_2025, Profile
from knowchain.content.reading import read_file
from knowchain.content.walking import walk

MIB = 2**20
ROUNDS = 7


def hash_only(data: bytes) -> None:
    """The yardstick of importing: SHA-256 of pieces of 1 MiB."""
    view = memoryview(data)
    for at in range(0, len(data), MIB):
        hashlib.sha256(view[at : at + MIB]).digest()


def hash_and_copy(data: bytes) -> None:
    """The yardstick of reading: each piece copied once and hashed."""
    for at in range(0, len(data), MIB):
        hashlib.sha256(data[at : at + MIB]).digest()


def consume(pieces: Iterable[object]) -> None:
    for _ in pieces:
        pass


def compare(work: Callable[[], None], yardstick: Callable[[], None]) -> tuple[float, float]:
    """Median seconds of both, measured in turns."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(ROUNDS):
        for run, seconds in zip((work, yardstick), times, strict=True):
            start = time.perf_counter()
            run()
            seconds.append(time.perf_counter() - start)
    return statistics.median(times[0]), statistics.median(times[1])


def rate_row(
    name: str, data: bytes, work: Callable[[], None], yardstick: Callable[[bytes], None], least: float
) -> Row:
    ours, bare = compare(work, lambda: yardstick(data))
    size = len(data) / MIB
    ratio = bare / ours
    return Row(name, size / ours, size / bare, ratio, f">= {least}", ratio >= least, "MiB/s")


def profile_rows(data: bytes, profile: Profile) -> list[Row]:
    blocks = MemoryBlocks()
    root = import_file(io.BytesIO(data).read, blocks, profile).cid
    car = b"".join(write_car([root], walk(blocks, root)))
    pieces = [car[at : at + 65_536] for at in range(0, len(car), 65_536)]
    cases: list[tuple[str, Callable[[], None], Callable[[bytes], None], float]] = [
        (
            "chunk and hash",
            lambda: consume([import_file(io.BytesIO(data).read, NoBlocks(), profile)]),
            hash_only,
            0.8,
        ),
        ("verified reading", lambda: consume(read_file(blocks, root)), hash_and_copy, 0.5),
        ("CAR, written", lambda: consume(write_car([root], walk(blocks, root))), hash_and_copy, 0.5),
        ("CAR, read in pieces of 64 KiB", lambda: consume(read_car(pieces)), hash_and_copy, 0.5),
    ]
    return [
        rate_row(f"{name}, {profile.name}", data, work, yardstick, least)
        for name, work, yardstick, least in cases
    ]


def rows(scale: float = 1.0) -> list[Row]:
    data = random.Random(7).randbytes(max(1, int(256 * scale)) * MIB)
    return [row for profile in (UNIXFS_V1_2025, CLASSIC) for row in profile_rows(data, profile)]


if __name__ == "__main__":
    print_table(rows(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
