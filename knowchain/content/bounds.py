"""The bounds of content: what is imported, and what is read from others (docs/spec/content.md, Limits)."""

from __future__ import annotations

from typing import Final

MAX_BLOCK: Final = 2 * 2**20
"""Bytes of a block: what bitswap carries, and what every IPFS tool accepts."""
MAX_LINKS: Final = 65_536
"""Links of one dag-pb block. A link to a sha2-256 CID takes 40 bytes and more, so 2 MiB hold fewer."""
MAX_FILE: Final = 2**63 - 1
"""Bytes of a file: the sizes of other tools are signed and of 64 bits."""
MAX_FILE_DEPTH: Final = 32
"""Levels of a file's tree: real ones have 1 to 5, and even with two links a node 32 hold a pebibyte."""
MAX_NAME: Final = 1_024
"""Bytes of a name. File systems stop at 255 bytes, or at 255 UTF-16 units: at most 765 bytes of UTF-8."""
MAX_DEPTH: Final = 256
"""Folders within folders, and segments of a path."""
MAX_TARGET: Final = 4_095
"""Bytes of a symlink's target, as in POSIX's PATH_MAX."""
MAX_WALK: Final = 2**22
"""Blocks that one walk visits unless told otherwise: 4 TiB in blocks of 1 MiB."""
