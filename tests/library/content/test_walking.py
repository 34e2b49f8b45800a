"""Every block under a root."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest

from knowchain import codec
from knowchain.content import dag_pb
from knowchain.content.blocks import MemoryBlocks
from knowchain.content.dag_pb import Link
from knowchain.content.folders import import_tree
from knowchain.content.importing import import_file
from knowchain.content.profiles import UNIXFS_V1_2025
from knowchain.content.walking import links_of, walk
from knowchain.errors import ContentError, NotFound
from knowchain.identifiers import DAG_CBOR, DAG_PB, RAW, Cid, cid_of

TINY = replace(UNIXFS_V1_2025, name="tiny", chunk_size=4, max_links=3, shard_threshold=0)


def put(blocks, block, kind):
    cid = cid_of(block, kind)
    blocks.put(cid, block)
    return cid


def test_every_block_of_a_tree_comes_once(folder_of, file_entry):
    blocks = MemoryBlocks()
    files = [file_entry(f"f{i}", bytes(range(i))) for i in range(40)]
    *_, root = import_tree(folder_of(*files, folder_of(*files, name="again")), blocks, TINY)
    walked = list(walk(blocks, root.imported.cid))
    assert walked[0][0] == root.imported.cid
    assert len({cid for cid, _ in walked}) == len(walked) == len(blocks)
    assert all(block == blocks.get(cid) for cid, block in walked)


def test_the_order_is_depth_first_and_a_parent_comes_before_its_links():
    blocks = MemoryBlocks()
    leaf, other = put(blocks, b"leaf", RAW), put(blocks, b"other", RAW)
    inner = put(blocks, dag_pb.encode([Link(leaf)], b""), DAG_PB)
    root = put(blocks, dag_pb.encode([Link(inner, "a"), Link(other, "b"), Link(leaf, "c")], b""), DAG_PB)
    assert [cid for cid, _ in walk(blocks, root)] == [root, inner, leaf, other]


def test_links_in_dag_cbor_are_followed_wherever_they_stand():
    blocks = MemoryBlocks()
    leaves = [put(blocks, bytes([n]), RAW) for n in range(4)]
    value = {"a": leaves[0], "b": [1, [leaves[1]], {"c": leaves[2]}], "d": "text", "z": leaves[3]}
    root = put(blocks, codec.encode(value), DAG_CBOR)
    assert [cid for cid, _ in walk(blocks, root)] == [root, *leaves]


def test_blocks_of_other_codecs_are_leaves():
    block = b"\x01\x02"
    cid = Cid(b"\x01\x78" + cid_of(block)[2:])  # git
    assert links_of(cid, block) == []
    blocks = MemoryBlocks()
    blocks.put(cid, block)
    assert list(walk(blocks, cid)) == [(cid, block)]


def test_a_block_that_is_its_own_cid_is_followed_and_not_given():
    blocks = MemoryBlocks()
    leaf = put(blocks, b"leaf", RAW)
    inline = dag_pb.encode([Link(Cid(leaf), "", 0)], b"")
    assert len(inline) <= 58
    root = Cid(bytes([1, DAG_PB, 0, len(inline)]) + inline)
    assert [cid for cid, _ in walk(blocks, root)] == [leaf]


@pytest.mark.parametrize("kind", [DAG_PB, DAG_CBOR])
def test_a_block_that_is_not_of_its_codec_is_refused(kind):
    blocks = MemoryBlocks()
    root = put(blocks, b"\xff\xff", kind)
    with pytest.raises(ContentError):
        list(walk(blocks, root))


def test_a_missing_block_is_an_error_and_not_a_shorter_walk():
    blocks = MemoryBlocks()
    root = import_file(io.BytesIO(bytes(range(100))).read, blocks, TINY).cid
    blocks.delete(cid_of(bytes(range(96, 100)), RAW))
    with pytest.raises(NotFound):
        list(walk(blocks, root))


def test_a_wrong_block_is_refused():
    class Wrong:
        def get(self, cid):
            return b"wrong"

    with pytest.raises(ContentError, match="hash to something else"):
        list(walk(Wrong(), cid_of(b"right", RAW)))


def test_a_walk_ends_at_its_bound_and_not_before():
    blocks = MemoryBlocks()
    root = import_file(io.BytesIO(bytes(range(40))).read, blocks, TINY)
    assert root.blocks == 10 + 4 + 2 + 1
    assert len(list(walk(blocks, root.cid, max_blocks=17))) == 17
    with pytest.raises(ContentError, match="more than 16 blocks"):
        list(walk(blocks, root.cid, max_blocks=16))


def test_a_chain_of_any_length_takes_no_stack():
    blocks = MemoryBlocks()
    root = put(blocks, b"end", RAW)
    for _ in range(5_000):
        root = put(blocks, dag_pb.encode([Link(root)], b""), DAG_PB)
    assert sum(1 for _ in walk(blocks, root)) == 5_001
