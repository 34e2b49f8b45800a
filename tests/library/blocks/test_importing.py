"""Files and folders of the disk: rules for what is imported, changes meanwhile, interrupts, and memory."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from knowchain.content.blocks import MemoryBlocks
from knowchain.content.directories import list_directory, resolve
from knowchain.content.importing import import_file, reader_of
from knowchain.content.reading import read_file
from knowchain.errors import InvalidValue, NotAllowed, StorageFault
from knowchain.storage.blocks.importing import ImportedPath, ImportProgress, import_path
from knowchain.storage.blocks.packs import PackBlocks

MIB = 2**20


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    root = tmp_path / "tree"
    (root / "b" / "empty").mkdir(parents=True)
    (root / "a.txt").write_bytes(b"a")
    (root / ".hidden").write_bytes(b"hidden")
    (root / "b" / "größe").write_bytes(random.Random(2).randbytes(3 * MIB))
    (root / "b" / "nothing").write_bytes(b"")
    (root / "Z").write_bytes(b"z")
    return root


def add(store: PackBlocks, path: Path, **options) -> tuple[ImportedPath, list[ImportedPath]]:
    told: list[ImportedPath] = []
    with store.begin_upload("test") as upload:
        root = import_path(store, upload, path, each=told.append, **options)
        store.pin(root.cid, "test")
    return root, told


@pytest.mark.parametrize("in_place", [False, True])
def test_each_file_is_told_with_its_cid_and_the_digest_of_the_whole(
    packs, tree: Path, in_place: bool
) -> None:
    root, told = add(packs, tree, in_place=in_place)
    by_path = {each.path: each for each in told}
    assert list(by_path) == [".hidden", "Z", "a.txt", "b/empty", "b/größe", "b/nothing", "b", ""]
    assert by_path[""] == root
    for path, each in by_path.items():
        assert each.profile == "unixfs-v1-2025"
        if each.kind == "file":
            data = (tree / path).read_bytes()
            assert each.sha256 == hashlib.sha256(data).hexdigest()
            assert each.size == len(data)
            assert each.cid == import_file(reader_of([data]), MemoryBlocks()).cid
            assert b"".join(read_file(packs, resolve(packs, root.cid, path))) == data
        else:
            assert each.sha256 == ""
    assert root.size == sum(path.stat().st_size for path in tree.rglob("*") if path.is_file())
    assert packs.fsck() == []


def test_the_digest_of_the_whole_file_can_be_left_out(packs, tree: Path) -> None:
    root, told = add(packs, tree, digests=False)
    assert {each.sha256 for each in told} == {""}
    assert root.cid == add(packs, tree)[0].cid


def test_hidden_entries_can_be_left_out(packs, tree: Path) -> None:
    root, _ = add(packs, tree, hidden=False)
    assert [link.name for link in list_directory(packs, root.cid)] == ["Z", "a.txt", "b"]


def test_symlinks_are_refused_by_name_and_kept_when_asked_never_followed(packs, tree: Path) -> None:
    (tree / "link").symlink_to("/etc/passwd")
    with pytest.raises(NotAllowed, match="link"):
        add(packs, tree)
    _, told = add(packs, tree, symlinks="keep")
    (link,) = [each for each in told if each.path == "link"]
    assert link.kind == "symlink"
    assert b"/etc/passwd" in packs.get(link.cid)


def test_the_path_that_is_named_may_itself_be_a_symlink(packs, tree: Path, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(tree)
    assert add(packs, tmp_path / "alias")[0].cid == add(packs, tree)[0].cid


def test_pipes_and_sockets_are_refused_by_name(packs, tree: Path) -> None:
    os.mkfifo(tree / "pipe")
    with pytest.raises(InvalidValue, match="pipe"):
        add(packs, tree)
    (tree / "pipe").unlink()
    with socket.socket(socket.AF_UNIX) as listening:
        here = Path.cwd()
        os.chdir(tree)  # the name of a socket must be short
        try:
            listening.bind("sock")
        finally:
            os.chdir(here)
        with pytest.raises(InvalidValue, match="sock"):
            add(packs, tree)


def test_a_missing_path_and_one_that_can_not_be_read_are_named(packs, tree: Path, monkeypatch) -> None:
    with pytest.raises(InvalidValue, match="nowhere"):
        add(packs, tree / "nowhere")
    real = os.open

    def refusing(path, flags, *more, **options):
        if path == os.fsencode(tree / "b" / "größe"):
            raise PermissionError(13, "Permission denied")
        return real(path, flags, *more, **options)

    monkeypatch.setattr("knowchain.storage.blocks.originalfile.os.open", refusing)
    with pytest.raises(InvalidValue, match=r"größe can't be read: Permission denied") as caught:
        add(packs, tree)
    assert "leave it out" in caught.value.remedy


def test_a_name_that_is_not_utf8_is_refused_and_shown(packs, tree: Path) -> None:
    (Path(os.fsdecode(os.fsencode(tree) + b"/caf\xe9"))).write_bytes(b"")
    with pytest.raises(InvalidValue, match="UTF-8"):
        add(packs, tree)


def test_the_store_itself_is_not_imported_into_itself(packs, tmp_path: Path) -> None:
    with pytest.raises(NotAllowed, match="the block store itself"):
        add(packs, tmp_path)


def grow(path: Path) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def shrink(path: Path) -> None:
    os.truncate(path, 2 * MIB + 5)


def rewrite(path: Path) -> None:
    with path.open("r+b") as file:
        file.write(b"other bytes")


def exchange(path: Path) -> None:
    other = path.with_name("other")
    other.write_bytes(path.read_bytes())
    other.replace(path)


@pytest.mark.parametrize("in_place", [False, True])
@pytest.mark.parametrize("change", [grow, shrink, rewrite, exchange, Path.unlink], ids=lambda f: f.__name__)
def test_a_file_that_changes_while_it_is_read_is_an_error_and_nothing_is_acknowledged(
    packs, tmp_path: Path, change, in_place: bool
) -> None:
    path = tmp_path / "changing"
    path.write_bytes(random.Random(3).randbytes(4 * MIB))
    os.utime(path, ns=(1, 1))
    changed = []

    def meanwhile(progress: ImportProgress) -> None:
        if progress.bytes >= 2 * MIB and not changed:
            changed.append(change(path))

    with pytest.raises(InvalidValue, match="changing changed while it was read"):
        add(packs, path, progress=meanwhile, in_place=in_place)
    assert list(packs.cids()) == []
    assert packs.fsck() == []


def test_progress_tells_bytes_and_files(packs, tree: Path) -> None:
    told: list[ImportProgress] = []
    root, _ = add(packs, tree, progress=told.append)
    assert [each.bytes for each in told] == sorted(each.bytes for each in told)
    assert told[-1].bytes == root.size
    assert told[-1].files >= 4


def test_an_interrupt_acknowledges_nothing_and_the_next_import_succeeds(packs, tree: Path) -> None:
    def interrupt(progress: ImportProgress) -> None:
        if progress.bytes > 2 * MIB:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add(packs, tree, progress=interrupt)
    assert list(packs.pins()) == []
    assert packs.fsck() == []
    root, _ = add(packs, tree)
    assert packs.has(root.cid)


def test_an_import_that_was_cut_short_finds_its_blocks_again(packs, tmp_path: Path, monkeypatch) -> None:
    """Checkpoints make blocks durable on the way; the lease keeps them from the collector."""
    from knowchain.storage.blocks import batch

    monkeypatch.setattr(batch, "_CHECKPOINT_BYTES", MIB)
    path = tmp_path / "big"
    path.write_bytes(random.Random(4).randbytes(8 * MIB))

    def interrupt(progress: ImportProgress) -> None:
        if progress.bytes > 6 * MIB:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        add(packs, path, progress=interrupt)
    kept = len(list(packs.cids()))
    assert kept >= 5
    assert packs.gc([]).collected == 0
    size = packs.packs.size(1)
    root, _ = add(packs, path)
    assert packs.packs.size(1) - size < 4 * MIB
    assert b"".join(read_file(packs, root.cid)) == path.read_bytes()


INTERRUPTED = """
import sys
from pathlib import Path
from knowchain.storage.blocks.importing import import_path
from knowchain.storage.blocks.packs import PackBlocks
with PackBlocks.open(Path(sys.argv[1])) as store, store.begin_upload("test") as upload:
    try:
        print("ready", flush=True)
        while True:
            root = import_path(store, upload, Path(sys.argv[2]))
            store.delete(root.cid, "again")
    except KeyboardInterrupt:
        print([str(each) for each in store.fsck()], flush=True)
"""


@pytest.mark.parametrize("delay", range(0, 200_000, 20_000))
def test_ctrl_c_at_any_moment_leaves_a_store_that_is_in_order(tmp_path: Path, delay: int) -> None:
    path = tmp_path / "file"
    path.write_bytes(random.Random(5).randbytes(3 * MIB))
    child = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTED, str(tmp_path / "store"), str(path)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    for _ in range(delay):
        pass
    child.send_signal(signal.SIGINT)
    out, err = child.communicate(timeout=60)
    assert out == "[]\n", err
    with PackBlocks.open(tmp_path / "store") as store:
        assert store.fsck() == []


MEASURED = """
import sys
from pathlib import Path
from knowchain.storage.blocks.importing import import_path
from knowchain.storage.blocks.packs import PackBlocks
with PackBlocks.open(Path(sys.argv[1])) as store, store.begin_upload("test") as upload:
    import_path(store, upload, Path(sys.argv[2]), in_place=sys.argv[3] == "in place")
# Not ru_maxrss: a new program inherits that from whoever started it.
print(next(int(line.split()[1]) for line in open('/proc/self/status') if line.startswith('VmHWM')) // 1024)
"""


@pytest.mark.parametrize("how", ["copied", "in place"])
def test_memory_stays_far_below_the_size_of_the_file(tmp_path: Path, how: str) -> None:
    path = tmp_path / "big"
    with path.open("wb") as file:
        for seed in range(30):
            file.write(random.Random(seed).randbytes(8 * MIB))
    done = subprocess.run(
        [sys.executable, "-c", MEASURED, str(tmp_path / "store"), str(path), how],
        capture_output=True,
        text=True,
        check=True,
    )
    assert int(done.stdout) < 200


def test_a_folder_beyond_the_threshold_is_sharded_as_content_has_it(packs, tmp_path: Path) -> None:
    folder = tmp_path / "many"
    folder.mkdir()
    for i in range(6000):
        (folder / f"name {i:06d}").write_bytes(b"")
    root, told = add(packs, folder)
    assert len(told) == 6001
    assert len(list(list_directory(packs, root.cid))) == 6000


def test_a_disk_that_fails_in_mid_import_is_a_storage_fault(packs, tree: Path, monkeypatch) -> None:
    from knowchain.storage.blocks import appender

    def full(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(appender, "write_at", full)
        with pytest.raises(StorageFault, match="No space left"):
            add(packs, tree)
    assert add(packs, tree)[0].kind == "directory"
