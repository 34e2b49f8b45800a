"""Folders, plain and sharded: by path, as a listing, and when they lie."""

from __future__ import annotations

import itertools
from dataclasses import replace

import pytest

from knowchain.content import dag_pb, unixfs
from knowchain.content.blocks import MemoryBlocks
from knowchain.content.dag_pb import Link
from knowchain.content.directories import list_directory, resolve, stat
from knowchain.content.folders import Symlink, import_tree
from knowchain.content.profiles import UNIXFS_V1_2025
from knowchain.content.sharding import write_shards
from knowchain.content.unixfs import Kind, UnixFs
from knowchain.errors import ContentError, InvalidValue, NotFound
from knowchain.identifiers import DAG_PB, RAW, cid_of

LEAF = cid_of(b"x", RAW)


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


def put_unsorted(blocks, names, content):
    """A folder whose links stand as given, as no writer of ours would put them."""
    parts = [dag_pb.encode([Link(LEAF, name, 1)], b"")[:-2] for name in names]
    data = unixfs.encode(content)
    block = b"".join(parts) + b"\x0a" + bytes([len(data)]) + data
    cid = cid_of(block, DAG_PB)
    blocks.put(cid, block)
    return cid


@pytest.fixture(params=[False, True], ids=["plain", "sharded"])
def profile(request):
    """The default profile, and one that shards every folder."""
    return replace(UNIXFS_V1_2025, shard_threshold=0) if request.param else UNIXFS_V1_2025


@pytest.fixture
def tree(profile, folder_of, file_entry):
    """Some blocks, and the root of a tree in them."""
    blocks = MemoryBlocks()
    many = [file_entry(f"scan-{i:04}.tif", str(i).encode()) for i in range(1000)]
    root = folder_of(folder_of(*many, name="photos"), Symlink("latest", "photos"), file_entry("é", b"e"))
    *_, done = import_tree(root, blocks, profile, symlinks="keep")
    return blocks, done.imported.cid


def test_a_path_leads_to_its_entry(tree):
    blocks, root = tree
    for path in ("photos/scan-0713.tif", "/photos/scan-0713.tif", "photos/scan-0713.tif/"):
        assert resolve(blocks, root, path) == cid_of(b"713", RAW)
    assert resolve(blocks, root, "é") == cid_of(b"e", RAW)
    assert resolve(blocks, root, "") == resolve(blocks, root, "/") == root


@pytest.mark.parametrize(
    ("path", "where"),
    [
        ("nothing", "'/nothing'"),
        ("photos/scan-1000.tif", "'/photos/scan-1000.tif'"),
        ("e\u0301", "nothing is at"),
        ("é/x", "'/é' in .* is no folder"),
        ("latest/scan-0001.tif", "'/latest' in .* is no folder"),
    ],
)
def test_a_path_that_leads_nowhere_says_where_it_ended(tree, path, where):
    with pytest.raises(NotFound, match=where):
        resolve(*tree, path)


@pytest.mark.parametrize(
    "path", ["..", "photos/../é", "./é", "photos//x", "a\0", "n" * 4096, "/".join("a" * 257)]
)
def test_a_path_of_no_proper_names_is_refused(tree, path):
    with pytest.raises(InvalidValue):
        resolve(*tree, path)


def test_a_listing_has_every_entry_once(tree):
    blocks, root = tree
    assert {link.name for link in list_directory(blocks, root)} == {"photos", "latest", "é"}
    listed = list(list_directory(blocks, resolve(blocks, root, "photos")))
    assert sorted(link.name for link in listed) == [f"scan-{i:04}.tif" for i in range(1000)]
    assert all(link.cid == cid_of(str(int(link.name[5:9])).encode(), RAW) for link in listed)


def test_what_a_cid_is(tree, profile):
    blocks, root = tree
    photos = stat(blocks, resolve(blocks, root, "photos"))
    assert (photos.kind, photos.size, photos.sharded) == ("directory", 0, profile.shard_threshold == 0)
    link = stat(blocks, resolve(blocks, root, "latest"))
    assert (link.kind, link.target) == ("symlink", "photos")
    assert stat(blocks, resolve(blocks, root, "é")).kind == "file"


def test_a_sharded_folder_is_searched_by_one_block_a_level(folder_of, file_entry):
    blocks = MemoryBlocks()
    links = [Link(LEAF, f"{i}", 1) for i in range(20_000)]
    written = write_shards(links, blocks, 256)
    asked = Asked(blocks)
    assert resolve(asked, written.cid, "12345") == LEAF
    assert len(asked.cids) <= 4 < written.blocks


def test_a_sharded_folder_is_listed_as_its_entries_are_taken():
    blocks = MemoryBlocks()
    written = write_shards([Link(LEAF, f"{i}", 1) for i in range(20_000)], blocks, 256)
    asked = Asked(blocks)
    listing = list_directory(asked, written.cid)
    next(listing)
    assert len(asked.cids) <= 4
    assert sum(1 for _ in listing) == 19_999
    assert len(asked.cids) == written.blocks


@pytest.mark.parametrize("fanout", [8, 16, 32, 64, 128, 256, 512, 1024])
def test_every_fanout_that_is_known_is_found_and_listed(fanout):
    blocks = MemoryBlocks()
    names = [f"n{i}" for i in range(3000)]
    root = write_shards([Link(LEAF, name, 1) for name in names], blocks, fanout).cid
    assert {link.name for link in list_directory(blocks, root)} == set(names)
    assert all(resolve(blocks, root, name) == LEAF for name in names[::97])


# --- lies -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["", ".", "..", "a/b", "../../etc/passwd", "a\0", "n" * 4096])
def test_a_folder_with_a_bad_name_is_not_listed(name):
    blocks = MemoryBlocks()
    plain = put_node(blocks, [Link(LEAF, "good", 1), Link(LEAF, name, 1)], UnixFs(Kind.DIRECTORY))
    with pytest.raises(ContentError, match="which is refused"):
        list_directory(blocks, plain)
    if name:
        sharded = write_shards([Link(LEAF, "good", 1), Link(LEAF, name, 1)], blocks, 256).cid
        with pytest.raises(ContentError, match="which is refused"):
            list(list_directory(blocks, sharded))


def test_a_folder_that_holds_a_name_twice_is_refused():
    """Two readers could take one name for two files."""
    blocks = MemoryBlocks()
    twice = put_unsorted(blocks, ["a", "b", "a"], UnixFs(Kind.DIRECTORY))
    with pytest.raises(ContentError, match="holds a twice"):
        list_directory(blocks, twice)
    with pytest.raises(ContentError, match="holds a twice"):
        resolve(blocks, twice, "a")
    assert resolve(blocks, twice, "b") == LEAF


def test_links_in_no_order_are_read():
    blocks = MemoryBlocks()
    root = put_unsorted(blocks, ["b", "a"], UnixFs(Kind.DIRECTORY))
    assert [link.name for link in list_directory(blocks, root)] == ["b", "a"]


def shard(bits, links, fanout=256, hash_type=0x22, data=None):
    bitfield = sum(1 << bit for bit in bits)
    raw = bitfield.to_bytes((bitfield.bit_length() + 7) // 8, "big") if data is None else data
    return links, UnixFs(Kind.HAMT_SHARD, raw, hash_type=hash_type, fanout=fanout)


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (shard([1], [Link(LEAF, "01a")], fanout=255), "fanout 255"),
        (shard([1], [Link(LEAF, "01a")], fanout=2**62), "fanout"),
        (shard([1], [Link(LEAF, "01a")], fanout=4), "fanout 4"),
        (shard([1], [Link(LEAF, "01a")], hash_type=0x12), "hash 18"),
        (shard([1], [Link(LEAF, "02a")]), "disagree"),
        (shard([10], [Link(LEAF, "0aa")]), "disagree"),
        (shard([1, 2], [Link(LEAF, "01a")]), "disagree"),
        (shard([1], [Link(LEAF, "01a"), Link(LEAF, "01b")]), "disagree"),
        (shard([1], [Link(LEAF, "1")]), "disagree"),
        (shard([], [], data=b"\0" * 33), "disagree"),
        (shard([], [Link(LEAF, "01a")], data=b"\xff" * 2_000), "disagree"),
        (shard([1], [Link(LEAF, "01a")]), "not that of its hash"),
    ],
)
def test_a_shard_that_is_not_what_it_should_be_is_refused(made, why):
    blocks = MemoryBlocks()
    with pytest.raises(ContentError, match=why):
        list(list_directory(blocks, put_node(blocks, *made)))


def test_a_shard_repeated_in_many_places_is_refused_at_once():
    """Eight levels of 256 places would list 2^64 entries; the first one in a wrong place ends it."""
    blocks = MemoryBlocks()
    below = write_shards([Link(LEAF, "a", 1)], blocks, 256).cid
    for _ in range(7):
        everywhere = [Link(below, f"{place:02X}", 1) for place in range(256)]
        below = put_node(blocks, *shard(range(256), everywhere))
    asked = Asked(blocks)
    with pytest.raises(ContentError, match="not that of its hash"):
        list(list_directory(asked, below))
    assert len(asked.cids) <= 8


def test_shards_deeper_than_the_hash_are_refused():
    blocks = MemoryBlocks()
    below = put_node(blocks, *shard([0], [Link(LEAF, "00a")]))
    for _ in range(10):
        below = put_node(blocks, *shard([0], [Link(below, "00")]))
    with pytest.raises(ContentError, match="deeper than its hash"):
        list(list_directory(blocks, below))


def test_an_empty_or_other_shard_within_is_refused():
    blocks = MemoryBlocks()
    empty = put_node(blocks, *shard([], []))
    other = put_node(blocks, *shard([1], [Link(LEAF, "1a")], fanout=16))
    plain = put_node(blocks, [], UnixFs(Kind.DIRECTORY))
    assert list(list_directory(blocks, empty)) == []
    for within, why in (
        (empty, "is empty"),
        (other, "another fanout"),
        (plain, "is none"),
        (LEAF, "is none"),
    ):
        blocks.put(LEAF, b"x")
        root = put_node(blocks, *shard([1], [Link(within, "01")]))
        with pytest.raises(ContentError, match=why):
            list(list_directory(blocks, root))


@pytest.mark.parametrize(
    ("links", "content", "why"),
    [
        ([], UnixFs(Kind.METADATA), "metadata"),
        ([Link(LEAF, "a")], UnixFs(Kind.SYMLINK, b"x"), "symlink with links"),
        ([], UnixFs(Kind.SYMLINK, b"\xff"), "not UTF-8"),
        ([Link(LEAF, "a")], UnixFs(Kind.DIRECTORY, block_sizes=(1,)), "1 sizes for 1 links"),
    ],
)
def test_a_block_that_makes_no_sense_is_refused(links, content, why):
    blocks = MemoryBlocks()
    with pytest.raises(ContentError, match=why):
        stat(blocks, put_node(blocks, links, content))


def test_a_file_is_no_folder():
    blocks = MemoryBlocks()
    blocks.put(LEAF, b"x")
    with pytest.raises(ContentError, match="is no folder"):
        list_directory(blocks, LEAF)


def test_dag_pb_without_unixfs_is_refused():
    blocks = MemoryBlocks()
    cid = cid_of(b"", DAG_PB)
    blocks.put(cid, b"")
    with pytest.raises(ContentError, match="without UnixFS"):
        stat(blocks, cid)


@pytest.mark.slow
def test_a_folder_of_100_000_entries_is_listed_and_searched():
    blocks = MemoryBlocks()
    written = write_shards([Link(LEAF, f"file-{i:06d}.txt", 1) for i in range(100_000)], blocks, 256)
    names = {link.name for link in list_directory(blocks, written.cid)}
    assert len(names) == 100_000
    assert all(resolve(blocks, written.cid, name) == LEAF for name in itertools.islice(names, 1000))
