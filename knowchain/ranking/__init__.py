"""Ranking: a reader's own rules order the feed, exactly, with every reason.

Pure: facts, a profile, a viewer and a moment go in, a feed comes out. Two engines give it, one fast
(:class:`Engine`), one to be read beside the page (:mod:`knowchain.ranking.referee`).

Source: docs/spec/ranking.md.
"""

from knowchain.ranking.columns import Columns
from knowchain.ranking.engine import Engine, Ranking
from knowchain.ranking.facts import Drop, Fact, Statement, Viewer, World
from knowchain.ranking.feed import SCORE_UNIT, Contribution, Evidence, Feed, Judgement, Placed
from knowchain.ranking.profile import Profile, check_parents
from knowchain.ranking.profile_text import read_profile
from knowchain.ranking.snapshot import Manifest, manifest_of

__all__ = [
    "SCORE_UNIT",
    "Columns",
    "Contribution",
    "Drop",
    "Engine",
    "Evidence",
    "Fact",
    "Feed",
    "Judgement",
    "Manifest",
    "Placed",
    "Profile",
    "Ranking",
    "Statement",
    "Viewer",
    "World",
    "check_parents",
    "manifest_of",
    "read_profile",
]
