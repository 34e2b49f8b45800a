"""A profile with other weights: what a reader tries out before writing it down."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from knowchain.errors import InvalidValue
from knowchain.ranking.numbers import EXACT
from knowchain.ranking.profile import Profile
from knowchain.ranking.profile_reach import reach_of
from knowchain.ranking.signals import SIGNALS, find_signal
from knowchain.records.vocabulary.suggestions import remedy_for

__all__ = ["reweighed"]


def reweighed(profile: Profile, weights: Mapping[str, int]) -> Profile:
    """``profile`` with some weights changed; the others stay.

    Args:
        profile: as it was read.
        weights: thousandths, by signal; 0 leaves a signal out.

    Raises:
        InvalidValue: no such signal, nothing keeps a weight, or scores could pass 2^53.
    """
    for name in weights:
        if find_signal(name) is None:
            raise InvalidValue(
                "{field}: {value} is no signal", field="weight", value=name, remedy=remedy_for(name, SIGNALS)
            )
    changed = {name: weight for name, weight in {**profile.weights, **weights}.items() if weight}
    if reach_of(changed, profile.boosts) >= EXACT:
        name = max(changed, key=lambda each: reach_of({each: changed[each]}))
        raise InvalidValue(
            "{field}: {name}={value} lets scores pass 2^53, beyond exactness",
            field="weight",
            name=name,
            value=changed[name],
            remedy="divide all weights by the same number; only their proportions matter",
        )
    if not changed:
        raise InvalidValue(
            "{field}: nothing keeps a weight", field="weight", value=0, remedy="give one signal a weight"
        )
    return replace(profile, weights={name: changed[name] for name in sorted(changed)})
