"""A disk that is full, or that fails: a clear error, nothing half-acknowledged, and the store goes on."""

from __future__ import annotations

import errno
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from knowchain.errors import StorageFault
from knowchain.storage.blocks import appender
from knowchain.storage.blocks.packs import PackBlocks

LIMITED = """
import random, resource, signal, sys
from pathlib import Path
from knowchain.errors import StorageFault
from knowchain.identifiers import cid_of
from knowchain.storage.blocks.packs import PackBlocks

signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
chance = random.Random(3)
blocks = [chance.randbytes(50_000) for _ in range(60)]
with PackBlocks.open(Path(sys.argv[1])) as store:
    for block in blocks[:10]:
        store.put(cid_of(block), block)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_200_000, resource.RLIM_INFINITY))
    try:
        with store.batch() as batch:
            for block in blocks:
                batch.put(cid_of(block), block)
        print("no fault")
    except StorageFault as fault:
        print(fault, "|", fault.remedy)
    assert all(store.get(cid_of(block)) == block for block in blocks[:10])
    assert not any(store.has(cid_of(block)) for block in blocks[10:])
    small = b"there is room for this"
    store.put(cid_of(small), small)
    assert store.get(cid_of(small)) == small
    assert store.fsck() == []
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    with store.batch() as batch:
        for block in blocks:
            batch.put(cid_of(block), block)
    assert all(store.get(cid_of(block)) == block for block in blocks)
    assert store.fsck() == []
print("fine")
"""


def test_a_full_disk_is_said_plainly_and_the_store_goes_on_when_there_is_room(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", LIMITED, str(tmp_path / "store")], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    fault, end = done.stdout.splitlines()
    assert "can't write to" in fault
    assert "free space" in fault
    assert end == "fine"


@pytest.mark.parametrize("after", [0, 1, 2])
@pytest.mark.parametrize("where", ["sync_file", "write_at"])
def test_a_failing_write_or_sync_acknowledges_nothing_and_later_puts_succeed(
    packs: PackBlocks, make_blocks, monkeypatch, where: str, after: int
) -> None:
    before, lost = make_blocks(1)[0], make_blocks(1, size=5_000_000, seed=1)[0]
    packs.put(*before)
    real, calls = getattr(appender, where), []

    def failing(*arguments):
        calls.append(1)
        if len(calls) > after:
            raise OSError(errno.EIO, os.strerror(errno.EIO))
        return real(*arguments)

    monkeypatch.setattr(appender, where, failing)
    with pytest.raises(StorageFault, match="Input/output error"):
        for seed in range(2, 2 + 4):
            with packs.batch() as batch:
                batch.put(*lost)
                for block in make_blocks(2, size=5_000_000, seed=seed):
                    batch.put(*block)
    monkeypatch.setattr(appender, where, real)
    packs.put(*lost)
    assert packs.get(lost[0]) == lost[1]
    assert packs.get(before[0]) == before[1]
    assert packs.fsck() == []


def test_every_batch_that_was_open_when_the_disk_failed_fails(
    packs: PackBlocks, make_blocks, monkeypatch
) -> None:
    mine, theirs = make_blocks(2)
    real = appender.sync_file
    with pytest.raises(StorageFault, match="nothing of it was acknowledged"), packs.batch() as patient:
        patient.put(*mine)
        monkeypatch.setattr(appender, "sync_file", _refuse)
        with pytest.raises(StorageFault):
            packs.put(*theirs)
        monkeypatch.setattr(appender, "sync_file", real)
    assert list(packs.cids()) == []
    packs.put(*mine)
    assert packs.fsck() == []


def _refuse(fd: int) -> None:
    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


TRACED = """
import sys
from pathlib import Path
from knowchain.identifiers import cid_of
from knowchain.storage.blocks.packs import PackBlocks
with PackBlocks.open(Path(sys.argv[1])) as store:
    block = b"needle in the pack" * 50
    sys.stderr.write("BEGIN\\n")
    store.put(cid_of(block), block)
    sys.stderr.write("ACKNOWLEDGED\\n")
"""


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed")
def test_the_system_is_asked_for_the_medium_between_the_write_and_the_acknowledgement(tmp_path: Path) -> None:
    """A new pack: its bytes, its name in the folder, then the index; then the acknowledgement."""
    log = tmp_path / "trace"
    command = ["strace", "-f", "-y", "-s", "30", "-e", "trace=/pwrite|^write$|^fsync$", "-o", str(log)]
    done = subprocess.run(
        [*command, sys.executable, "-c", TRACED, str(tmp_path / "store")],
        capture_output=True,
        text=True,
        check=False,
    )
    if "ptrace" in done.stderr.lower():
        pytest.skip("tracing is not permitted here")
    assert done.returncode == 0, done.stderr
    lines = log.read_text().splitlines()
    begin = next(i for i, line in enumerate(lines) if "BEGIN" in line)
    end = next(i for i, line in enumerate(lines) if "ACKNOWLEDGED" in line)
    asked = [line for line in lines[begin:end] if "resumed" not in line]

    def first(pattern: str) -> int:
        return next(i for i, line in enumerate(asked) if re.search(pattern, line))

    folder = first(r"fsync\(\d+<[^>]*/packs>")
    header = first(r"pwrite.*00000001\.pack>")
    last = max(i for i, line in enumerate(asked) if re.search(r"pwrite.*00000001\.pack>", line))
    synced = max(i for i, line in enumerate(asked) if re.search(r"fsync\(\d+<[^>]*/00000001\.pack>", line))
    indexed = max(i for i, line in enumerate(asked) if "index.sqlite-wal" in line)
    assert folder < synced
    assert header < last < synced < indexed
