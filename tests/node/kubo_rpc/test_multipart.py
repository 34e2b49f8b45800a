"""Forms are read in bounded memory, in whatever pieces they come, and nothing else passes for one."""

from __future__ import annotations

import contextlib
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.content.importing import reader_of
from knowchain.errors import ContentError
from knowchain_node.kubo_rpc.multipart import Parts, boundary_of

TOKENS = [b"--B", b"--", b"\r\n", b"\r", b"\n", b"A: b", b":", b" ", b"--B--", b"x" * 50, b"\xff", b"\0"]
HEAD = b'Content-Disposition: form-data; name="file"; filename="%s"\r\n'


def written(contents: list[bytes], boundary: bytes = b"B") -> bytes:
    parts = [
        b"--%s\r\n%sContent-Type: Text/Plain; charset=x\r\n\r\n%s\r\n" % (boundary, HEAD % b"n", content)
        for content in contents
    ]
    return b"".join(parts) + b"--%s--\r\n" % boundary


def read(parts: Parts, size: int = 7) -> list[bytes]:
    found = []
    while (part := parts.next()) is not None:
        pieces = []
        while piece := part.read(size):
            assert len(piece) <= size
            pieces.append(piece)
        found.append(b"".join(pieces))
    return found


@given(
    st.lists(
        st.binary(max_size=60) | st.sampled_from([b"\r\n", b"--B", b"\r\n--", b"\r\n-B", b"\r"]), max_size=4
    ),
    st.lists(st.integers(1, 30), min_size=1),
)
def test_a_form_reads_the_same_in_pieces_of_any_size(contents, sizes):
    contents = [content for content in contents if b"\r\n--B" not in b"\r\n" + content + b"\r\n"]
    data, pieces, at = written(contents), [], 0
    while at < len(data):
        sizes.append(sizes.pop(0))
        pieces.append(data[at : at + sizes[-1]])
        at += sizes[-1]
    assert read(Parts(reader_of(pieces), b"B")) == contents


def test_a_part_that_is_not_read_is_passed_over():
    parts = Parts(io.BytesIO(written([b"x" * 1_000_000, b"second"])).read, b"B")
    first = parts.next()
    second = parts.next()
    assert second.read(100) == b"second"
    assert first.read(100) == b""
    assert parts.next() is None
    assert parts.next() is None


def test_the_head_of_a_part_is_understood():
    part = Parts(io.BytesIO(written([b""])).read, b"B").next()
    assert (part.filename, part.content_type) == ("n", "text/plain")


def test_what_stands_before_and_behind_the_form_means_nothing():
    data = b"preamble\r\n" + written([b"a"]) + b"epilogue"
    assert read(Parts(io.BytesIO(data).read, b"B")) == [b"a"]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no form at all",
        written([b"abc"])[:-6],
        b"--B\r\nContent-Type: a\r\n",
        b"--B",
        b"--Bx\r\n\r\n\r\n--B--",
        b"--B\r\nno colon\r\n\r\n\r\n--B--",
        b"--B\r\n: no name\r\n\r\n\r\n--B--",
        b"--B\r\nA: \xff\r\n\r\n\r\n--B--",
        b"--B\r\nA: a\x00b\r\n\r\n\r\n--B--",
        b"--B\r\n" + b"A: a\r\n" * 33 + b"\r\n\r\n--B--",
        b"--B\r\nA: " + b"a" * 20_000 + b"\r\n\r\n\r\n--B--",
        b"x" * 5_000 + written([b""]),
    ],
    ids=lambda data: f"{data[:12]!r}, {len(data)}",
)
def test_what_is_no_form_or_breaks_off_is_refused(data):
    with pytest.raises(ContentError):
        read(Parts(io.BytesIO(data).read, b"B"))


@given(st.binary(max_size=200) | st.lists(st.sampled_from(TOKENS), max_size=30).map(b"".join))
def test_whatever_comes_is_a_form_or_an_error_of_content(data):
    with contextlib.suppress(ContentError):
        found = read(Parts(io.BytesIO(data).read, b"B"))
        assert sum(map(len, found)) <= len(data)


def test_a_head_without_end_is_refused_in_bounded_memory():
    given_out = 0

    def endless(size):
        nonlocal given_out
        given_out += size
        return b"A: b\r\n" * (size // 6) if given_out > 300_000 else b"--B\r\n"

    with pytest.raises(ContentError, match="the head of a part"):
        read(Parts(endless, b"B"))
    assert given_out < 10_000_000


@pytest.mark.parametrize(
    ("header", "boundary"),
    [
        ('multipart/form-data; boundary="a b"', b"a b"),
        (
            "multipart/form-data; boundary=-----------------------------xyz",
            b"-----------------------------xyz",
        ),
        ("multipart/mixed; boundary=a", None),
        ("multipart/form-data", None),
        ("multipart/form-data; boundary=" + "a" * 201, None),
        ("multipart/form-data; boundary=é", None),
        ("", None),
    ],
)
def test_the_boundary_is_read_from_the_header(header, boundary):
    assert boundary_of(header) == boundary
