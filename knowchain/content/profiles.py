"""Import profiles: the choices that decide which CID a file gets. The profile is kept with what it made.

Sources: IPIP-499 for ``unixfs-v1-2025`` and ``unixfs-v0-2015``, which is also what Kubo's ``ipfs add`` does
by itself; Kubo's ``ipfs add --cid-version=1`` for ``classic``. All have sha2-256, the balanced layout and
chunks of fixed size.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final, Literal

from knowchain.errors import InvalidValue

__all__ = ["CLASSIC", "PROFILES", "UNIXFS_V0_2015", "UNIXFS_V1_2025", "Profile", "profile_named"]


@dataclass(frozen=True, slots=True)
class Profile:
    """How bytes become blocks.

    Attributes:
        chunk_size: bytes of a leaf.
        max_links: links of a file's inner node.
        shard_fanout: positions of a shard, a power of two from 8 to 1024.
        shard_threshold: a folder whose measure is greater than this many bytes is sharded.
        shard_measure: ``block-bytes``, the size of the folder's block; or ``links-bytes``, the sum of its
            names and CIDs.
        raw_leaves: whether a chunk is a raw block, or the data of a dag-pb block.
        cid_version: how a link names a dag-pb block; a raw block has version 1 alone.
    """

    name: str
    chunk_size: int
    max_links: int
    shard_fanout: int
    shard_threshold: int
    shard_measure: Literal["block-bytes", "links-bytes"]
    raw_leaves: bool = True
    cid_version: Literal[0, 1] = 1


UNIXFS_V1_2025: Final = Profile("unixfs-v1-2025", 2**20, 1024, 256, 256 * 1024, "block-bytes")
CLASSIC: Final = Profile("classic", 256 * 1024, 174, 256, 256 * 1024, "links-bytes")
UNIXFS_V0_2015: Final = replace(CLASSIC, name="unixfs-v0-2015", raw_leaves=False, cid_version=0)
PROFILES: Final = {profile.name: profile for profile in (UNIXFS_V1_2025, CLASSIC, UNIXFS_V0_2015)}


def profile_named(name: str) -> Profile:
    """The profile of that name.

    Raises:
        InvalidValue: there is none.
    """
    try:
        return PROFILES[name]
    except KeyError:
        raise InvalidValue(
            "there is no import profile {value}",
            field="profile",
            value=name,
            known=", ".join(PROFILES),
            remedy="give one of: {known}",
        ) from None
