"""The CIDs that Kubo and ipfs-unixfs-importer computed, case by case (tests/vectors/content/generate.py)."""

from __future__ import annotations

from knowchain.content.blocks import MemoryBlocks, NoBlocks
from knowchain.content.directories import stat


class Counting:
    """A sink that keeps nothing but sums."""

    def __init__(self):
        self.blocks = self.bytes = 0

    def put(self, cid, block):
        self.blocks += 1
        self.bytes += len(block)


def test_files_get_the_cids_of_other_tools(files_case, import_case):
    imported = import_case(files_case, NoBlocks())
    assert str(imported.cid) == files_case["cid"]
    assert imported.size == files_case["entries"][0]["size"]


def test_folders_get_the_cids_of_other_tools(folders_case, import_case):
    counting = Counting()
    imported = import_case(folders_case, counting)
    assert str(imported.cid) == folders_case["cid"]
    assert (imported.blocks, imported.dag_size) == (counting.blocks, counting.bytes)


def test_a_folder_is_sharded_above_the_threshold_and_not_at_it(threshold_case, import_case):
    """Compared with ``>``: of blocks of the folder in one profile, of names and CIDs in the other."""
    blocks = MemoryBlocks()
    root = import_case(threshold_case, blocks).cid
    assert stat(blocks, root).sharded == ("above" in threshold_case["name"])
    if threshold_case["profile"] == "unixfs-v1-2025" and "at" in threshold_case["name"].split():
        assert blocks.size(root) == 256 * 1024
