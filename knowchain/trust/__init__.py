"""Trust: integer personalised PageRank from the reader's own seeds, with blocks as negative edges.

Source: docs/spec/trust.md.
"""

from knowchain.trust.graph import TrustGraph
from knowchain.trust.result import Trust
from knowchain.trust.terms import MAX_WEIGHT, ONE, ROUNDS, TOTAL

__all__ = ["MAX_WEIGHT", "ONE", "ROUNDS", "TOTAL", "Trust", "TrustGraph"]
