"""Why a signal has its value, and why a work is not shown, in plain words.

Templates with fields, as the errors have them, so that they can be translated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from knowchain.ranking.facts import Drop
from knowchain.ranking.feed import Contribution, Evidence, Ground, Move
from knowchain.ranking.numbers import ONE
from knowchain.ranking.profile import Profile
from knowchain.trust import TOTAL

__all__ = [
    "DROP_WORDS",
    "MOVE_WORDS",
    "TEMPLATES",
    "UNMET_WORDS",
    "Because",
    "because",
    "duration",
    "why_dropped",
    "why_moved",
    "why_unmet",
]

_Choice: TypeAlias = Callable[[int, Ground, Evidence, Profile], str]
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
    "axis_none": "nobody whom your trust reaches has judged it on this axis",
    "axis_one": "one person whom your trust reaches has judged it on this axis",
    "axis": "{people} people whom your trust reaches have judged it on this axis",
    "bridge_unset": "this profile names no record of viewpoint groups",
    "bridge_absent": "the viewpoint groups that the profile names are not here",
    "bridge_silent": "not in every one of {groups} viewpoint groups have enough people judged it",
    "bridge": "how surely each of {groups} viewpoint groups approves of it",
    "contribution_none": "nobody you trust has taken up what its author made",
    "contribution": "people you trust took up what its author made: {uses} times that count still",
    "label_unset": "this profile names no labelers",
    "label_none": "no labeler of this profile labels it or its author so",
    "label": "a labeler of this profile labels it or its author so",
    "novelty_new": "you were not shown it yet",
    "novelty": "times that you were shown it: {seen}",
    "outward_none": "nobody whom your trust reaches, and who told a language, found something in it",
    "outward_one": "those who found something in it took it in in one language",
    "outward": "those who found something in it took it in in {tongues} languages",
    "popularity_none": "nobody you trust took it up for others",
    "popularity_one": "one person you trust took it up for others",
    "popularity": "{people} people you trust took it up for others",
    "boost": "it meets: {condition}",
    "boost_not": "it does not meet: {condition}",
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
    Drop.FILTER: "a condition under `filter.drop` of the profile is true of it: {condition}",
    Drop.BELOW_SCORE: "its score is below the least that the profile shows",
}


def why_dropped(drop: Drop, condition: str | None = None) -> Because:
    """The reason in words.

    Args:
        drop: what dropped it.
        condition: the condition that is true of it, if one drops it.
    """
    return Because(DROP_WORDS[drop], {"condition": condition} if drop is Drop.FILTER else {})


_NO_GROUND: Final = Ground(0, ())

_VALUES: Final[Mapping[str, Callable[[Ground, Evidence, Profile], object]]] = {
    "age": lambda _, evidence, __: duration(evidence.age),
    "half_life": lambda _, __, profile: duration(profile.fresh_half_life_s * 1000),
    "languages": lambda _, evidence, __: ", ".join(evidence.languages),
    "claimed": lambda _, evidence, __: evidence.claimed,
    "verified": lambda _, evidence, __: evidence.verified,
    "people": lambda ground, *_: ground.total,
    "groups": lambda ground, *_: ground.total,
    "uses": lambda ground, *_: ground.total,
    "tongues": lambda ground, *_: ground.total,
    "seen": lambda _, evidence, __: evidence.seen,
    "hop": lambda _, evidence, __: evidence.hop,
    "share": lambda _, evidence, __: evidence.mass * 1_000_000 // TOTAL,
}
_FIELDS: Final = {
    name: tuple(field for field in _VALUES if f"{{{field}}}" in template)
    for name, template in TEMPLATES.items()
}


MOVE_WORDS: Final = {
    "author-decay": "works of its author that stand before it: {before}",
    "likeness": "{percent} % like a work that stands before it",
    "calibration": "works in {language} had more places than their part by then",
    "floor:minority": "this place is owed to a small language that people you trust publish in",
    "floor:outward": "this place is owed to works that found readers in any language",
    "explore": "this place is drawn, from the latest work of each author",
}
"""The reasons for which a work stands elsewhere than its score alone puts it."""


def why_moved(move: Move) -> Because:
    """The reason in words."""
    fields: dict[str, object] = {}
    if move.rule == "author-decay":
        fields["before"] = move.before
    elif move.rule == "likeness":
        fields["percent"] = 100 * move.part // ONE
    elif move.rule == "calibration":
        fields["language"] = move.language
    return Because(MOVE_WORDS[move.rule], fields)


UNMET_WORDS: Final = {
    "floor:minority": "from place {place} on nothing was left for the floor of small languages",
    "floor:outward": "from place {place} on nothing was left for the floor of works that reach outward",
    "explore": "from place {place} on nothing was left to draw",
}
"""What is said of a rule that owed a place and found no work for it."""


def why_unmet(rule: str, place: int) -> Because:
    """The reason in words."""
    return Because(UNMET_WORDS[rule], {"place": place})


def because(contribution: Contribution, evidence: Evidence, profile: Profile) -> Because:
    """What the value of a signal, or a boost, rests on."""
    signal = contribution.signal
    if signal.startswith("boost:"):
        condition = next(boost.when.text for boost in profile.boosts if boost.name == signal)
        return Because(TEMPLATES["boost" if contribution.value else "boost_not"], {"condition": condition})
    ground = evidence.grounds.get(signal, _NO_GROUND)
    choose = _CHOICES.get(signal.split(".")[0].split(":")[0])
    name = signal if choose is None else choose(contribution.value, ground, evidence, profile)
    fields = {field: _VALUES[field](ground, evidence, profile) for field in _FIELDS[name]}
    return Because(TEMPLATES[name], fields)


def _by_number(name: str) -> _Choice:
    """``…_none``, ``…_one``, or the name itself, by how many a ground has."""

    def choose(_value: int, ground: Ground, _evidence: Evidence, _profile: Profile) -> str:
        return {0: f"{name}_none", 1: f"{name}_one"}.get(ground.total, name)

    return choose


def _bridge(value: int, ground: Ground, _evidence: Evidence, profile: Profile) -> str:
    if profile.groups is None:
        return "bridge_unset"
    return "bridge" if value else "bridge_silent" if ground.records else "bridge_absent"


def _contribution(_value: int, ground: Ground, _evidence: Evidence, _profile: Profile) -> str:
    return "contribution" if ground.total else "contribution_none"


def _label(value: int, _ground: Ground, _evidence: Evidence, profile: Profile) -> str:
    if not profile.labelers:
        return "label_unset"
    return "label" if value else "label_none"


def _lang_lift(value: int, _ground: Ground, evidence: Evidence, _profile: Profile) -> str:
    if not evidence.languages:
        return "lang_none"
    return "lang_rare" if value == ONE else "lang_lift" if value else "lang_common"


def _novelty(_value: int, _ground: Ground, evidence: Evidence, _profile: Profile) -> str:
    return "novelty" if evidence.seen else "novelty_new"


def _provenance(_value: int, _ground: Ground, evidence: Evidence, _profile: Profile) -> str:
    return "sources" if evidence.claimed else "sources_none"


def _trust(_value: int, _ground: Ground, evidence: Evidence, _profile: Profile) -> str:
    if not evidence.mass:
        return "trust_none"
    if evidence.hop is None:
        return "trust_far"
    return {0: "trust_seed", 1: "trust_near"}.get(evidence.hop, "trust")


_CHOICES: Final[Mapping[str, _Choice]] = {
    "axis": _by_number("axis"),
    "bridge": _bridge,
    "contribution": _contribution,
    "label": _label,
    "lang_lift": _lang_lift,
    "novelty": _novelty,
    "outward": _by_number("outward"),
    "popularity": _by_number("popularity"),
    "provenance": _provenance,
    "trust": _trust,
}
"""Which template explains a signal, by the first part of its name; the others have one of their own name."""


def duration(milliseconds: int) -> str:
    """How long, in the greatest unit that there is one of; the units' signs are international."""
    for sign, unit in _UNITS:
        if milliseconds >= unit:
            return f"{milliseconds // unit} {sign}"
    return f"{max(milliseconds, 0)} ms"
