"""Viewpoint groups out of evaluations: people who judge alike, for the signal `bridge`.

Nothing here is needed to rank: a feed reads groups from the record that its profile names. Whole numbers
and no chance, so that whoever holds the same records finds the same groups.

Source: docs/spec/groups.md.
"""

from knowchain.ranking.grouping.differing import Approval, approvals, most_divided, most_united
from knowchain.ranking.grouping.grouping import COUNTS, METHOD, FoundGroup, Grouping, grouped
from knowchain.ranking.grouping.judgements import Judgements, judgements_in

__all__ = [
    "COUNTS",
    "METHOD",
    "Approval",
    "FoundGroup",
    "Grouping",
    "Judgements",
    "approvals",
    "grouped",
    "judgements_in",
    "most_divided",
    "most_united",
]
