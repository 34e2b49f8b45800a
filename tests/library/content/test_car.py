"""CARs, both ways: whole, in pieces, cut, swollen, forged."""

from __future__ import annotations

import hashlib
import io
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain import codec
from knowchain.content.blocks import MemoryBlocks
from knowchain.content.car import CarBlock, CarHeader, CarLimits, CarParser, read_car, write_car
from knowchain.content.importing import import_file
from knowchain.content.protobuf import varint
from knowchain.content.walking import walk
from knowchain.errors import ContentError
from knowchain.identifiers import DAG_CBOR, DAG_PB, RAW, Cid, cid_of

blocks_given = st.lists(
    st.tuples(st.binary(max_size=300), st.sampled_from([RAW, DAG_CBOR, DAG_PB])).map(
        lambda given: (cid_of(*given), given[0])
    ),
    max_size=8,
)


def section(cid, block):
    return varint(len(cid) + len(block)) + bytes(cid) + block


def header(*roots, version=1):
    body = codec.encode({"roots": list(roots), "version": version})
    return varint(len(body)) + body


A, B = b"the first block", b"the second"
CID_A, CID_B = cid_of(A, RAW), cid_of(B, RAW)
CAR = header(CID_A) + section(CID_A, A) + section(CID_B, B)


def read(data, limits=CarLimits()):  # noqa: B008
    reader = read_car([data], limits)
    return reader.roots, list(reader)


@given(blocks_given, blocks_given, st.data())
def test_what_is_written_is_read_in_pieces_of_any_size(blocks, rooted, data):
    roots = [cid for cid, _ in rooted]
    car = b"".join(write_car(roots, blocks))
    cuts = sorted(data.draw(st.lists(st.integers(0, len(car)), max_size=10)))
    pieces = [car[a:b] for a, b in zip([0, *cuts], [*cuts, len(car)], strict=True)]
    reader = read_car(pieces)
    assert reader.roots == tuple(roots)
    assert list(reader) == blocks


def test_a_block_is_given_as_soon_as_its_last_byte_came():
    parser = CarParser()
    events = [(at, event) for at, byte in enumerate(CAR) for event in parser.feed(bytes([byte]))]
    parser.close()
    ends = [len(header(CID_A)), len(header(CID_A)) + len(section(CID_A, A)), len(CAR)]
    given = [CarHeader((CID_A,)), CarBlock(CID_A, A), CarBlock(CID_B, B)]
    assert events == [(end - 1, event) for end, event in zip(ends, given, strict=True)]


def test_a_file_goes_through_a_car():
    blocks, others = MemoryBlocks(), MemoryBlocks()
    root = import_file(io.BytesIO(bytes(3_000_000)).read, blocks).cid
    for cid, block in read_car(write_car([root], walk(blocks, root))):
        others.put(cid, block)
    assert set(others.cids()) == set(blocks.cids())


def test_a_car_of_no_roots_or_no_blocks_is_read():
    assert read(header()) == ((), [])
    assert read(header() + section(CID_A, A)) == ((), [(CID_A, A)])


def test_repeated_blocks_are_left_out_on_request():
    twice = [(CID_A, A), (CID_B, B), (CID_A, A)]
    assert read(b"".join(write_car([], twice)))[1] == twice
    assert read(b"".join(write_car([], twice, deduplicate=True)))[1] == twice[:2]


def test_identity_blocks_are_not_written_and_are_read():
    inline = Cid(b"\x01\x55\x00\x02hi")
    assert read(b"".join(write_car([inline], [(inline, b"hi"), (CID_A, A)]))) == ((inline,), [(CID_A, A)])
    assert read(header() + section(inline, b"hi"))[1] == [(inline, b"hi")]
    with pytest.raises(ContentError, match="hash to something else"):
        read(header() + section(inline, b"ho"))


def test_cids_of_version_0_are_read_as_the_same_of_version_1():
    node = b"\x0a\x02\x08\x01"
    v0, v1 = b"\x12\x20" + hashlib.sha256(node).digest(), cid_of(node, DAG_PB)
    roots = b"\xa2\x65roots\x81\xd8\x2a\x58\x23\x00" + v0 + b"\x67version\x01"
    assert read(varint(len(roots)) + roots + section(v0, node)) == ((v1,), [(v1, node)])


@pytest.mark.parametrize(
    ("code", "digest"),
    [
        (b"\x20", hashlib.sha384(A).digest()),
        (b"\x16", hashlib.sha3_256(A).digest()),
        (b"\xa0\xe4\x02", hashlib.blake2b(A, digest_size=32).digest()),
        (b"\xe0\xe4\x02", hashlib.blake2s(A).digest()),
    ],
)
def test_other_hashes_are_verified(code, digest):
    cid = Cid(b"\x01\x55" + code + varint(len(digest)) + digest)
    assert read(header() + section(cid, A))[1] == [(cid, A)]
    with pytest.raises(ContentError, match="hash to something else"):
        read(header() + section(cid, B))


def test_a_hash_that_can_not_be_verified_is_refused():
    sha1 = Cid(b"\x01\x55\x11\x14" + bytes(20))
    with pytest.raises(ContentError, match="0x11, which is not verified"):
        read(header() + section(sha1, A))


# --- what is refused ------------------------------------------------------------------------------


def test_a_car_that_is_cut_anywhere_is_noticed():
    for end in range(len(CAR)):
        if end in (len(header(CID_A)), len(header(CID_A)) + len(section(CID_A, A))):
            continue  # a whole CAR of fewer blocks: nothing in the format tells
        with pytest.raises(ContentError, match=f"ends within a section, at byte {end}$"):
            read(CAR[:end])


def test_a_byte_changed_anywhere_is_noticed_or_changes_only_names():
    """Whatever is given hashes to its CID; a changed root is a CID too, and no more than a claim."""
    good = {(CID_A, A), (CID_B, B)}
    refused = 0
    for at in range(len(CAR)):
        for bit in range(8):
            try:
                _, blocks = read(CAR[:at] + bytes([CAR[at] ^ 1 << bit]) + CAR[at + 1 :])
            except ContentError:
                refused += 1
            else:
                assert all(
                    cid.matches(block) and (cid[2:], block) in {(c[2:], b) for c, b in good}
                    for cid, block in blocks
                )
    assert refused > len(CAR) * 8 * 0.6


HEADERS = {
    "empty": b"",
    "no map": codec.encode([1]),
    "no roots": codec.encode({"version": 1}),
    "no version": codec.encode({"roots": []}),
    "version 0": codec.encode({"roots": [], "version": 0}),
    "version 3": codec.encode({"roots": [], "version": 3}),
    "version is text": codec.encode({"roots": [], "version": "1"}),
    "another field": codec.encode({"roots": [], "version": 1, "x": 1}),
    "roots of bytes": codec.encode({"roots": [bytes(CID_A)], "version": 1}),
    "roots is a link": codec.encode({"roots": CID_A, "version": 1}),
    "roots is null": codec.encode({"roots": None, "version": 1}),
    "bytes behind": codec.encode({"roots": [], "version": 1}) + b"\0",
    "fields swapped": b"\xa2\x67version\x01\x65roots\x80",
    "long head": b"\xa2\x65roots\x98\x00\x67version\x01",
    "endless list": b"\xa2\x65roots\x9f\xff\x67version\x01",
    "more roots than there are": b"\xa2\x65roots\x99\xff\xff\x67version\x01",
    "2^62 roots": b"\xa2\x65roots\x9b\x40\0\0\0\0\0\0\0\x67version\x01",
    "a root of no CID": b"\xa2\x65roots\x81\xd8\x2a\x43\x00\x01\x55\x67version\x01",
    "a root with no zero": b"\xa2\x65roots\x81\xd8\x2a\x58\x24" + CID_A + b"\x67version\x01",
    "a root of 2^16 bytes": b"\xa2\x65roots\x81\xd8\x2a\x59\xff\xff\x00\x67version\x01",
    "cut": b"\xa2\x65roots",
    "cut in a root": b"\xa2\x65roots\x81\xd8",
}


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_that_is_none_is_refused(name):
    body = HEADERS[name]
    with pytest.raises(ContentError):
        read(varint(len(body)) + body + section(CID_A, A))


def test_a_header_has_one_encoding():
    """Many roots exercise every length of a CBOR head that a header may have."""
    for count in (0, 1, 23, 24, 255, 256, 1000):
        assert read(header(*[CID_A] * count))[0] == (CID_A,) * count


def test_a_car_of_version_2_is_called_that():
    pragma = b"\x0a\xa1\x67version\x02" + bytes(40)
    with pytest.raises(ContentError, match="a CAR of version 2") as caught:
        read(pragma)
    assert "convert" in caught.value.remedy


SECTIONS = {
    "of no length": b"\0",
    "with a long length": b"\xb4\x00" + section(CID_A, A)[1:],
    "of 2^62 bytes": b"\x80\x80\x80\x80\x80\x80\x80\x80\x40" + bytes(100),
    "of 4 MiB": varint(2**22) + bytes(100),
    "with an endless length": b"\xff" * 20,
    "with no CID": section(b"", b"garbage, in a row"),
    "shorter than its CID": section(CID_A[:20], b""),
    "of CID version 2": section(b"\x02" + CID_A[1:], A),
    "of CID version 0 by number": section(b"\x00" + CID_A[1:], A),
    "with a long codec": section(b"\x01\xd5\x00" + CID_A[2:], A),
    "with a digest of 2^62 bytes": section(b"\x01\x55\x12" + varint(2**62), A),
    "with a digest of 31 bytes": section(b"\x01\x55\x12\x1f" + CID_A[4:35], A),
    "with another block's CID": section(CID_B, A),
    "with a byte more": section(CID_A, A + b"x"),
    "with a byte less": section(CID_A, A[:-1]),
    "of a CIDv0 cut short": section(b"\x12\x20" + bytes(10), b""),
}


@pytest.mark.parametrize("name", SECTIONS)
def test_a_section_that_is_none_is_refused_at_its_place(name):
    start = header(CID_A) + section(CID_B, B)
    with pytest.raises(ContentError):
        read(start + SECTIONS[name])


def test_blocks_before_a_bad_one_are_given():
    given = []
    with pytest.raises(ContentError, match=f"block {CID_B}"):
        for block in read_car([CAR[:-1], b"!"]):
            given.append(block)
    assert given == [(CID_A, A)]


def test_the_bounds_are_the_callers():
    limits = CarLimits(max_header=len(header(CID_A)) - 1, max_block=len(A))
    assert len(read(CAR, limits)[1]) == 2
    with pytest.raises(ContentError, match="58 bytes, where 1 to 57"):
        read(CAR, CarLimits(max_header=57))
    with pytest.raises(ContentError, match=f"has {len(A)} bytes; the limit is {len(A) - 1}"):
        read(CAR, CarLimits(max_block=len(A) - 1))


def test_a_block_of_two_mebibytes_is_read_and_a_larger_one_is_not():
    for size, ok in ((2**21, True), (2**21 + 1, False)):
        block = bytes(size)
        car = header() + section(cid_of(block), block)
        if ok:
            assert read(car)[1] == [(cid_of(block), block)]
        else:
            with pytest.raises(ContentError):
                read(car)


def test_a_parser_takes_no_more_after_an_error_or_its_end():
    for parser, last in ((CarParser(), b"\0"), (CarParser(), None)):
        if last is None:
            parser.feed(CAR)
            parser.close()
        else:
            with pytest.raises(ContentError):
                parser.feed(last)
        with pytest.raises(ContentError, match="closed or refused"):
            parser.feed(CAR)
        with pytest.raises(ContentError, match="closed or refused"):
            parser.close()


def test_memory_is_bounded_by_a_block_and_a_piece():
    block = bytes(100_000)
    cid = cid_of(block)
    pieces = [header(), *[section(cid, block)] * 300]
    tracemalloc.start()
    assert sum(1 for _ in read_car(iter(pieces))) == 300
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000


def test_a_hostile_length_takes_no_memory():
    tracemalloc.start()
    for name in SECTIONS:
        with pytest.raises(ContentError):
            read(header() + SECTIONS[name])
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 1_000_000
