"""Import profiles: the choices that decide which CID a file gets. The profile is kept with what it made.

Sources: IPIP-499 for ``unixfs-v1-2025``; Kubo's ``ipfs add --cid-version=1`` for ``classic``. Both have
CIDv1, sha2-256, raw leaves, the balanced layout and chunks of fixed size.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

from knowchain.errors import InvalidValue

__all__ = ["CLASSIC", "PROFILES", "UNIXFS_V1_2025", "Profile", "profile_named"]


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
    """

    name: str
    chunk_size: int
    max_links: int
    shard_fanout: int
    shard_threshold: int
    shard_measure: Literal["block-bytes", "links-bytes"]


UNIXFS_V1_2025: Final = Profile("unixfs-v1-2025", 2**20, 1024, 256, 256 * 1024, "block-bytes")
CLASSIC: Final = Profile("classic", 256 * 1024, 174, 256, 256 * 1024, "links-bytes")
PROFILES: Final = {profile.name: profile for profile in (UNIXFS_V1_2025, CLASSIC)}


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
