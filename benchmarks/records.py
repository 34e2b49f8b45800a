"""Ingest and strict decoding, against bare PyNaCl and bare cbrrr in the same run.

Ingest is the whole way of a record of about 600 bytes: strict decode, signature, chain, indexes, and on
disk. The yardstick is what no ingest can do without: one signature check a record, on one core.
"""

from __future__ import annotations

import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import cbrrr
import nacl.signing

from benchmarks.report import Row, print_table
from knowchain import codec
from knowchain.admission import Admission, Incoming, Parking, Verdict
from knowchain.admission.answers import BodyOutcome
from knowchain.admission.judging import Judged, RejectedMemory
from knowchain.admission.settling import Settler
from knowchain.identifiers import RecordId, key_id, record_id
from knowchain.records import Add, BodyLink, Control, Rank, Ref, read_block, write_genesis, write_record
from knowchain.signing import KeyPair
from knowchain.storage.store import RecordStore

_FIXED = [Ref("dcterms:isPartOf", record_id(b"c")), Ref("dcterms:rights", record_id(b"r"))]
_START = 1_767_225_600_000


class _Unsigned:
    """Fills a store quickly: the blocks are well-formed, and nobody checks these signatures."""

    def __init__(self, key: KeyPair) -> None:
        self.public_key = key.public_key

    def sign(self, message: bytes) -> bytes:
        return (record_id(message) + record_id(message))[:64]


def blocks(count: int, seed: int, *, signed: bool = True) -> Iterator[bytes]:
    """An identity and ``count`` records of one device, of about 600 bytes each."""
    key = KeyPair(seed.to_bytes(32, "big"))
    ranks = Control((Rank(1, (key_id(key.public_key),)),))
    genesis = write_genesis([key], net="main", time=_START, ops=[ranks, Add(key_id(key.public_key))])
    yield genesis.data
    signer = key if signed else _Unsigned(key)
    prev: RecordId = genesis.id
    for i in range(count):
        mark = seed * 10_000_000 + i
        refs = [
            *_FIXED,
            Ref("kc:about", record_id(b"about %d" % (mark // 7))),
            Ref("kc:after", record_id(b"after %d" % (mark // 3))),
            Ref("prov:wasDerivedFrom", record_id(b"from %d" % (mark // 5))),
        ]
        body = BodyLink(record_id(b"body %d" % mark), 300)
        block = write_record(
            signer, kind="work", author=genesis.id, prev=[prev], seq=i, time=_START + i, body=body, refs=refs
        )
        prev = block.id
        yield block.data


def bare_verification(sample: Sequence[bytes]) -> float:
    """Seconds a record for PyNaCl alone, on one core."""
    prepared = []
    for data in sample:
        block = read_block(data)
        prepared.append((nacl.signing.VerifyKey(block.header.key[2:]), block.message, block.signature))
    start = time.perf_counter()
    for key, message, signature in prepared:
        key.verify(message, signature)
    return (time.perf_counter() - start) / len(prepared)


def ingest(store: RecordStore, data: Sequence[bytes], verifiers: int) -> float:
    """Seconds a record through the door, until all of it is on disk."""
    with Admission(store, network="main", clock=lambda: _START, verifiers=verifiers) as door:
        start = time.perf_counter()
        accepted = sum(
            a.verdict is Verdict.ACCEPTED for a in door.admit_many(map(Incoming, data), source="bench")
        )
        spent = time.perf_counter() - start
    assert accepted == len(data), (accepted, len(data))
    return spent / len(data)


def load(store: RecordStore, count: int) -> None:
    """Put ``count`` records into a store without checking signatures."""
    settler = Settler(Parking(), RejectedMemory(), lambda: _START)
    group: list[Judged] = []

    def write() -> None:
        with store.write() as transaction:
            settler.prefetch(transaction, group)
            for judged in group:
                settler.settle(transaction, judged, "bench")
        group.clear()

    for seed in range(1000, 1000 + max(1, count // 25_000)):
        for data in blocks(min(25_000, count), seed, signed=False):
            group.append(Judged(read_block(data), None, BodyOutcome.NONE, ""))
            if len(group) == 5000:
                write()
    write()


def rows(scale: float = 1.0) -> list[Row]:
    """Ingest into a new and a loaded store, and strict decoding; ``scale`` 1 is the full size."""
    count, loaded = max(2000, int(20_000 * scale)), max(5000, int(500_000 * scale))
    result: list[Row] = []
    with tempfile.TemporaryDirectory() as folder:
        for name, verifiers, target in (("one verifying thread", 1, 0.55), ("two verifying threads", 2, 0.9)):
            ratios = []
            for turn in range(3):
                data = list(blocks(count, 10 * verifiers + turn))
                with RecordStore(Path(folder) / f"new-{verifiers}-{turn}.sqlite") as store:
                    before = bare_verification(data[1:4001])
                    spent = ingest(store, data, verifiers)
                    bare = (before + bare_verification(data[1:4001])) / 2
                ratios.append((bare / spent, bare, spent))
            result.append(_ingest_row(f"ingest, new store, {name}", ratios, target))
        with RecordStore(Path(folder) / "loaded.sqlite") as store:
            load(store, loaded)
            ratios = []
            for turn in range(3):
                data = list(blocks(count, 500 + turn))
                before = bare_verification(data[1:4001])
                spent = ingest(store, data, 1)
                bare = (before + bare_verification(data[1:4001])) / 2
                ratios.append((bare / spent, bare, spent))
            result.append(_ingest_row(f"ingest, store of {loaded:,}, one thread", ratios, 0.5))
    return result + decoding()


def _ingest_row(name: str, ratios: list[tuple[float, float, float]], target: float) -> Row:
    ratio, bare, spent = sorted(ratios)[len(ratios) // 2]
    return Row(name, spent * 1e6, bare * 1e6, ratio, f">= {target}", ratio >= target, "us")


def decoding(count: int = 3000) -> list[Row]:
    """Strict decoding of record blocks, against cbrrr alone."""
    data = list(blocks(count, 7))

    def bare() -> None:
        for block in data:
            cbrrr.decode_dag_cbor(block)

    def closed() -> None:
        for block in data:
            codec.decode_closed(block)

    def full() -> None:
        for block in data:
            codec.decode(block)

    ratios: dict[str, list[float]] = {"closed": [], "full": []}
    for _ in range(9):
        yardstick = _timed(bare)
        ratios["closed"].append(yardstick / _timed(closed))
        ratios["full"].append((yardstick + _timed(bare)) / 2 / _timed(full))
    rows_ = []
    for name, label in (("closed", "strict decode, closed schema"), ("full", "strict decode, any value")):
        ratio = statistics.median(ratios[name])
        per = yardstick / count * 1e6
        rows_.append(Row(label, per / ratio, per, ratio, ">= 0.8", ratio >= 0.8, "us"))
    return rows_


def _timed(work: Callable[[], None]) -> float:
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


if __name__ == "__main__":
    print_table(rows(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
