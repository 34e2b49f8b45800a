"""A profile as the settings that its text may hold, for comparing two of them line by line."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from knowchain.ranking.profile import Profile

__all__ = ["Setting", "differences", "settings_of"]

Setting: TypeAlias = "int | str | tuple[str, ...] | None"


def settings_of(profile: Profile) -> dict[str, Setting]:
    """Every setting by the key that it has in the text, such as ``weights.trust``; defaults too.

    A weight that a profile does not give is not there.
    """
    blocked = sorted([*map(str, profile.blocked_people), *profile.blocked_languages])
    return {
        "name": profile.name,
        "reason": profile.reason,
        "parent": None if profile.parent is None else str(profile.parent),
        "reader.langs": profile.langs,
        "reader.seeds": tuple(map(str, profile.seeds)),
        "reader.blocked": tuple(blocked),
        "reader.topics": profile.topics,
        "reader.labelers": tuple(map(str, profile.labelers)),
        "reader.groups": None if profile.groups is None else str(profile.groups),
        **{f"weights.{name}": weight for name, weight in profile.weights.items()},
        "params.fresh_half_life_s": profile.fresh_half_life_s,
        "params.lang_window_s": profile.lang_window_s,
        "params.trust_hops": profile.trust_hops,
        "params.axis_half_life_s": profile.axis_half_life_s,
        "params.axis_kappa": profile.axis_kappa,
        "params.contribution_half_life_s": profile.contribution_half_life_s,
        **{f"sources.{name}": cap for name, cap in profile.sources.items()},
        "filter.drop": tuple(condition.text for condition in profile.drop),
        **{
            f"boost.{number}": f"{boost.add} when {boost.when.text}"
            for number, boost in enumerate(profile.boosts, 1)
        },
        "rerank.page": profile.page,
        "rerank.score_min": profile.score_min,
        "rerank.author_decay": "true" if profile.rerank.author_decay else "false",
        "rerank.mmr_lambda": profile.rerank.mmr_lambda,
        "rerank.calibration_mu": profile.rerank.calibration_mu,
        "rerank.floors": tuple(f"{floor.group} {floor.p_milli}" for floor in profile.rerank.floors),
        "rerank.explore": profile.rerank.explore_every,
        "rerank.lift_min": profile.rerank.lift_min,
    }


def differences(first: Profile, second: Profile) -> Mapping[str, tuple[Setting, Setting]]:
    """The settings in which two profiles differ, but for name, reason and parent; None where one lacks it."""
    one, other = settings_of(first), settings_of(second)
    keys = [key for key in dict.fromkeys([*one, *other]) if key not in ("name", "reason", "parent")]
    pairs = {key: (one.get(key), other.get(key)) for key in keys}
    return {key: pair for key, pair in pairs.items() if pair[0] != pair[1]}
