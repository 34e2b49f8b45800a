"""What a reader was shown: private, and committed to by a hash wherever a feed rests on it.

Source: docs/spec/ranking.md, section 6.12.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from knowchain import codec
from knowchain.identifiers import RecordId
from knowchain.ranking.facts import Viewer
from knowchain.ranking.profile import Profile

__all__ = ["commitment", "commitment_of"]


def commitment_of(profile: Profile, viewer: Viewer) -> bytes | None:
    """What a feed says of the reader's history; None, if it doesn't rest on it."""
    return commitment(viewer.history, viewer.salt) if "novelty" in profile.weights else None


def commitment(history: Mapping[RecordId, int], salt: bytes) -> bytes:
    """The hash that binds a reader to a history without telling it.

    Args:
        history: how often each work was shown; works with 0 may be left out or not.
        salt: as random as a key, and kept with the history; without it nobody can try histories out.
    """
    entries: list[codec.Value] = [[rid, times] for rid, times in sorted(history.items()) if times]
    return hashlib.sha256(salt + codec.encode(entries)).digest()
