"""What pins reach; and single blocks, which go only where nothing reaches them."""

from __future__ import annotations

import random

from knowchain.content.importing import import_file, reader_of
from knowchain.content.profiles import Profile
from knowchain.content.walking import walk
from knowchain.identifiers import RAW, Cid, cid_of
from knowchain.storage.blocks.packs import PackBlocks
from knowchain.storage.blocks.reaching import below_pins, pins_above

SMALL = Profile("classic", 1000, 4, 256, 2**18, "links-bytes")


def add_file(store: PackBlocks, seed: int) -> list[Cid]:
    """A file of 20 leaves: its blocks, the root first."""
    with store.batch() as batch:
        root = import_file(reader_of([random.Random(seed).randbytes(20_000)]), batch, SMALL).cid
    return [cid for cid, _ in walk(store, root)]


def outcomes(store: PackBlocks, cids: list[Cid], roots: list[Cid] | None = None) -> list[str]:
    return [one.outcome for one in store.discard(cids, roots or [], "test")]


def test_below_a_pin_is_all_that_it_reaches_but_itself(packs: PackBlocks) -> None:
    root, *below = add_file(packs, 1)
    add_file(packs, 2)
    packs.pin(root, "a")
    packs.pin(below[-1], "a leaf of it")
    assert set(below_pins(packs)) == set(below[:-1])


def test_the_pin_above_a_block_is_told(packs: PackBlocks) -> None:
    first, *leaves = add_file(packs, 1)
    second, *others = add_file(packs, 2)
    stray = add_file(packs, 3)[0]
    packs.pin(first, "a")
    packs.pin(second, "b")
    wanted = [leaves[-1], others[-1], second, stray]
    assert pins_above(packs, wanted) == {leaves[-1]: first, others[-1]: second, second: second}


def test_only_blocks_that_nothing_reaches_are_let_go_of(packs: PackBlocks) -> None:
    pinned, named, loose = (add_file(packs, seed) for seed in (1, 2, 3))
    packs.pin(pinned[0], "a")
    asked = [pinned[-1], named[-1], loose[-1], cid_of(b"elsewhere")]
    done = packs.discard(asked, [named[0]], "test")
    assert [one.outcome for one in done] == ["pinned", "named", "removed", "missing"]
    assert [one.through for one in done] == [pinned[0], named[0], None, None]
    assert [packs.has(cid) for cid in asked] == [True, True, False, False]


def test_a_block_that_a_pin_reaches_by_another_codec_stays(packs: PackBlocks) -> None:
    root, *_ = add_file(packs, 1)
    packs.pin(root, "a")
    twin = Cid(b"\x01" + bytes([RAW]) + root[2:])
    assert outcomes(packs, [twin]) == ["pinned"]


def test_a_block_of_an_upload_in_flight_stays(packs: PackBlocks) -> None:
    with packs.begin_upload("test") as upload, packs.batch(upload) as batch:
        batch.put(cid_of(b"here"), b"here")
        batch.checkpoint()
        assert outcomes(packs, [cid_of(b"here")]) == ["in use"]
    assert outcomes(packs, [cid_of(b"here"), cid_of(b"here")]) == ["removed", "missing"]
