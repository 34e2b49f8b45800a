"""Blocks of files on the disk: packs, originals left in place, and a plain folder.

- :class:`~knowchain.storage.blocks.packs.PackBlocks`: the store of a peer;
- :class:`~knowchain.storage.blocks.directory.DirectoryBlocks`: one file per block;
- :mod:`~knowchain.storage.blocks.importing`: files and folders from the disk into the store;
- :mod:`~knowchain.storage.blocks.fixity`: everything read again, at a set rate.

The format of the packs is docs/spec/packs.md.
"""
