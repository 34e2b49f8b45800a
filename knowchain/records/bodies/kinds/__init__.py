"""Every kind of body, by its name in a header."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.collection import COLLECTION
from knowchain.records.bodies.kinds.evaluation import EVALUATION
from knowchain.records.bodies.kinds.event import EVENT
from knowchain.records.bodies.kinds.follow import FOLLOW
from knowchain.records.bodies.kinds.fork_proof import FORK_PROOF
from knowchain.records.bodies.kinds.moderation_label import MODERATION_LABEL
from knowchain.records.bodies.kinds.node import NODE
from knowchain.records.bodies.kinds.note import NOTE
from knowchain.records.bodies.kinds.profile import PROFILE
from knowchain.records.bodies.kinds.ranking_profile import RANKING_PROFILE
from knowchain.records.bodies.kinds.retraction import RETRACTION
from knowchain.records.bodies.kinds.rights import RIGHTS
from knowchain.records.bodies.kinds.trust import TRUST
from knowchain.records.bodies.kinds.viewpoint_groups import VIEWPOINT_GROUPS
from knowchain.records.bodies.kinds.work import WORK

__all__ = ["KINDS"]

KINDS: Final[Mapping[str, Kind]] = MappingProxyType(
    {
        kind.name: kind
        for kind in (
            WORK,
            EVENT,
            RIGHTS,
            COLLECTION,
            PROFILE,
            NODE,
            NOTE,
            EVALUATION,
            TRUST,
            FOLLOW,
            MODERATION_LABEL,
            RETRACTION,
            RANKING_PROFILE,
            VIEWPOINT_GROUPS,
            FORK_PROOF,
        )
    }
)
"""The kinds of version 1 that have a body. ``identity`` has none; ``keyring`` is reserved."""
