"""The scrubber: at a set rate, everything is read again; what is bad is put apart and never served."""

from __future__ import annotations

import hashlib
import random
from pathlib import Path

import pytest

from knowchain.errors import Corruption, InvalidValue, NotFound
from knowchain.identifiers import Cid
from knowchain.storage.blocks.fixity import GuardedBlocks, RateLimit, check_one, not_checked_since, scrub
from knowchain.storage.blocks.importing import import_path
from knowchain.storage.blocks.packs import PackBlocks

DAY = 86_400.0


class Watch:
    """A clock that only sleeping moves on."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept = 0.0

    def __call__(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.slept += seconds


def fast() -> RateLimit:
    watch = Watch()
    return RateLimit(1e12, watch, watch.sleep)


@pytest.fixture
def filled(packs: PackBlocks, make_blocks) -> list[tuple[Cid, bytes]]:
    blocks = make_blocks(30)
    with packs.batch() as batch:
        for cid, block in blocks:
            batch.put(cid, block)
    return blocks


def damage(store: PackBlocks, cid: Cid, at: int = 300) -> None:
    place = store.index.find(cid.multihash)
    with store.packs.path(place.pack).open("r+b") as file:
        file.seek(place.offset + at)
        byte = file.read(1)
        file.seek(place.offset + at)
        file.write(bytes([byte[0] ^ 0x40]))


def test_everything_is_read_and_each_check_is_told_and_recorded(packs, filled, clock) -> None:
    checks = list(scrub(packs, fast()))
    assert {check.cid for check in checks} == {cid for cid, _ in filled}
    assert {(check.outcome, check.when, check.size) for check in checks} == {("success", clock.now, 1000)}
    assert all(check.expected == check.observed == check.cid.digest.hex() for check in checks)
    assert packs.ledger.last_check(filled[0][0].multihash) == (clock.now, "success")


def test_what_is_bad_is_quarantined_and_never_served_and_a_good_copy_heals(packs, filled) -> None:
    cid, block = filled[7]
    damage(packs, cid)
    (failure,) = [check for check in scrub(packs, fast()) if check.outcome == "failure"]
    assert failure.cid == cid
    assert failure.expected == hashlib.sha256(block).hexdigest()
    (kept,) = packs.quarantine.copies(cid.multihash)
    assert failure.observed == hashlib.sha256(kept.read_bytes()).hexdigest() != failure.expected
    assert failure.detail
    with pytest.raises(NotFound):
        packs.get(cid)
    assert [line.what for line in packs.audit.lines()] == ["quarantined"]
    assert packs.fsck() == []
    packs.put(cid, block)
    assert packs.get(cid) == block


def test_a_damaged_head_is_quarantined_only_if_the_block_is_bad(packs, filled) -> None:
    cid, _ = filled[7]
    damage(packs, cid, at=3)
    checks = {check.cid: check for check in scrub(packs, fast())}
    assert checks[cid].outcome == "success"


def test_the_rate_is_kept(packs, filled) -> None:
    watch = Watch()
    list(scrub(packs, RateLimit(10_000, watch, watch.sleep)))
    assert watch.slept == pytest.approx(30_000 / 10_000, abs=0.11)


def test_time_that_passes_by_itself_is_not_slept_again_nor_saved_up() -> None:
    watch = Watch()
    rate = RateLimit(100, watch, watch.sleep)
    rate.spend(1000)
    assert watch.slept == 0
    watch.now = 4
    rate.spend(100)
    assert watch.slept == pytest.approx(6)
    watch.now = 1000
    rate.spend(100)
    rate.spend(100)
    assert watch.slept == pytest.approx(7)


@pytest.mark.parametrize("rate", [0, -1, float("nan")])
def test_a_rate_that_is_none_is_refused(rate: float) -> None:
    with pytest.raises(InvalidValue):
        RateLimit(rate, Watch(), Watch().sleep)


def test_what_was_not_read_again_in_ninety_days_is_one_call(packs, filled, clock, make_blocks) -> None:
    assert {cid for cid, _ in not_checked_since(packs)} == {cid for cid, _ in filled}
    list(scrub(packs, fast()))
    assert list(not_checked_since(packs)) == []
    clock.now += 89 * DAY
    (new,) = make_blocks(1, seed=9)
    packs.put(*new)
    assert list(not_checked_since(packs)) == [(new[0], 1000)]
    clock.now += 2 * DAY
    assert len(list(not_checked_since(packs))) == 31
    assert len(list(not_checked_since(packs, days=100))) == 1


def test_a_scrub_that_was_interrupted_is_taken_up_where_it_was(packs, filled, clock) -> None:
    started = clock.now
    scrubbing = scrub(packs, fast(), before=started)
    for _ in range(10):
        next(scrubbing)
    scrubbing.close()
    assert len(list(scrub(packs, fast(), before=started))) == 20


def test_a_missing_pack_fails_its_checks_and_stops_nothing(open_packs, make_blocks) -> None:
    store = open_packs(pack_size=5_000)
    blocks = make_blocks(20)
    for block in blocks:
        store.put(*block)
    store = open_packs(pack_size=5_000)
    store.packs.path(2).unlink()
    checks = list(scrub(store, fast()))
    failed = [check for check in checks if check.outcome == "failure"]
    assert len(checks) == 20
    assert {check.detail for check in failed} == {"its pack is missing"}
    assert len(store.problems()) == len(failed) > 0


def test_originals_are_checked_reported_and_healed(packs, tmp_path: Path) -> None:
    path = tmp_path / "original"
    data = random.Random(1).randbytes(2**21)
    path.write_bytes(data)
    with packs.begin_upload("test") as upload:
        packs.pin(import_path(packs, upload, path, in_place=True).cid, "test")
    path.write_bytes(data[:-1] + b"!")
    failed = [check for check in scrub(packs, fast()) if check.outcome == "failure"]
    assert [check.where for check in failed] == [str(path)]
    assert [problem.path for problem in packs.problems()] == [str(path)]
    path.write_bytes(data)
    assert {check.outcome for check in scrub(packs, fast(), before=packs.clock() + 1)} == {"success"}
    assert packs.problems() == []


def test_whoever_was_handed_wrong_bytes_can_have_that_one_block_checked(packs, filled) -> None:
    cid, _ = filled[3]
    damage(packs, cid)
    check = check_one(packs, cid.multihash)
    assert check is not None
    assert check.outcome == "failure"
    assert not packs.has(cid)
    assert check_one(packs, cid.multihash) is None


def test_a_guarded_reader_never_gives_bad_bytes_and_puts_them_apart_at_once(packs, filled) -> None:
    guarded = GuardedBlocks(packs)
    (good, block), (bad, _) = filled[:2]
    damage(packs, bad)
    assert guarded.get(good) == block
    with pytest.raises(Corruption, match="served no more"):
        guarded.get(bad)
    with pytest.raises(NotFound):
        guarded.get(bad)
    assert len(packs.quarantine.copies(bad.multihash)) == 1
