"""What people said of works, turned into signals by columns: judgements, uses and labels.

The referee (:mod:`knowchain.ranking.plain_opinions`) says the same in plain integers.

Source: docs/spec/ranking.md, sections 6.6 to 6.12.
"""

from knowchain.ranking.opinions.opinions import Opinions, OpinionsAt

__all__ = ["Opinions", "OpinionsAt"]
