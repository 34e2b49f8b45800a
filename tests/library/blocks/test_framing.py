"""The bytes of a pack, under attack: what is damaged, torn, oversized or forged is no entry."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.errors import Corruption
from knowchain.identifiers import cid_of
from knowchain.storage.blocks.framing import (
    HEADER_SIZE,
    Kind,
    Pointer,
    Tombstone,
    entry_head,
    pack_header,
    read_header,
    stated_head,
)
from knowchain.storage.blocks.scanning import Damage, Entry, scan

MARKER = b"\x8fmarker\x01"


def multihash(block: bytes) -> bytes:
    return cid_of(block)[2:]


def entry(kind: Kind, mh: bytes, payload: bytes, marker: bytes = MARKER) -> bytes:
    covered = b"" if kind is Kind.BLOCK else payload
    return entry_head(marker, kind, mh, len(payload), covered) + payload


def scanned(data: bytes, tmp_path: Path) -> list[Entry | Damage]:
    path = tmp_path / "pack"
    path.write_bytes(data)
    fd = os.open(path, os.O_RDONLY)
    try:
        return list(scan(fd, 1, MARKER, 0, len(data)))
    finally:
        os.close(fd)


BLOCKS = [b"first", b"", bytes(3000), b"last"]
GOOD = b"".join(entry(Kind.BLOCK, multihash(block), block) for block in BLOCKS)


def test_a_whole_log_scans_to_its_entries(tmp_path: Path) -> None:
    found = scanned(GOOD, tmp_path)
    assert [each.payload for each in found if isinstance(each, Entry)] == BLOCKS


@pytest.mark.parametrize("cut", range(1, 58))
def test_a_torn_tail_is_damage_and_costs_no_entry_before_it(cut: int, tmp_path: Path) -> None:
    found = scanned(GOOD[:-cut], tmp_path)
    whole = [each.payload for each in found if isinstance(each, Entry)]
    assert whole == BLOCKS[:-1]
    assert isinstance(found[-1], Damage)


def test_every_single_flipped_bit_is_found_and_costs_one_entry(tmp_path: Path) -> None:
    """Every bit of heads, and of every 97th byte of payloads."""
    for at in [*range(150), *range(150, len(GOOD), 97)]:
        for bit in range(8):
            broken = bytearray(GOOD)
            broken[at] ^= 1 << bit
            found = scanned(bytes(broken), tmp_path)
            whole = [each.payload for each in found if isinstance(each, Entry)]
            assert any(isinstance(each, Damage) for each in found), (at, bit)
            assert len(whole) == len(BLOCKS) - 1, (at, bit)
            assert set(whole) <= set(BLOCKS)


@pytest.mark.parametrize("length", [2**32 - 1, 8 * 2**20 + 1, 2**31])
def test_a_huge_length_is_refused_without_reading_it(length: int, tmp_path: Path) -> None:
    head = entry_head(MARKER, Kind.BLOCK, multihash(b"x"), length)
    assert stated_head(MARKER, head) is None
    found = scanned(head + GOOD, tmp_path)
    assert [each.payload for each in found if isinstance(each, Entry)] == BLOCKS


def test_a_likeness_of_a_tombstone_inside_a_block_is_not_obeyed_when_the_block_is_damaged(
    tmp_path: Path,
) -> None:
    """Whoever gets a block stored knows the format, but not the pack's marker."""
    victim = multihash(b"first")
    forged = entry(Kind.TOMBSTONE, victim, Tombstone(0, "forged").encode(), marker=b"guessed!")
    carrier = entry(Kind.BLOCK, multihash(forged), forged)
    broken = bytearray(carrier)
    broken[9] ^= 0xFF
    found = scanned(GOOD + bytes(broken), tmp_path)
    assert not any(isinstance(each, Entry) and each.kind is Kind.TOMBSTONE for each in found)


@given(noise=st.binary(max_size=300))
def test_noise_is_never_an_entry(noise: bytes, tmp_path_factory: pytest.TempPathFactory) -> None:
    found = scanned(noise, tmp_path_factory.mktemp("noise"))
    assert not any(isinstance(each, Entry) for each in found)


@given(noise=st.binary(max_size=60))
def test_a_marker_with_noise_behind_it_is_never_an_entry(
    noise: bytes, tmp_path_factory: pytest.TempPathFactory
) -> None:
    found = scanned(MARKER + noise, tmp_path_factory.mktemp("noise"))
    assert not any(isinstance(each, Entry) for each in found)


def test_the_header_belongs_to_one_number_and_every_flipped_bit_shows() -> None:
    header = pack_header(7, MARKER)
    assert len(header) == HEADER_SIZE
    assert read_header(header, 7) == MARKER
    for bad in (header[:-1], b"", header + b"x"):
        with pytest.raises(Corruption):
            read_header(bad, 7)
    with pytest.raises(Corruption):
        read_header(header, 8)
    for at in range(HEADER_SIZE):
        broken = bytearray(header)
        broken[at] ^= 1
        with pytest.raises(Corruption):
            read_header(bytes(broken), 7)


@given(
    at=st.integers(0, 2**62),
    length=st.integers(0, 8 * 2**20),
    rest=st.integers(0, 2**40),
    mtime=st.integers(-(2**62), 2**62),
    path=st.binary(min_size=1, max_size=50),
)
def test_a_pointer_survives_its_encoding(at: int, length: int, rest: int, mtime: int, path: bytes) -> None:
    pointer = Pointer(path, at, length, at + length + rest, mtime)
    assert Pointer.decode(pointer.encode()) == pointer


@pytest.mark.parametrize(
    "pointer",
    [
        Pointer(b"/x", 2**62, 10, 100, 0),
        Pointer(b"/x", 0, 2**31, 2**33, 0),
        Pointer(b"/x", 0, 0, 2**63, 0),
        Pointer(b"", 0, 1, 1, 0),
    ],
)
def test_a_pointer_that_can_not_be_is_refused(pointer: Pointer) -> None:
    assert Pointer.decode(pointer.encode()) is None


@given(data=st.binary(max_size=80))
def test_no_payload_makes_a_decoder_fail(data: bytes) -> None:
    Pointer.decode(data)
    Tombstone.decode(data)
