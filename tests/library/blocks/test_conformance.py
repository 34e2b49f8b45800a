"""What every keeper of blocks does, whatever it keeps them in."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from knowchain.content.blocks import BlockStore, MemoryBlocks, verified
from knowchain.errors import ContentError, NotFound
from knowchain.identifiers import DAG_CBOR, DAG_PB, RAW, Cid, cid_of
from knowchain.storage.blocks.directory import DirectoryBlocks
from knowchain.storage.blocks.packs import PackBlocks


@pytest.fixture(params=["memory", "directory", "packs"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlockStore]:
    if request.param == "memory":
        yield MemoryBlocks()
    elif request.param == "directory":
        yield DirectoryBlocks(tmp_path / "blocks")
    else:
        with PackBlocks.open(tmp_path / "packs", pack_size=4096) as packs:
            yield packs


def held(store: BlockStore) -> set[bytes]:
    return {cid.multihash for cid in store.cids()}


def test_what_was_put_is_given_back(store: BlockStore) -> None:
    for block in (b"", b"a", bytes(70_000), bytes(range(256)) * 4096):
        cid = cid_of(block)
        store.put(cid, block)
        assert store.get(cid) == block
        assert store.has(cid)
        assert store.size(cid) == len(block)


def test_what_was_never_put_is_not_found_and_the_error_says_what_to_do(store: BlockStore) -> None:
    absent = cid_of(b"absent")
    assert not store.has(absent)
    for ask in (store.get, store.size):
        with pytest.raises(NotFound) as caught:
            ask(absent)
        assert str(absent) in str(caught.value)
        assert caught.value.remedy


def test_putting_twice_changes_nothing(store: BlockStore) -> None:
    cid = cid_of(b"twice")
    store.put(cid, b"twice")
    store.put(cid, b"twice")
    assert store.get(cid) == b"twice"
    assert len(list(store.cids())) == 1


def test_a_deleted_block_is_gone_and_can_come_back(store: BlockStore) -> None:
    cid, other = cid_of(b"one"), cid_of(b"two")
    store.put(cid, b"one")
    store.put(other, b"two")
    store.delete(cid)
    assert not store.has(cid)
    assert held(store) == {other.multihash}
    with pytest.raises(NotFound):
        store.get(cid)
    store.put(cid, b"one")
    assert store.get(cid) == b"one"


def test_deleting_what_is_not_held_is_no_error(store: BlockStore) -> None:
    store.delete(cid_of(b"never seen"))
    assert held(store) == set()


def test_the_inventory_names_every_block_once(store: BlockStore) -> None:
    cids = {cid_of(bytes([i]) * 300, codec) for i, codec in enumerate((RAW, DAG_PB, DAG_CBOR) * 20)}
    for i, codec in enumerate((RAW, DAG_PB, DAG_CBOR) * 20):
        store.put(cid_of(bytes([i]) * 300, codec), bytes([i]) * 300)
    listed = list(store.cids())
    assert len(listed) == len(cids)
    assert held(store) == {cid.multihash for cid in cids}
    assert all(type(cid) is Cid for cid in listed)


def test_a_block_of_other_bytes_is_caught_by_whoever_verifies(store: BlockStore) -> None:
    cid = cid_of(b"claimed")
    store.put(cid, b"given")
    with pytest.raises(ContentError):
        verified(store).get(cid)


def test_a_mutable_buffer_that_changes_later_does_not_change_the_block(store: BlockStore) -> None:
    buffer = bytearray(b"before")
    cid = cid_of(b"before")
    store.put(cid, buffer)  # type: ignore[arg-type]
    buffer[:] = b"after!"
    assert store.get(cid) == b"before"


def test_threads_read_and_write_at_once(store: BlockStore) -> None:
    blocks = [(cid_of(bytes([i, j]) * 500), bytes([i, j]) * 500) for i in range(8) for j in range(20)]

    def work(part: int) -> None:
        for cid, block in blocks[part::8]:
            store.put(cid, block)
            assert store.get(cid) == block

    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
    assert held(store) == {cid.multihash for cid, _ in blocks}


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=st.lists(st.tuples(st.sampled_from(["put", "delete", "get"]), st.integers(0, 5)), max_size=25))
def test_any_history_leaves_what_a_dict_would_hold(store: BlockStore, steps: list[tuple[str, int]]) -> None:
    for cid in list(store.cids()):
        store.delete(cid)
    model: dict[Cid, bytes] = {}
    for what, which in steps:
        block = bytes([which]) * (which * 700)
        cid = cid_of(block)
        if what == "put":
            store.put(cid, block)
            model[cid] = block
        elif what == "delete":
            store.delete(cid)
            model.pop(cid, None)
        else:
            assert store.has(cid) == (cid in model)
    assert held(store) == {cid.multihash for cid in model}
    assert all(store.get(cid) == block for cid, block in model.items())


@pytest.mark.parametrize("kind", ["directory", "packs"])
def test_on_the_disk_one_block_serves_every_codec_of_its_multihash(kind: str, tmp_path: Path) -> None:
    """A record's raw twin and its dag-cbor id name one block (docs/spec/records.md)."""
    store = DirectoryBlocks(tmp_path) if kind == "directory" else PackBlocks.open(tmp_path)
    store.put(cid_of(b"\xa0", DAG_CBOR), b"\xa0")
    assert store.get(cid_of(b"\xa0", RAW)) == b"\xa0"
    assert len(list(store.cids())) == 1
    if isinstance(store, PackBlocks):
        store.close()
