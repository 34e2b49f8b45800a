"""Trees: what is kept, what is refused, and with which words."""

from __future__ import annotations

import pytest

from knowchain.content.blocks import MemoryBlocks, NoBlocks
from knowchain.content.directories import list_directory, resolve, stat
from knowchain.content.folders import File, Folder, Symlink, import_tree
from knowchain.content.reading import read_file
from knowchain.errors import InvalidValue, NotAllowed


def run(root, sink=None, **options):
    return list(import_tree(root, NoBlocks() if sink is None else sink, **options))


def test_every_entry_is_given_when_it_is_done_and_the_root_last(folder_of, file_entry):
    inner = folder_of(file_entry("x", b"12"), file_entry("y", b"345"), name="in")
    done = run(folder_of(inner, file_entry("z", b"6")))
    assert [(e.path, e.kind, e.imported.size) for e in done] == [
        ("in/x", "file", 2),
        ("in/y", "file", 3),
        ("in", "directory", 5),
        ("z", "file", 1),
        ("", "directory", 6),
    ]


def test_a_tree_of_one_file_is_that_file(file_entry):
    (done,) = run(file_entry("whatever", b"abc"))
    assert (done.path, done.kind, done.imported.size) == ("", "file", 3)


def test_hidden_and_empty_entries_are_kept(folder_of, file_entry):
    blocks = MemoryBlocks()
    root = run(folder_of(file_entry(".hidden", b"x"), file_entry("empty"), folder_of(name="void")), blocks)
    cid = root[-1].imported.cid
    assert [link.name for link in list_directory(blocks, cid)] == [".hidden", "empty", "void"]
    assert b"".join(read_file(blocks, resolve(blocks, cid, "empty"))) == b""
    assert list(list_directory(blocks, resolve(blocks, cid, "void"))) == []


def test_unicode_names_are_kept_byte_for_byte(folder_of, file_entry):
    """Composed and decomposed é are two names; so are the forms that a file system may fold."""
    blocks = MemoryBlocks()
    names = ["\u00e9", "e\u0301", "Å", "\u212b", "日本語", "\U0001f600"]
    root = run(folder_of(*(file_entry(name, name.encode()) for name in names)), blocks)[-1].imported.cid
    assert {link.name for link in list_directory(blocks, root)} == set(names)
    for name in names:
        assert b"".join(read_file(blocks, resolve(blocks, root, name))) == name.encode()


def test_the_order_of_the_disk_does_not_change_the_cid(folder_of, file_entry):
    entries = [file_entry(name, name.encode()) for name in ("b", "\U0001f600", "a", "\uffee", "B")]
    forth, back = run(folder_of(*entries)), run(folder_of(*reversed(entries)))
    assert forth[-1].imported.cid == back[-1].imported.cid


def test_names_may_be_bytes(folder_of, file_entry):
    as_bytes, as_text = run(folder_of(file_entry("é".encode()))), run(folder_of(file_entry("é")))
    assert as_bytes[-1].imported == as_text[-1].imported


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("", "it is empty"),
        (".", "own place"),
        ("..", "own place"),
        ("a/b", "'/' or NUL"),
        ("../../etc/passwd", "'/' or NUL"),
        ("a\0b", "'/' or NUL"),
        ("n" * 4096, "it takes 4096 bytes"),
        ("é" * 513, "it takes 1026 bytes"),
        (b"\xff\xfe", "not UTF-8"),
        ("\udcff", "not UTF-8"),
    ],
)
def test_a_name_that_can_not_be_kept_is_refused_with_its_place(name, why, folder_of, file_entry):
    with pytest.raises(InvalidValue, match="scans") as caught:
        run(folder_of(folder_of(file_entry(name), name="scans")))
    assert why in str(caught.value)
    assert "1024 bytes of UTF-8" in caught.value.remedy


def test_a_name_of_1024_bytes_is_kept(folder_of, file_entry):
    assert run(folder_of(file_entry("n" * 1024)))[-1].imported.blocks == 2


def test_a_name_that_comes_twice_is_refused(folder_of, file_entry):
    with pytest.raises(InvalidValue, match="a comes twice in the folder 'd'"):
        run(folder_of(folder_of(file_entry("a"), file_entry(b"a"), name="d")))


def test_symlinks_are_refused_unless_asked_for(folder_of):
    root = folder_of(folder_of(Symlink("there", "../here"), name="d"))
    with pytest.raises(NotAllowed, match="'d/there' is a symlink") as caught:
        run(root)
    assert "ask for symlinks to be kept" in caught.value.remedy
    blocks = MemoryBlocks()
    done = run(root, blocks, symlinks="keep")
    assert (done[0].path, done[0].kind) == ("d/there", "symlink")
    assert stat(blocks, done[0].imported.cid).target == "../here"


@pytest.mark.parametrize("target", ["", "a\0b", "x" * 4096, "\udcff"])
def test_a_symlink_with_no_proper_target_is_refused(target, folder_of):
    with pytest.raises(InvalidValue, match="target"):
        run(folder_of(Symlink("s", target)), symlinks="keep")


def test_folders_nest_as_deep_as_the_limit_and_not_deeper():
    def nested(depth):
        return Folder("d", lambda: [nested(depth - 1)] if depth > 1 else [])

    assert len(run(nested(256))) == 256
    with pytest.raises(InvalidValue, match="deeper than 256"):
        run(nested(257))


def test_two_names_with_the_same_hash_share_no_sharded_folder(folder_of, file_entry):
    """A real collision of all 128 bits of murmur3: such names are found in a second, so they will come."""
    one, other = "q1qfs3rxorfud14nthl1z0rczmolhu1j", "hljushfz5lgvnhsx)}@#?9'$DWRG[{qn"
    few = run(folder_of(file_entry(one), file_entry(other)))
    assert few[-1].imported.blocks == 3
    many = [file_entry(f"{i:06d}".ljust(120, "x")) for i in range(2000)]
    with pytest.raises(InvalidValue, match="have the same hash"):
        run(folder_of(file_entry(one), file_entry(other), *many))


def test_files_are_open_one_at_a_time_and_closed_on_failure(folder_of):
    open_now = []

    class Handle:
        def __enter__(self):
            open_now.append(self)
            assert len(open_now) == 1
            self.left = 1
            return self

        def read(self, size):
            if len(seen) == 2:
                raise OSError("unreadable")
            self.left, given = 0, b"x" * self.left
            return given

        def __exit__(self, *_):
            open_now.remove(self)

    seen = []
    tree = import_tree(folder_of(File("a", Handle), File("b", Handle), File("c", Handle)), NoBlocks())
    with pytest.raises(OSError, match="unreadable"):
        for entry in tree:
            seen.append(entry)
    assert [entry.path for entry in seen] == ["a", "b"]
    assert open_now == []
