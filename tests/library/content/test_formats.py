"""dag-pb and UnixFS: one spelling when written, the rules of their specifications when read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.content import dag_pb, unixfs
from knowchain.content.dag_pb import Link, Node
from knowchain.content.protobuf import varint
from knowchain.content.unixfs import Kind, Mtime, UnixFs
from knowchain.errors import ContentError
from knowchain.identifiers import DAG_PB, RAW, cid_of

LEAF = cid_of(b"x", RAW)
U64 = st.integers(0, 2**64 - 1)


def field(number, content):
    return bytes([number << 3 | 2]) + varint(len(content)) + content


HASH = field(1, LEAF)
NAME = field(2, b"name")
TSIZE = b"\x18\x05"
LINK = field(2, HASH + NAME + TSIZE)
DATA = field(1, b"\x08\x01")

links_given = st.lists(
    st.builds(
        Link,
        st.builds(cid_of, st.binary(max_size=3), st.sampled_from([RAW, DAG_PB])),
        st.text(max_size=20),
        U64,
    ),
    max_size=6,
)


@given(links_given, st.binary(max_size=50))
def test_a_node_is_read_as_it_was_written_with_its_links_sorted(links, data):
    expected = tuple(sorted(links, key=lambda link: link.name.encode()))
    block = dag_pb.encode(links, data)
    assert dag_pb.decode(block) == Node(expected, data)
    assert dag_pb.encode(expected, data) == block


def test_names_are_sorted_by_their_bytes_and_not_by_utf_16():
    """U+FFEE sorts behind U+1F600 in UTF-16, and before it in UTF-8."""
    node = dag_pb.decode(dag_pb.encode([Link(LEAF, "\U0001f600"), Link(LEAF, "\uffee")], b""))
    assert [link.name for link in node.links] == ["\uffee", "\U0001f600"]


def test_the_data_may_stand_first_and_links_in_any_order():
    links = [field(2, HASH + field(2, name)) for name in (b"b", b"a")]
    node = dag_pb.decode(DATA + links[0] + links[1])
    assert ([link.name for link in node.links], node.data) == (["b", "a"], b"\x08\x01")
    assert dag_pb.decode(LINK + DATA) == dag_pb.decode(DATA + LINK)


def test_name_and_size_of_a_link_may_lack():
    assert dag_pb.decode(field(2, HASH)).links == (Link(LEAF, "", 0),)
    assert dag_pb.decode(field(2, HASH + TSIZE)).links == (Link(LEAF, "", 5),)
    assert dag_pb.decode(b"") == Node((), None)


def test_a_link_of_version_0_is_read_as_the_same_of_version_1():
    v1 = cid_of(b"", DAG_PB)
    assert dag_pb.decode(field(2, field(1, v1[2:]))).links == (Link(v1),)


BAD_NODES = {
    "links around the data": LINK + DATA + LINK,
    "data twice": DATA + DATA,
    "data around links": DATA + LINK + DATA,
    "an unknown field": DATA + field(3, b"x"),
    "a field of another wire type": b"\x08\x05",
    "a link with no hash": field(2, NAME + TSIZE),
    "an empty link": field(2, b""),
    "a hash that is no CID": field(2, field(1, b"abc")),
    "a CID with a byte more": field(2, field(1, LEAF + b"x")),
    "name before hash": field(2, NAME + HASH),
    "size before name": field(2, HASH + TSIZE + NAME),
    "hash twice": field(2, HASH + HASH),
    "name twice": field(2, HASH + NAME + NAME),
    "size twice": field(2, HASH + TSIZE + TSIZE),
    "an unknown field of a link": field(2, HASH + NAME + TSIZE + b"\x20\x01"),
    "a name that is not UTF-8": field(2, HASH + field(2, b"\xff")),
    "a long number": field(2, HASH + b"\x18\x85\x00"),
    "a number of 65 bits": field(2, HASH + b"\x18" + b"\xff" * 9 + b"\x02"),
    "an endless number": field(2, HASH + b"\x18" + b"\xff" * 20),
    "a length of 2^62": b"\x12" + varint(2**62) + HASH,
    "a hash of 2^62 bytes": field(2, b"\x0a" + varint(2**62) + LEAF),
    "a cut link": LINK[:-1],
    "cut data": DATA[:-1],
    "no length": b"\x0a",
    "more than two mebibytes": field(1, bytes(2**21)),
    "more links than a block can hold": field(2, field(1, b"\x01\x55\x00\x01x")) * 65_537,
}


@pytest.mark.parametrize("name", BAD_NODES)
def test_a_node_that_breaks_a_rule_is_refused(name):
    with pytest.raises(ContentError):
        dag_pb.decode(BAD_NODES[name])


unixfs_given = st.builds(
    UnixFs,
    st.sampled_from(Kind),
    st.binary(max_size=30),
    st.none() | st.integers(0, 2**63 - 1),
    st.lists(st.integers(0, 2**50), max_size=5).map(tuple),
    st.none() | U64,
    st.none() | U64,
    st.none() | st.integers(0, 2**32 - 1),
    st.none() | st.builds(Mtime, st.integers(-(2**63), 2**63 - 1), st.integers(0, 10**9 - 1)),
)


@given(unixfs_given)
def test_unixfs_is_read_as_it_was_written(node):
    assert unixfs.decode(unixfs.encode(node)) == node


def test_unixfs_is_read_in_any_order_packed_or_not_and_with_unknown_fields():
    plain = b"\x08\x02\x12\x01x\x18\x06\x20\x02\x20\x03"
    moved = b"\x20\x02\x18\x06\x12\x01x\x20\x03\x08\x02"
    packed = b"\x08\x02\x12\x01x\x18\x06\x22\x02\x02\x03"
    unknown = plain + b"\x78\x05" + b"\x7a\x02ab" + b"\x7d1234" + b"\x7912345678"
    expected = UnixFs(Kind.FILE, b"x", 6, (2, 3))
    assert [unixfs.decode(data) for data in (plain, moved, packed, unknown)] == [expected] * 4


BAD_DATA = {
    "no type": b"\x18\x05",
    "nothing": b"",
    "an unknown type": b"\x08\x06",
    "a type of 2^62": b"\x08" + varint(2**62),
    "the type twice": b"\x08\x02\x08\x02",
    "the data twice": b"\x08\x02\x12\x01x\x12\x01x",
    "the size twice": b"\x08\x02\x18\x01\x18\x01",
    "the time twice": b"\x08\x02" + field(8, b"\x08\x01") * 2,
    "the size as bytes": b"\x08\x02\x1a\x01x",
    "data as a number": b"\x08\x02\x10\x01",
    "field 0": b"\x08\x02\x00\x01",
    "a group": b"\x08\x02\x7b\x7c",
    "an unknown field cut": b"\x08\x02\x7d12",
    "a size of 2^63": b"\x08\x02\x18" + varint(2**63),
    "sizes that add up to 2^63": b"\x08\x02" + (b"\x20" + varint(2**62)) * 2,
    "data of 2^62 bytes": b"\x08\x02\x12" + varint(2**62) + b"x",
    "packed sizes cut": b"\x08\x02\x22\x02\x02\x83",
    "more sizes than links": b"\x08\x02" + b"\x20\x01" * 65_537,
    "a time with no seconds": b"\x08\x02" + field(8, b"\x15\x01\0\0\0"),
    "a time of a second of nanoseconds": b"\x08\x02"
    + field(8, b"\x08\x01\x15" + (10**9).to_bytes(4, "little")),
    "a time cut": b"\x08\x02" + field(8, b"\x08\x01\x15\x01"),
}


@pytest.mark.parametrize("name", BAD_DATA)
def test_unixfs_that_breaks_a_rule_is_refused(name):
    with pytest.raises(ContentError):
        unixfs.decode(BAD_DATA[name])
