"""The bounds under which every byte from outside is parsed.

The first group is part of the record format (docs/spec/records.md) and can never change within
version 1. The second is policy: it protects a peer and may be tuned.
"""

from __future__ import annotations

from typing import Final

# --- the record format, version 1 -------------------------------------------------------------
MAX_BLOCK: Final = 32_768
"""Bytes of a record block."""
MAX_BODY: Final = 262_144
"""Bytes of a body block."""
MAX_INT: Final = 2**53 - 1
"""Greatest magnitude of an integer in a block or body: exact in every language."""
BLOCK_DEPTH: Final = 8
"""Nesting of containers in a record block."""
BODY_DEPTH: Final = 32
"""Nesting of containers in a body block."""
MAX_LINK: Final = 64
"""Bytes of a CID in a body."""
MAX_PREV: Final = 8
"""Parents of one record."""
MAX_REFS: Final = 64
"""References of one record."""
MAX_COSIGNERS: Final = 15
"""Co-signers of an identity record, beside its first key."""
MAX_OPS: Final = 64
"""Operations in one identity record."""
MAX_RANKS: Final = 8
"""Ranks in one control operation."""
MAX_RANK_KEYS: Final = 16
"""Keys in one rank."""
MAX_IDENTITY_SEQ: Final = 65_535
"""Greatest sequence number of an identity record."""
MAX_NAMED_KEYS: Final = 4096
"""Keys that an identity names on one path of its log (rule I4)."""
MAX_ACCEPTED: Final = 4096
"""Offers that an identity accepts on one path of its log (rule I4)."""
SALT_SIZE: Final = 16
"""Bytes of a body's salt."""

# --- the codec ----------------------------------------------------------------------------------
CODEC_DEPTH: Final = 256
"""Nesting that the general codec reads and writes; blocks and bodies are held to less."""
CODEC_SIZE: Final = 8 * 2**20
"""Bytes that the general codec reads at once."""

# --- policy -------------------------------------------------------------------------------------
PARKED_PER_SOURCE: Final = 256
"""Parked blocks kept for one source."""
PARKED_BYTES: Final = 64 * 2**20
"""Bytes of parked blocks kept in all."""
PARKED_SECONDS: Final = 600
"""Seconds that a parked block waits for its parents."""
