"""Files by byte range: only what is needed, and nothing that was not checked."""

from __future__ import annotations

import io
import itertools
import random
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.content import dag_pb, unixfs
from knowchain.content.blocks import MemoryBlocks, verified
from knowchain.content.dag_pb import Link
from knowchain.content.directories import stat
from knowchain.content.importing import import_file
from knowchain.content.profiles import UNIXFS_V1_2025
from knowchain.content.reading import read_file
from knowchain.content.unixfs import Kind, Mtime, UnixFs
from knowchain.errors import ContentError, InvalidValue, NotFound
from knowchain.identifiers import DAG_PB, RAW, Cid, cid_of

TINY = replace(UNIXFS_V1_2025, name="tiny", chunk_size=5, max_links=3)


class Asked:
    """A source that remembers what was asked of it."""

    def __init__(self, blocks):
        self.blocks = blocks
        self.cids = []

    def get(self, cid):
        self.cids.append(cid)
        return self.blocks.get(cid)


def put_node(blocks, links, content):
    block = dag_pb.encode(links, unixfs.encode(content))
    cid = cid_of(block, DAG_PB)
    blocks.put(cid, block)
    return cid


def put_raw(blocks, data):
    cid = cid_of(data, RAW)
    blocks.put(cid, data)
    return cid


def file_of(blocks, parts, sizes=None, file_size=None, data=b""):
    sizes = tuple(sizes if sizes is not None else (blocks.size(cid) for cid in parts))
    size = len(data) + sum(sizes) if file_size is None else file_size
    content = UnixFs(Kind.FILE, data, file_size=size, block_sizes=sizes)
    return put_node(blocks, [Link(cid) for cid in parts], content)


def read(source, cid, *bounds):
    return b"".join(read_file(source, cid, *bounds))


@given(st.binary(max_size=120), st.integers(0, 130), st.none() | st.integers(0, 130))
def test_every_range_of_every_tree_is_that_of_the_file(data, offset, length):
    blocks = MemoryBlocks()
    root = import_file(io.BytesIO(data).read, blocks, TINY).cid
    end = None if length is None else offset + length
    assert read(blocks, root, offset, length) == data[offset:end]


def test_a_range_fetches_only_the_blocks_that_hold_it():
    """Of a tree of 4 levels: the way down, and the one leaf."""
    blocks = MemoryBlocks()
    root = import_file(io.BytesIO(random.Random(0).randbytes(5 * 27)).read, blocks, TINY).cid
    asked = Asked(blocks)
    read(asked, root, 70, 5)
    assert len(asked.cids) == 4
    assert len(blocks) == 27 + 9 + 3 + 1


def test_blocks_are_fetched_as_the_pieces_are_taken():
    blocks = MemoryBlocks()
    root = import_file(io.BytesIO(bytes(range(100))).read, blocks, TINY).cid
    asked = Asked(blocks)
    pieces = read_file(asked, root)
    assert asked.cids == [root]
    next(pieces)
    assert len(asked.cids) == 4


def test_files_of_other_tools_are_read():
    """Leaves within dag-pb, bytes beside links, no total: older tools wrote all of these."""
    blocks = MemoryBlocks()
    old = put_node(blocks, [], UnixFs(Kind.RAW, b"old", file_size=3))
    leaf = put_node(blocks, [], UnixFs(Kind.FILE, b"leaf", file_size=4))
    raw = put_raw(blocks, b"raw")
    content = UnixFs(Kind.FILE, b"first ", block_sizes=(3, 4, 3))
    root = put_node(blocks, [Link(old), Link(leaf), Link(raw)], content)
    assert read(blocks, root) == b"first oldleafraw"
    assert read(blocks, root, 4, 7) == b"t oldle"
    assert stat(blocks, root).size == 16


def test_mode_and_time_are_kept_when_read():
    blocks = MemoryBlocks()
    mtime = Mtime(-86_400, 5)
    root = put_node(blocks, [], UnixFs(Kind.FILE, b"x", file_size=1, mode=0o640, mtime=mtime))
    assert (stat(blocks, root).mode, stat(blocks, root).mtime) == (0o640, mtime)


def test_an_identity_cid_is_its_own_block():
    assert read(MemoryBlocks(), Cid(b"\x01\x55\x00\x05hello")) == b"hello"


@pytest.mark.parametrize("bounds", [(-1,), (0, -1)])
def test_a_negative_range_is_refused(bounds):
    blocks = MemoryBlocks()
    with pytest.raises(InvalidValue, match="is -1"):
        read_file(blocks, put_raw(blocks, b"x"), *bounds)


def test_what_is_no_file_fails_before_the_first_piece():
    blocks = MemoryBlocks()
    folder = put_node(blocks, [], UnixFs(Kind.DIRECTORY))
    with pytest.raises(ContentError, match="no file but a directory"):
        read_file(blocks, folder)
    with pytest.raises(ContentError, match="codec 0x71"):
        read_file(blocks, put_cbor(blocks))
    with pytest.raises(NotFound):
        read_file(MemoryBlocks(), folder)


def put_cbor(blocks):
    cid = cid_of(b"\xa0", 0x71)
    blocks.put(cid, b"\xa0")
    return cid


# --- lies -----------------------------------------------------------------------------------------


class Lying:
    """A source that gives other bytes for one block."""

    def __init__(self, blocks, cid, lie):
        self.blocks, self.cid, self.lie = blocks, cid, lie

    def get(self, cid):
        return self.lie if cid == self.cid else self.blocks.get(cid)


def test_a_changed_block_is_noticed_and_no_byte_of_it_is_given():
    data = random.Random(1).randbytes(100)
    blocks = MemoryBlocks()
    root = import_file(io.BytesIO(data).read, blocks, TINY).cid
    for cid in list(blocks.cids()):
        block = blocks.get(cid)
        for lie in (block[:-1], block + b"x", bytes([block[0] ^ 1]) + block[1:], b""):
            given = b""
            with pytest.raises(ContentError, match=str(cid)):
                for piece in read_file(Lying(blocks, cid, lie), root):
                    given += piece
            assert data.startswith(given)


def test_a_missing_block_is_named_after_the_good_bytes():
    blocks = MemoryBlocks()
    root = import_file(io.BytesIO(bytes(range(40))).read, blocks, TINY).cid
    blocks.delete(cid_of(bytes(range(20, 25)), RAW))
    pieces = read_file(blocks, root)
    assert b"".join(itertools.islice(pieces, 4)) == bytes(range(20))
    with pytest.raises(NotFound):
        next(pieces)


def test_a_part_of_another_size_than_its_parent_says_is_refused():
    blocks = MemoryBlocks()
    leaf = put_raw(blocks, b"12345")
    inner = file_of(blocks, [leaf, leaf])
    for part, size in ((leaf, 4), (leaf, 6), (leaf, 2**62), (inner, 9), (inner, 11)):
        root = file_of(blocks, [part], [size])
        with pytest.raises(ContentError, match=f"where its parent says {size}"):
            read(blocks, root)


@pytest.mark.parametrize(
    ("sizes", "file_size", "why"),
    [
        ([5], 2**62, "claims a file of"),
        ([2**62, 2**62], None, "more than"),
        ([2**64 - 1], 5, "more than"),
        ([], 0, "0 sizes for 1 links"),
        ([5, 5], None, "2 sizes for"),
        ([5], 4, "claims a file of 4 bytes whose parts have 5"),
    ],
)
def test_a_root_that_contradicts_itself_is_refused(sizes, file_size, why):
    blocks = MemoryBlocks()
    leaf = put_raw(blocks, b"12345")
    links = [leaf] * max(1, len(sizes) if "more" in why else 1)
    root = file_of(blocks, links, sizes, file_size)
    with pytest.raises(ContentError, match=why):
        read_file(blocks, root)


def test_a_chain_ends_at_the_bound():
    blocks = MemoryBlocks()
    part = put_raw(blocks, b"12345")
    for _ in range(32):
        part = file_of(blocks, [part], [5])
    assert read(blocks, part) == b"12345"
    with pytest.raises(ContentError, match="deeper than 32"):
        read(blocks, file_of(blocks, [part], [5]))


def test_a_wide_tree_of_nothing_costs_nothing():
    """30 levels of 1,000 links to empty parts would be 10^90 visits: none is made."""
    blocks = MemoryBlocks()
    part = put_raw(blocks, b"")
    for _ in range(30):
        part = file_of(blocks, [part] * 1000, [0] * 1000)
    asked = Asked(blocks)
    assert read(asked, part) == b""
    assert asked.cids == [part]


def test_a_tree_that_repeats_itself_is_read_in_any_place():
    """2^60 bytes in 31 blocks are legal; a range of them costs the way down, and the sum is exact."""
    blocks = MemoryBlocks()
    part, size = put_raw(blocks, bytes(range(16))), 16
    for _ in range(28):
        part, size = file_of(blocks, [part, part, part, part], [size] * 4), size * 4
    assert stat(blocks, part).size == 2**60
    asked = Asked(blocks)
    assert read(asked, part, 2**59 + 5, 3) == bytes([5, 6, 7])
    assert len(asked.cids) == 29


def test_verification_is_wrapped_once():
    source = verified(MemoryBlocks())
    assert verified(source) is source


@pytest.mark.slow
def test_a_file_of_more_than_a_gigabyte_is_read_back():
    """CID-only on the way in; on the way out the leaves are made again as they are asked for."""
    size, chunk = 1100 * 2**20 + 3, 2**20
    piece = bytes(i % 251 for i in range(251 * 4200))

    def chunk_at(at):
        start = at % 251
        return piece[start : start + min(chunk, size - at)]

    class Regrowing:
        def __init__(self):
            self.nodes, self.offsets, self.at = MemoryBlocks(), {}, 0

        def put(self, cid, block):
            if cid.codec == DAG_PB:
                self.nodes.put(cid, block)
            else:
                self.offsets[cid], self.at = self.at, self.at + len(block)

        def get(self, cid):
            return chunk_at(self.offsets[cid]) if cid in self.offsets else self.nodes.get(cid)

    blocks = Regrowing()
    offset = 0

    def reader(wanted):
        nonlocal offset
        given = chunk_at(offset)[:wanted]
        offset += len(given)
        return given

    root = import_file(reader, blocks).cid
    at = 0
    for part in read_file(blocks, root):
        assert part == chunk_at(at)
        at += len(part)
    assert at == size
    assert read(blocks, root, size - 7) == (chunk_at(size - 3 - chunk) + chunk_at(size - 3))[-7:]
