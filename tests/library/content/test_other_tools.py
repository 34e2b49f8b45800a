"""Kubo, ipfs-car, ipfs-unixfs-importer and aleph-cid beside ours, where they are installed."""

from __future__ import annotations

import io
import json
import os
import random
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from knowchain.content.blocks import MemoryBlocks, NoBlocks
from knowchain.content.car import read_car, write_car
from knowchain.content.cids import text_of
from knowchain.content.directories import list_directory, resolve
from knowchain.content.folders import import_tree
from knowchain.content.importing import import_file
from knowchain.content.profiles import CLASSIC, UNIXFS_V0_2015, UNIXFS_V1_2025
from knowchain.content.reading import read_file
from knowchain.content.walking import walk
from knowchain.identifiers import Cid

JS = Path(__file__).parents[2] / "js"


@pytest.fixture
def kubo(need_program, tmp_path):
    """Run ``ipfs`` in a repository of its own, offline."""
    program = need_program("kubo")
    environment = os.environ | {"IPFS_PATH": str(tmp_path / "repository")}

    def run(*arguments, stdin=b""):
        command = [program, "--offline", *map(str, arguments)]
        return subprocess.run(command, env=environment, input=stdin, capture_output=True, check=True).stdout

    run("init", "--empty-repo", "--profile=test,unixfs-v1-2025")
    return run


@pytest.fixture
def node(need_program):
    """Run a script of tests/js under Node.js."""
    program = need_program("node22")
    if not (JS / "node_modules" / "ipfs-car").exists():
        pytest.skip("the packages of tests/js are missing: make js")

    def run(*arguments, stdin=b""):
        command = [program, *map(str, arguments)]
        return subprocess.run(command, cwd=JS, input=stdin, capture_output=True, check=True).stdout

    return run


@pytest.fixture
def tree(tmp_path, folder_of, file_entry):
    """The same tree on disk, and as the library takes it."""
    files = {
        "a/é.txt": b"abc",
        "a/empty": b"",
        ".hidden": b"h",
        "large": random.Random(3).randbytes(2_500_000),
    }
    root = tmp_path / "tree"
    for name, data in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_bytes(data)
    inner = folder_of(file_entry("é.txt", b"abc"), file_entry("empty"), name="a")
    return root, folder_of(inner, file_entry(".hidden", b"h"), file_entry("large", files["large"]))


def imported(entry, profile=UNIXFS_V1_2025):
    blocks = MemoryBlocks()
    *_, root = import_tree(entry, blocks, profile)
    return blocks, root.imported.cid


# --- Kubo -----------------------------------------------------------------------------------------


@pytest.mark.kubo
def test_kubo_takes_our_car_and_reads_the_files(kubo, tree):
    blocks, root = imported(tree[1])
    kubo("dag", "import", "--pin-roots=false", stdin=b"".join(write_car([root], walk(blocks, root))))
    assert kubo("cat", f"{root}/a/é.txt") == b"abc"
    assert kubo("cat", f"{root}/large") == (tree[0] / "large").read_bytes()
    assert [line.split()[-1] for line in kubo("ls", root).splitlines()] == [b".hidden", b"a/", b"large"]


@pytest.mark.kubo
def test_kubo_exports_the_very_bytes_that_we_write(kubo, tree):
    root = kubo("add", "-Q", "-r", "-H", tree[0]).decode().strip()
    theirs = kubo("dag", "export", root)
    blocks, cid = imported(tree[1])
    assert str(cid) == root
    assert b"".join(write_car([cid], walk(blocks, cid))) == theirs


@pytest.mark.kubo
def test_a_car_of_kubo_is_read_down_to_the_files(kubo, tree):
    """As imported by default before 2026: version 0, leaves within dag-pb, chunks of 256 KiB."""
    old = ("--cid-version=0", "--raw-leaves=false", "--chunker=size-262144", "--max-file-links=174")
    root = kubo("add", "-Q", "-r", "-H", *old, tree[0]).decode().strip()
    assert root.startswith("Qm")
    reader = read_car([kubo("dag", "export", root)])
    blocks = MemoryBlocks()
    for cid, block in reader:
        blocks.put(cid, block)
    (cid,) = reader.roots
    assert {link.name for link in list_directory(blocks, cid)} == {"a", ".hidden", "large"}
    assert b"".join(read_file(blocks, resolve(blocks, cid, "large"))) == (tree[0] / "large").read_bytes()
    assert (
        b"".join(read_file(blocks, resolve(blocks, cid, "large"), 262_000, 500))
        == ((tree[0] / "large").read_bytes()[262_000:262_500])
    )


CHUNK = 262_144


@pytest.mark.kubo
@pytest.mark.parametrize("raw_leaves", [False, True], ids=["dag-pb", "raw"])
@pytest.mark.parametrize("version", [0, 1])
def test_kubo_gives_the_same_cids_in_either_version_and_with_either_leaf(kubo, tmp_path, version, raw_leaves):
    """Empty, one chunk, several, and trees of two and three levels."""
    way = (f"--cid-version={version}", f"--raw-leaves={str(raw_leaves).lower()}", "--max-file-links=174")
    profile = replace(UNIXFS_V0_2015, cid_version=version, raw_leaves=raw_leaves)
    sizes = [(CHUNK, size) for size in (0, 1, CHUNK, CHUNK + 1, 1_000_000, 174 * CHUNK, 174 * CHUNK + 1)]
    for chunk, size in [*sizes, (16, 174 * 174 * 16), (16, 174 * 174 * 16 + 1)]:
        data = random.Random(size).randbytes(min(size, CHUNK + 1)).ljust(size, b".")
        theirs = kubo("add", "-nQ", *way, f"--chunker=size-{chunk}", stdin=data).decode().strip()
        made = import_file(io.BytesIO(data).read, NoBlocks(), replace(profile, chunk_size=chunk))
        assert text_of(made.cid, version_0=version == 0) == theirs, (chunk, size)


@pytest.mark.kubo
@pytest.mark.parametrize("count", [3, 3_400, 3_600], ids=["plain", "just-plain", "sharded"])
def test_kubo_gives_the_same_version_0_of_a_folder(kubo, tmp_path, folder_of, file_entry, count):
    """Names of 41 bytes and CIDs of 34: the bound of 262,144 bytes lies between 3,495 and 3,496 entries."""
    names = [f"{i:041d}" for i in range(count)]
    (tmp_path / "many").mkdir()
    for name in names:
        (tmp_path / "many" / name).write_text(name)
    way = ("--cid-version=0", "--raw-leaves=false", "--chunker=size-262144", "--max-file-links=174")
    kubo("config", "Import.UnixFSHAMTDirectorySizeEstimation", "links")
    theirs = kubo("add", "-nQr", *way, tmp_path / "many").decode().strip()
    ours = imported(folder_of(*(file_entry(name, name.encode()) for name in names)), UNIXFS_V0_2015)[1]
    assert text_of(ours, version_0=True) == theirs


@pytest.mark.kubo
def test_kubo_reads_a_range_of_our_sharded_folder(kubo, folder_of, file_entry):
    blocks, root = imported(
        folder_of(*(file_entry(f"scan-{i:05}.tif", str(i).encode()) for i in range(5000)))
    )
    kubo("dag", "import", "--pin-roots=false", stdin=b"".join(write_car([root], walk(blocks, root))))
    assert kubo("cat", f"{root}/scan-04321.tif") == b"4321"
    assert len(kubo("ls", "--resolve-type=false", "--size=false", root).splitlines()) == 5000


@pytest.mark.kubo
@pytest.mark.parametrize(
    "options",
    [
        ("--chunker=size-5000", "--trickle"),
        ("--chunker=rabin-1000-2000-4000",),
        ("--chunker=size-50", "--inline"),
    ],
)
def test_files_of_other_layouts_are_read(kubo, tmp_path, options):
    data = random.Random(4).randbytes(600_000) + b"\0" * 5
    (tmp_path / "file").write_bytes(data)
    root = kubo("add", "-Q", "--max-file-links=5", *options, tmp_path / "file").decode().strip()
    blocks = MemoryBlocks()
    for cid, block in read_car([kubo("dag", "export", root)]):
        blocks.put(cid, block)
    assert b"".join(read_file(blocks, Cid.parse(root))) == data
    assert b"".join(read_file(blocks, Cid.parse(root), 123_456, 54_321)) == data[123_456:177_777]


# --- JavaScript -----------------------------------------------------------------------------------


@pytest.mark.node22
def test_the_javascript_importer_gives_the_cids_of_cases_made_up_now(node):
    """Sizes drawn anew in every run, in both profiles and for small trees."""
    chance = random.Random()
    cases, ours = [], []
    piece = bytes(i % 251 for i in range(251 * 20_000))
    for profile in (UNIXFS_V1_2025, CLASSIC):
        for _ in range(12):
            size = (
                chance.randrange(4_500_000)
                if chance.random() < 0.5
                else chance.randrange(4) * profile.chunk_size
            )
            cases.append({"profile": profile.name, "entries": [{"path": "", "size": size}]})
            ours.append(str(import_file(io.BytesIO(piece[:size]).read, NoBlocks(), profile).cid))
    answers = node("unixfs_cids.mjs", stdin="\n".join(map(json.dumps, cases)).encode())
    assert [json.loads(line) for line in answers.splitlines()] == ours, cases


@pytest.mark.node22
def test_ipfs_car_takes_our_car_and_unpacks_it(node, tree, tmp_path):
    blocks, root = imported(tree[1])
    (tmp_path / "ours.car").write_bytes(b"".join(write_car([root], walk(blocks, root))))
    tool = JS / "node_modules/ipfs-car/bin.js"
    assert node(tool, "roots", tmp_path / "ours.car").decode().strip() == str(root)
    assert len(node(tool, "blocks", tmp_path / "ours.car").split()) == len(blocks)
    node(tool, "unpack", tmp_path / "ours.car", "--output", tmp_path / "unpacked")
    for path in ("a/é.txt", "a/empty", ".hidden", "large"):
        assert (tmp_path / "unpacked" / path).read_bytes() == (tree[0] / path).read_bytes()


@pytest.mark.node22
def test_a_car_of_ipfs_car_is_read_and_has_our_cid(node, tree, tmp_path):
    tool = JS / "node_modules/ipfs-car/bin.js"
    root = node(tool, "pack", tree[0], "--hidden", "--output", tmp_path / "theirs.car").decode().strip()
    reader = read_car([(tmp_path / "theirs.car").read_bytes()])
    theirs = MemoryBlocks()
    for cid, block in reader:
        theirs.put(cid, block)
    ours, cid = imported(tree[1])
    assert (str(cid), reader.roots) == (root, (cid,))
    assert set(theirs.cids()) == set(ours.cids())


# --- aleph-cid ------------------------------------------------------------------------------------


@pytest.mark.parametrize("size", [0, 1, 262_144, 262_145, 5_000_000, 174 * 262_144 + 1])
def test_aleph_cid_gives_the_cids_of_files(size):
    aleph_cid = pytest.importorskip("aleph_cid", reason="aleph-cid is among the packages of the dev extra")
    data = random.Random(size).randbytes(size)
    hasher = aleph_cid.CidHasher.for_ipfs_v1_raw_leaves()
    hasher.update(data)
    assert hasher.finalize() == str(import_file(io.BytesIO(data).read, NoBlocks(), CLASSIC).cid)


@pytest.mark.parametrize("count", [3, 5_000])
def test_aleph_cid_gives_the_cids_of_folders(count, tmp_path, folder_of, file_entry):
    aleph_cid = pytest.importorskip("aleph_cid", reason="aleph-cid is among the packages of the dev extra")
    names = [f"a-name-of-some-length-{i:05d}.tif" for i in range(count)]
    folder = tmp_path / "folder"
    folder.mkdir()
    for name in names:
        (folder / name).write_bytes(name.encode())
    inner = folder_of(*(file_entry(name, name.encode()) for name in names), name="folder")
    roots = {str(imported(entry, CLASSIC)[1]) for entry in (inner, folder_of(inner))}
    assert aleph_cid.hash_folder(str(folder), cid_version=1) in roots
