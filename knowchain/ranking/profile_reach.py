"""How far from 0 the scores of a profile can lie; below 2^53 every sum is exact.

Source: docs/spec/ranking.md, section 7.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from knowchain.ranking.numbers import ONE
from knowchain.ranking.profile import Boost
from knowchain.ranking.signals import find_signal

__all__ = ["reach_of"]


def reach_of(weights: Mapping[str, int], boosts: Iterable[Boost] = ()) -> int:
    """Σ |weight| · bound + Σ |add| · Q, in thousandths of parts of Q.

    Args:
        weights: thousandths, by signal; every signal exists.
    """
    reach = sum(abs(boost.add) * ONE for boost in boosts)
    for name, weight in weights.items():
        signal = find_signal(name)
        assert signal is not None, "whoever read the weights refused unknown signals"
        reach += abs(weight) * signal.bound
    return reach
