"""Garbage collection: what a record, a pin or an upload in flight reaches stays, everything else goes."""

from __future__ import annotations

import threading
import tracemalloc

import pytest

from knowchain import codec
from knowchain.content import dag_pb
from knowchain.content.importing import import_file, reader_of
from knowchain.content.profiles import Profile
from knowchain.errors import Corruption
from knowchain.identifiers import DAG_CBOR, DAG_PB, RAW, Cid, cid_of
from knowchain.storage.blocks import collecting
from knowchain.storage.blocks.packs import PackBlocks

SMALL = Profile("classic", 1000, 4, 256, 2**18, "links-bytes")


def add_file(store: PackBlocks, content: bytes, upload=None) -> Cid:
    with store.batch(upload) as batch:
        return import_file(reader_of([content]), batch, SMALL).cid


def content(seed: int, size: int = 20_000) -> bytes:
    return b"".join(bytes([seed, i % 256, i // 256]) for i in range(size // 3))


def test_what_a_record_links_to_stays_with_all_beneath_it_and_the_rest_goes(packs: PackBlocks) -> None:
    kept = add_file(packs, content(1))
    lost = add_file(packs, content(2))
    report = packs.gc([kept])
    assert packs.has(kept)
    assert not packs.has(lost)
    assert report.kept == len(list(packs.cids()))
    assert report.collected > 20
    assert report.freed > 20_000
    assert packs.fsck() == []


def test_a_dry_run_tells_exactly_what_the_run_then_does(packs: PackBlocks) -> None:
    add_file(packs, content(1))
    kept = add_file(packs, content(2))
    before = set(packs.cids())
    told = packs.gc([kept], dry_run=True)
    assert set(packs.cids()) == before
    done = packs.gc([kept])
    assert (told.collected, told.freed, told.kept, told.garbage) == (
        done.collected,
        done.freed,
        done.kept,
        done.garbage,
    )
    assert before - set(packs.cids()) == {garbage.cid for garbage in done.garbage}


def test_pins_keep_and_unpinning_lets_go(packs: PackBlocks) -> None:
    root = add_file(packs, content(1))
    packs.pin(root, "exhibition")
    packs.pin(root, "backup")
    packs.gc([])
    assert packs.unpin(root, "exhibition") == 1
    assert packs.gc([]).collected == 0
    assert packs.unpin(root) == 1
    assert packs.gc([]).collected > 0
    assert list(packs.cids()) == []


def test_the_raw_twin_of_a_record_keeps_one_block_and_its_dag_cbor_id_everything(packs: PackBlocks) -> None:
    file = add_file(packs, content(1))
    body = codec.encode({"file": file})
    packs.put(cid_of(body, DAG_CBOR), body)
    assert packs.gc([cid_of(body, RAW)], dry_run=True).kept == 1
    assert packs.gc([cid_of(body, RAW), cid_of(body, DAG_CBOR)]).collected == 0
    assert packs.has(file)


def test_an_upload_in_flight_keeps_its_blocks_until_it_ends(packs: PackBlocks) -> None:
    with packs.begin_upload("scans") as upload:
        root = add_file(packs, content(1), upload)
        assert packs.gc([]).collected == 0
        assert packs.has(root)
        (open_upload,) = packs.uploads()
        assert (open_upload.label, open_upload.blocks) == ("scans", len(list(packs.cids())))
    assert packs.uploads() == []
    assert packs.gc([]).collected > 0


def test_an_upload_keeps_blocks_that_were_here_before_it(packs: PackBlocks) -> None:
    root = add_file(packs, content(1))
    with packs.begin_upload("the same file again") as upload:
        assert add_file(packs, content(1), upload) == root
        assert packs.gc([]).collected == 0


def test_an_upload_that_crashed_leaks_only_until_its_lease_expires(packs: PackBlocks, clock) -> None:
    with pytest.raises(ZeroDivisionError), packs.begin_upload("crashed", seconds=100) as upload:
        add_file(packs, content(1), upload)
        raise ZeroDivisionError
    clock.now += 99
    assert packs.gc([]).collected == 0
    clock.now += 2
    told = packs.gc([], dry_run=True)
    assert told.expired == ("crashed",)
    done = packs.gc([])
    assert done.collected == told.collected > 0


def test_blocks_of_a_batch_that_is_still_open_are_not_collected(packs: PackBlocks, make_blocks) -> None:
    (block,) = make_blocks(1)
    packs.put(*block)
    with packs.batch() as batch:
        batch.put(*block)
        packs.gc([])
    assert packs.has(block[0])


def test_what_is_put_or_pinned_while_the_collector_runs_stays(packs: PackBlocks, monkeypatch) -> None:
    """The collector is held between marking and sweeping while others work."""
    again, pinned, new = content(1), content(2), content(3)
    roots = [add_file(packs, again), add_file(packs, pinned)]
    idle = add_file(packs, content(4))
    real = collecting._sweep
    swept = threading.Event()

    def sweep(*arguments: object):
        add_file(packs, again)
        packs.pin(roots[1], "meanwhile")
        roots.append(add_file(packs, new))
        swept.set()
        return real(*arguments)

    monkeypatch.setattr(collecting, "_sweep", sweep)
    packs.gc([])
    assert swept.is_set()
    assert all(packs.has(root) for root in roots)
    assert not packs.has(idle)
    monkeypatch.setattr(collecting, "_sweep", real)
    report = packs.gc(roots, dry_run=True)
    assert report.missing == 0


def test_what_is_referred_to_and_not_here_is_counted(packs: PackBlocks) -> None:
    leaf, absent = cid_of(b"leaf"), cid_of(b"absent")
    node = dag_pb.encode([dag_pb.Link(leaf), dag_pb.Link(absent)], b"")
    packs.put(leaf, b"leaf")
    packs.put(cid_of(node, DAG_PB), node)
    report = packs.gc([cid_of(node, DAG_PB), cid_of(b"another", DAG_PB)])
    assert (report.kept, report.missing, report.collected) == (2, 2, 0)


def test_a_damaged_node_stops_the_collection_before_anything_is_let_go_of(packs: PackBlocks) -> None:
    kept = add_file(packs, content(1))
    add_file(packs, content(2))
    place = packs.index.find(kept.multihash)
    with packs.packs.path(1).open("r+b") as file:
        file.seek(place.offset + 70)
        file.write(b"\xff\xff\xff\xff")
    before = set(packs.cids())
    with pytest.raises(Corruption, match="nothing was collected"):
        packs.gc([kept])
    assert set(packs.cids()) == before


def test_a_root_that_is_not_of_its_codec_keeps_itself(packs: PackBlocks) -> None:
    packs.put(cid_of(b"no node", DAG_PB), b"no node")
    report = packs.gc([cid_of(b"no node", DAG_PB)])
    assert (report.kept, report.collected) == (1, 0)


def test_marking_takes_memory_that_does_not_grow_with_the_store(packs: PackBlocks, make_blocks) -> None:
    blocks = make_blocks(6000, size=30)
    with packs.batch() as batch:
        for cid, block in blocks:
            batch.put(cid, block)
        nodes = []
        for start in range(0, 6000, 100):
            node = dag_pb.encode([dag_pb.Link(cid) for cid, _ in blocks[start : start + 100]], b"")
            batch.put(cid_of(node, DAG_PB), node)
            nodes.append(cid_of(node, DAG_PB))
    tracemalloc.start()
    report = packs.gc(iter(nodes))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert report.collected == 0
    assert report.kept == 6060
    assert peak < 600_000
