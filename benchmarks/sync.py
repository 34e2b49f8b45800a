"""Reconciliation of 10^6 heads, 100 of them differing, against one numpy XOR over the ids.

Run: python -m benchmarks.sync
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import sha256
from statistics import median
from time import process_time, thread_time

import numpy as np

from benchmarks.report import Row, print_table
from knowchain.sync import IdSet, Reconciler, SortedIds

ROUNDS = 9
"""Interleaved repetitions, of which the median counts."""


def worlds(size: int, differing: int) -> tuple[bytes, bytes]:
    """Sorted ids of two peers, each with half of ``differing`` that the other lacks."""
    ids = np.random.default_rng(7).bytes(32 * (size + differing // 2))
    half = 32 * (differing // 2)
    ours, theirs = ids[half:], ids[: len(ids) - half]
    return bytes(SortedIds.from_unsorted(ours).joined(0, size)), bytes(
        SortedIds.from_unsorted(theirs).joined(0, size)
    )


def reconcile(ours: SortedIds, theirs: SortedIds) -> tuple[int, int, int]:
    """Both sides to the end: ids found, bytes, rounds."""
    asks, answers = Reconciler(ours, "initiator"), Reconciler(theirs, "responder")
    message: bytes | None = asks.initiate()
    traffic = found = 0
    while message is not None:
        answer = answers.answer(message).message or b""
        traffic += len(message) + len(answer)
        reply = asks.answer(answer)
        found += len(reply.have) + len(reply.need)
        message = reply.message
    return found, traffic, asks.rounds


def timed(work: Callable[[], object]) -> float:
    """Processor seconds of one run."""
    start = thread_time()
    work()
    return thread_time() - start


def rows(scale: float = 1.0) -> list[Row]:
    """The figures; ``scale`` shrinks the sets."""
    size, differing = max(1_000, int(1_000_000 * scale)), 100
    ours, theirs = worlds(size, differing)
    limbs = np.frombuffer(ours, np.uint64).reshape(-1, 4)
    warm = SortedIds(ours), SortedIds(theirs)
    found, traffic, rounds = reconcile(*warm)
    assert found == differing // 2 * 2
    follower = IdSet(SortedIds(ours))
    fresh = (sha256(n.to_bytes(4, "big")).digest() for n in range(1_000_000))

    def grow() -> None:
        for _ in range(100):
            follower.add(next(fresh))
        follower.snapshot().fingerprints(np.array([0]), np.array([1]))

    def cold() -> None:
        reconcile(SortedIds(ours), SortedIds(theirs))

    yard, hot, started, merged, equal, built = ([] for _ in range(6))
    for _ in range(ROUNDS):
        yard.append(timed(lambda: np.bitwise_xor.reduce(limbs, axis=0)))
        hot.append(timed(lambda: reconcile(*warm)))
        started.append(timed(cold))
        merged.append(timed(grow))
        equal.append(timed(lambda: reconcile(warm[0], warm[0])))
    shuffled = np.random.default_rng(1).permutation(np.frombuffer(ours, "S32")).tobytes()
    for _ in range(3):
        built.append(timed(lambda: SortedIds.from_unsorted(shuffled)))
    xor = median(yard)

    def against(name: str, values: list[float], goal: float | None) -> Row:
        ratio = median(values) / xor
        target = "" if goal is None else f"≤ {goal:g} ×"
        return Row(name, median(values) * 1e3, xor * 1e3, ratio, target, goal is None or ratio <= goal, "ms")

    return [
        Row(
            "reconcile: bytes both ways",
            traffic,
            200_000,
            traffic / 200_000,
            "≤ 1 ×",
            traffic <= 200_000,
            "B",
        ),
        Row("reconcile: round trips", rounds, 3, rounds / 3, "≤ 1 ×", rounds <= 3),
        against("reconcile: both sides, sets at hand / numpy XOR", hot, 4),
        against("reconcile: both sides, sums built anew / numpy XOR", started, 4),
        against("equal sets, both sides / numpy XOR", equal, None),
        against("merge 100 new ids and their sums / numpy XOR", merged, None),
        against("sort all ids from scratch / numpy XOR", built, None),
    ]


if __name__ == "__main__":
    begun = process_time()
    print_table(rows())
    print(f"{process_time() - begun:.1f} s of processor time")
