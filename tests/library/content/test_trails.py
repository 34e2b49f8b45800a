"""Where paths lead, over which blocks, and which blocks answer a question about what is there."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain import codec
from knowchain.content import dag_pb, unixfs
from knowchain.content.blocks import MemoryBlocks
from knowchain.content.car import read_car, write_car
from knowchain.content.cids import as_version_0, parse_cid
from knowchain.content.dag_pb import Link
from knowchain.content.folders import import_tree
from knowchain.content.importing import import_file
from knowchain.content.profiles import UNIXFS_V1_2025
from knowchain.content.reading import file_blocks, read_file
from knowchain.content.selecting import Selection, select
from knowchain.content.trails import Trail, follow
from knowchain.content.unixfs import Kind, UnixFs
from knowchain.errors import ContentError, InvalidValue, NotFound
from knowchain.identifiers import DAG_CBOR, DAG_PB, RAW, Cid, cid_of

TINY = replace(UNIXFS_V1_2025, name="tiny", chunk_size=4, max_links=3, shard_threshold=0)


class Asked:
    """A source that remembers what it was asked for."""

    def __init__(self, blocks):
        self.blocks, self.cids = blocks, []

    def get(self, cid):
        self.cids.append(cid)
        return self.blocks.get(cid)


def put(blocks, block, kind=RAW):
    cid = cid_of(block, kind)
    blocks.put(cid, block)
    return cid


def file_in(blocks, data):
    return import_file(io.BytesIO(data).read, blocks, TINY).cid


def cids(found):
    return [cid for cid, _ in found]


@pytest.fixture
def sharded(folder_of, file_entry):
    """A folder of 300 files over several levels of shards."""
    blocks = MemoryBlocks()
    files = [file_entry(f"{i}.txt", str(i).encode()) for i in range(300)]
    *entries, root = import_tree(folder_of(*files), blocks, TINY)
    return blocks, root.imported.cid, {e.path.strip("/"): e.imported.cid for e in entries}


def test_a_path_through_a_sharded_folder_goes_over_its_shards_alone(sharded):
    blocks, root, files = sharded
    asked = Asked(blocks)
    trail = follow(asked, root, ["77.txt"])
    assert trail.end == files["77.txt"]
    assert trail.above[0] == root
    assert list(trail.above) == asked.cids
    assert len(trail.above) < 5
    assert trail.roots == (root, trail.end)


def test_a_proof_of_a_path_is_enough_to_follow_it(sharded):
    blocks, root, files = sharded
    proof = MemoryBlocks()
    for cid, block in select(blocks, follow(blocks, root, ["5.txt"]), Selection("block")):
        proof.put(cid, block)
    assert follow(proof, root, ["5.txt"]).end == files["5.txt"]
    with pytest.raises(NotFound):
        follow(proof, root, ["nothing.txt"])


def test_the_shards_of_a_folder_are_given_without_its_files(sharded):
    blocks, root, files = sharded
    given_ = cids(select(blocks, follow(blocks, root, []), Selection("entity")))
    assert given_[0] == root
    assert len(given_) == len(set(given_)) == len(blocks) - len(set(files.values()))
    assert not set(given_) & set(files.values())


def test_a_path_goes_through_dag_cbor_by_key_and_position():
    blocks = MemoryBlocks()
    leaf = put(blocks, b"leaf")
    inner = put(blocks, codec.encode({"list": [0, {"x": leaf}]}), DAG_CBOR)
    root = put(blocks, codec.encode({"a": {"b": inner}}), DAG_CBOR)
    trail = follow(blocks, root, ["a", "b", "list", "1", "x"])
    assert (trail.end, trail.above, trail.roots) == (leaf, (root, inner), (root, inner, leaf))


def test_a_path_that_ends_within_a_block_says_what_is_left():
    blocks = MemoryBlocks()
    inner = put(blocks, codec.encode({"deep": [{"x": 1}]}), DAG_CBOR)
    root = put(blocks, codec.encode({"a": inner}), DAG_CBOR)
    trail = follow(blocks, root, ["a", "deep", "0", "x"])
    assert trail == Trail(inner, (root,), (root, inner), ("deep", "0", "x"))


@pytest.mark.parametrize("path", ["b", "a/3", "a/01", "a/-1", "a/x", "a/0/b", "a/²"])
def test_what_is_not_in_dag_cbor_is_not_found(path):
    blocks = MemoryBlocks()
    root = put(blocks, codec.encode({"a": [1, 2, 3]}), DAG_CBOR)
    with pytest.raises(NotFound, match="nothing is at"):
        follow(blocks, root, path.split("/"))


def test_a_file_has_nothing_beneath_it_and_a_path_has_a_longest_length():
    blocks = MemoryBlocks()
    file = file_in(blocks, b"a long enough file")
    with pytest.raises(NotFound, match="nothing is at 'x'"):
        follow(blocks, file, ["x"])
    with pytest.raises(InvalidValue, match="257 segments"):
        follow(blocks, file, ["x"] * 257)


def test_a_block_that_lies_is_found_on_the_way():
    blocks = MemoryBlocks()
    root = cid_of(codec.encode({"a": 1}), DAG_CBOR)
    blocks.put(root, codec.encode({"a": 2}))
    with pytest.raises(ContentError, match="hash to something else"):
        follow(blocks, root, ["a"])


# --- bytes of a file ------------------------------------------------------------------------------------

DATA = bytes(range(100))


@given(st.integers(-130, 130), st.integers(-130, 130))
def test_the_blocks_of_a_range_are_those_that_reading_it_needs(first, last):
    blocks = MemoryBlocks()
    file = file_in(blocks, DATA)
    proof = MemoryBlocks()
    for cid, block in file_blocks(blocks, file, first, last):
        proof.put(cid, block)
    begin, end = (max(0, at + 100 if at < 0 else at) for at in (first, last))
    wanted = DATA[begin : end + 1]
    assert b"".join(read_file(proof, file, begin, max(0, end + 1 - begin))) == wanted
    asked = Asked(blocks)
    list(read_file(asked, file, begin, max(0, end + 1 - begin)))
    assert set(asked.cids) == set(proof.cids())


def test_missing_blocks_outside_a_range_do_not_matter():
    blocks = MemoryBlocks()
    file = file_in(blocks, DATA)
    whole = cids(file_blocks(blocks, file))
    blocks.delete(whole[-1])
    assert cids(select(blocks, follow(blocks, file, []), Selection("entity", 0, 3)))[0] == file
    with pytest.raises(NotFound):
        list(select(blocks, follow(blocks, file, []), Selection("entity")))


def test_duplicates_are_given_as_often_as_they_are_linked():
    blocks = MemoryBlocks()
    file = file_in(blocks, b"samesamesamesame")
    trail = follow(blocks, file, [])
    for scope in ("entity", "all"):
        once = cids(select(blocks, trail, Selection(scope)))
        often = cids(select(blocks, trail, Selection(scope, duplicates=True)))
        assert len(once) == len(set(once)) == len(set(often)) < len(often)


def test_what_doubles_at_each_level_is_cut_off():
    """Forty blocks whose every path is a block to give: a million million of them."""
    blocks = MemoryBlocks()
    cid = put(blocks, b"leaf")
    for _ in range(40):
        cid = put(blocks, codec.encode([cid, cid]), DAG_CBOR)
    with pytest.raises(ContentError, match="more than 1000 blocks"):
        list(select(blocks, follow(blocks, cid, []), Selection(duplicates=True), max_blocks=1000))
    assert len(list(select(blocks, follow(blocks, cid, [])))) == 41


def test_a_block_that_is_its_own_cid_is_followed_and_not_given():
    blocks = MemoryBlocks()
    node = dag_pb.encode([], unixfs.encode(UnixFs(Kind.FILE, b"tiny", file_size=4)))
    inline = Cid(b"\x01\x70\x00" + bytes([len(node)]) + node)
    root = put(
        blocks, dag_pb.encode([Link(inline, "a", 1)], unixfs.encode(UnixFs(Kind.DIRECTORY, b""))), DAG_PB
    )
    trail = follow(blocks, root, ["a"])
    assert trail.end == inline
    for scope in ("block", "entity", "all"):
        assert cids(select(blocks, trail, Selection(scope, duplicates=True))) == [root]


# --- CIDv0 -------------------------------------------------------------------------------------------------


def test_a_cid_of_version_0_is_read_and_written_as_such():
    text = "QmPZ9gcCEpqKTo6aq61g2nXGUhM4iCL3ewB6LDXZCtioEB"
    cid = parse_cid(text)
    assert cid.codec == DAG_PB
    assert as_version_0(cid) == b"\x12\x20" + cid.digest
    assert as_version_0(cid_of(b"raw", RAW)) == cid_of(b"raw", RAW)
    for bad in (text[:-1], text + "1", "Qm" + "0" * 44, "Qm" + "z" * 44):
        with pytest.raises(InvalidValue):
            parse_cid(bad)


def test_a_car_of_version_0_names_is_the_same_car_to_its_reader():
    blocks = MemoryBlocks()
    leaf = put(blocks, b"leaf")
    root = put(blocks, dag_pb.encode([Link(leaf, "a")], b""), DAG_PB)
    found = list(select(blocks, follow(blocks, root, [])))
    car = b"".join(write_car([root], found, version_0=True))
    assert root[2:] in car
    assert root not in car
    reader = read_car([car])
    assert reader.roots == (root,)
    assert [tuple(one) for one in reader] == found
