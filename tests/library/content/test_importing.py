"""Files become blocks: order, memory, short reads."""

from __future__ import annotations

import io
import random
import tracemalloc
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.content.blocks import MemoryBlocks, NoBlocks
from knowchain.content.cids import text_of
from knowchain.content.importing import import_file, reader_of
from knowchain.content.profiles import CLASSIC, UNIXFS_V0_2015, UNIXFS_V1_2025, profile_named
from knowchain.content.reading import read_file
from knowchain.errors import InvalidValue
from knowchain.identifiers import DAG_PB, RAW, cid_of

TINY = replace(UNIXFS_V1_2025, name="tiny", chunk_size=4, max_links=3)


class Recording:
    """A sink that remembers what came, in order."""

    def __init__(self):
        self.put_blocks = []

    def put(self, cid, block):
        self.put_blocks.append((cid, block))


def test_leaves_come_in_the_order_of_the_file_and_nodes_after_what_they_link_to():
    data = bytes(range(100))
    sink = Recording()
    root = import_file(io.BytesIO(data).read, sink, TINY)
    leaves = [block for cid, block in sink.put_blocks if cid.codec == RAW]
    assert b"".join(leaves) == data
    assert sink.put_blocks[-1][0] == root.cid
    assert root.blocks == len(sink.put_blocks)
    assert root.dag_size == sum(len(block) for _, block in sink.put_blocks)


def test_a_leaf_that_occurs_twice_is_put_twice():
    sink = Recording()
    import_file(io.BytesIO(b"samesame").read, sink, TINY)
    assert [block for cid, block in sink.put_blocks if cid.codec == RAW] == [b"same", b"same"]


def test_a_file_of_just_one_chunk_is_its_leaf():
    for profile in (UNIXFS_V1_2025, CLASSIC):
        data = b"x" * profile.chunk_size
        imported = import_file(io.BytesIO(data).read, NoBlocks(), profile)
        assert imported.cid == cid_of(data, RAW)
        assert import_file(io.BytesIO(data + b"y").read, NoBlocks(), profile).cid.codec == DAG_PB


def test_a_root_that_is_just_full_gets_no_parent():
    assert import_file(io.BytesIO(bytes(12)).read, NoBlocks(), TINY).blocks == 4
    assert import_file(io.BytesIO(bytes(13)).read, NoBlocks(), TINY).blocks == 4 + 1 + 1 + 1


@given(st.binary(max_size=200), st.lists(st.integers(1, 7), min_size=1))
def test_short_reads_change_nothing(data, sizes):
    file = io.BytesIO(data)
    rest = list(sizes)

    def dribble(size):
        rest.append(rest.pop(0))
        return file.read(min(size, rest[-1]))

    whole = import_file(io.BytesIO(data).read, NoBlocks(), TINY)
    assert import_file(dribble, NoBlocks(), TINY) == whole


@given(st.lists(st.binary(max_size=20)))
def test_pieces_of_any_size_read_as_one_file(pieces):
    pieced = import_file(reader_of(pieces), NoBlocks(), TINY)
    assert pieced == import_file(io.BytesIO(b"".join(pieces)).read, NoBlocks(), TINY)


def test_what_the_reader_raises_passes_through():
    def broken(size):
        raise OSError("the disk is gone")

    with pytest.raises(OSError, match="the disk is gone"):
        import_file(broken, NoBlocks(), TINY)


def test_memory_does_not_grow_with_the_file():
    """A tree of 47,000 leaves takes no more than one of 3,000. (32 links: Python keeps small tuples.)"""
    profile = replace(UNIXFS_V1_2025, name="narrow", chunk_size=64, max_links=32)
    peaks = []
    for size in (200_000, 3_000_000):
        piece = random.Random(size).randbytes(10_000)
        tracemalloc.start()
        import_file(reader_of(piece for _ in range(size // len(piece))), NoBlocks(), profile)
        peaks.append(tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    assert peaks[1] < peaks[0] + 100_000


def test_a_profile_is_known_by_its_name_and_kept_with_the_result():
    assert profile_named("classic") is CLASSIC
    assert import_file(io.BytesIO(b"x").read, MemoryBlocks()).profile is UNIXFS_V1_2025
    with pytest.raises(InvalidValue, match="no import profile kubo") as caught:
        profile_named("kubo")
    assert "unixfs-v1-2025, classic" in caught.value.remedy


def test_the_first_profile_of_ipfs_gives_the_cid_that_every_tool_knows_for_an_empty_file():
    made = import_file(io.BytesIO().read, NoBlocks(), UNIXFS_V0_2015)
    assert text_of(made.cid, version_0=True) == "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH"
    assert (made.size, made.dag_size, made.blocks) == (0, 6, 1)


def test_a_dag_pb_leaf_has_the_bytes_and_their_size_about_it():
    blocks = MemoryBlocks()
    made = import_file(io.BytesIO(b"x" * 10).read, blocks, replace(UNIXFS_V0_2015, chunk_size=4))
    assert {cid.codec for cid in blocks.cids()} == {DAG_PB}
    assert b"".join(read_file(blocks, made.cid)) == b"x" * 10
    assert made.size == 10
