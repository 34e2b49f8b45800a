"""Why a signal has its value, and why a work is not shown, in plain words.

Templates with fields, as the errors have them, so that they can be translated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from knowchain.ranking.facts import Drop
from knowchain.ranking.feed import Contribution, Evidence
from knowchain.ranking.numbers import ONE
from knowchain.ranking.profile import Profile
from knowchain.trust import TOTAL

__all__ = ["DROP_WORDS", "TEMPLATES", "Because", "because", "duration", "why_dropped"]

_UNITS: Final = (("d", 86_400_000), ("h", 3_600_000), ("min", 60_000), ("s", 1_000))


@dataclass(frozen=True, slots=True)
class Because:
    """A reason: a template and what fills it."""

    template: str
    fields: Mapping[str, object]

    def __str__(self) -> str:
        return self.template.format(**self.fields)


TEMPLATES: Final = {
    "age": "{age} old",
    "fresh": "{age} old; halves every {half_life}",
    "lang_none": "names no language",
    "lang_lift": "in {languages}: less by people you trust lately than in the language with the most",
    "lang_rare": "in {languages}: nothing by people you trust lately",
    "lang_common": "in {languages}: no language has more by people you trust lately",
    "sources_none": "claims no sources",
    "sources": "of the sources that it rests on, those that are here and stand: {verified} of {claimed}",
    "trust_none": "nobody you trust leads to its author",
    "trust_seed": "its author is one from whom your trust starts",
    "trust_near": "one step of trust leads to its author, who has {share} in a million of your trust",
    "trust": "{hop} steps of trust lead to its author, who has {share} in a million of your trust",
    "trust_far": "your trust reaches its author from afar, who has {share} in a million of it",
}
"""The reasons by which values are explained."""

DROP_WORDS: Final = {
    Drop.ERASED: "its author had it erased",
    Drop.RETRACTED: "its author took it back",
    Drop.REVOKED: "the key that signed it was revoked",
    Drop.SUPERSEDED: "the key that signed it speaks for nobody any more",
    Drop.REVISED: "its author published a newer version",
    Drop.BODY_ABSENT: "what it says is not here; only that it exists",
    Drop.UNREADABLE: "what it says can't be read",
    Drop.FUTURE: "it claims a time that has not come yet",
    Drop.BLOCKED_AUTHOR: "you block its author",
    Drop.BLOCKED_LANGUAGE: "you block the languages that it is in",
    Drop.NO_SOURCE: "no source of this profile gave it, or they gave as many newer ones as they may",
    Drop.BELOW_SCORE: "its score is below the least that the profile shows",
}


def why_dropped(drop: Drop) -> Because:
    """The reason in words."""
    return Because(DROP_WORDS[drop], {})


_VALUES: Final[Mapping[str, Callable[[Evidence, Profile], object]]] = {
    "age": lambda evidence, _: duration(evidence.age),
    "half_life": lambda _, profile: duration(profile.fresh_half_life_s * 1000),
    "languages": lambda evidence, _: ", ".join(evidence.languages),
    "claimed": lambda evidence, _: evidence.claimed,
    "verified": lambda evidence, _: evidence.verified,
    "hop": lambda evidence, _: evidence.hop,
    "share": lambda evidence, _: evidence.mass * 1_000_000 // TOTAL,
}
_FIELDS: Final = {
    name: tuple(field for field in _VALUES if f"{{{field}}}" in template)
    for name, template in TEMPLATES.items()
}


def because(contribution: Contribution, evidence: Evidence, profile: Profile) -> Because:
    """What the value of a signal rests on."""
    name = _template(contribution, evidence)
    fields = {field: _VALUES[field](evidence, profile) for field in _FIELDS[name]}
    return Because(TEMPLATES[name], fields)


def _template(contribution: Contribution, evidence: Evidence) -> str:
    signal, value = contribution.signal, contribution.value
    if signal == "lang_lift":
        if not evidence.languages:
            return "lang_none"
        return "lang_rare" if value == ONE else "lang_lift" if value else "lang_common"
    if signal == "provenance":
        return "sources" if evidence.claimed else "sources_none"
    if signal == "trust":
        if not evidence.mass:
            return "trust_none"
        if evidence.hop is None:
            return "trust_far"
        return {0: "trust_seed", 1: "trust_near"}.get(evidence.hop, "trust")
    return signal


def duration(milliseconds: int) -> str:
    """How long, in the greatest unit that there is one of; the units' signs are international."""
    for sign, unit in _UNITS:
        if milliseconds >= unit:
            return f"{milliseconds // unit} {sign}"
    return f"{max(milliseconds, 0)} ms"
