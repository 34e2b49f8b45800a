"""Reading a profile from a small TOML text, with the line of whatever is wrong.

What has no meaning here is refused by name: a feed that quietly leaves a rule out would be a wrong feed.

Source: docs/spec/ranking.md, section 5.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.identifiers import RecordId, parse_record_id
from knowchain.ranking.conditions import Condition, compile_condition
from knowchain.ranking.numbers import EXACT
from knowchain.ranking.profile import (
    MAX_PAGE,
    MAX_SOURCE,
    ME,
    PROFILE_VERSION,
    SOURCES,
    Profile,
    default_cap,
)
from knowchain.ranking.profile_reach import reach_of
from knowchain.ranking.profile_stages import RERANK_KEYS, read_boosts, read_rerank
from knowchain.ranking.profile_values import ProfileValues, choice
from knowchain.ranking.signals import SIGNALS, find_signal
from knowchain.records.vocabulary.languages import canonical, glottocode

__all__ = ["read_profile"]

_CENTURY: Final = 3_155_760_000

_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "": (
        "v",
        "name",
        "parent",
        "reason",
        "reader",
        "weights",
        "params",
        "sources",
        "filter",
        "boost",
        "rerank",
    ),
    "filter": ("drop",),
    "reader": ("langs", "seeds", "blocked", "topics", "labelers", "groups"),
    "params": (
        "fresh_half_life_s",
        "lang_window_s",
        "trust_hops",
        "axis_half_life_s",
        "axis_kappa",
        "contribution_half_life_s",
    ),
    "sources": SOURCES,
    "rerank": ("page", "score_min", *RERANK_KEYS),
}


def read_profile(text: str) -> Profile:
    """Read a profile.

    Args:
        text: TOML.

    Raises:
        InvalidValue: the first fault, with line, key, value and remedy.
    """
    return _Reading(text).profile()


class _Reading(ProfileValues):
    """One text, read key by key."""

    def profile(self) -> Profile:
        self._version()
        for table, known in _TABLES.items():
            self.only(self.table(table), known, (table,) if table else ())
        self._only_signals()
        reader = ("reader",)
        blocked = [self._blocked(each) for each in self.texts((*reader, "blocked"))]
        weights, rerank = self._weights(), read_rerank(self)
        profile = Profile(
            name=self.words(("name",), required=True),
            weights=weights,
            parent=self._parent(),
            reason=self.words(("reason",)),
            langs=tuple(self._tag((*reader, "langs"), each) for each in self.texts((*reader, "langs"))),
            seeds=self._seeds(),
            blocked_people=frozenset(RecordId(e) for e in blocked if not isinstance(e, str)),
            blocked_languages=tuple(each for each in blocked if isinstance(each, str)),
            fresh_half_life_s=self.whole(("params", "fresh_half_life_s"), 1, _CENTURY, 172_800),
            lang_window_s=self.whole(("params", "lang_window_s"), 1, _CENTURY, 2_419_200),
            topics=tuple(
                sorted(
                    {
                        unicodedata.normalize("NFC", each).casefold()
                        for each in self.texts(("reader", "topics"))
                    }
                )
            ),
            labelers=tuple(
                self._record(("reader", "labelers"), e) for e in self.texts(("reader", "labelers"))
            ),
            groups=self._groups(),
            axis_half_life_s=self.whole(("params", "axis_half_life_s"), 1, _CENTURY, 31_557_600),
            axis_kappa=self.whole(("params", "axis_kappa"), 1, 1_000_000, 3_000),
            contribution_half_life_s=self.whole(
                ("params", "contribution_half_life_s"), 1, _CENTURY, 31_557_600
            ),
            trust_hops=self.whole(("params", "trust_hops"), 0, 6, 3),
            sources={
                name: self.whole(("sources", name), 0, MAX_SOURCE, default_cap(name, rerank))
                for name in SOURCES
            },
            page=self.whole(("rerank", "page"), 1, MAX_PAGE, 20),
            score_min=self._score_min(),
            drop=self._conditions(("filter", "drop")),
            boosts=read_boosts(self, reach_of(weights)),
            rerank=rerank,
        )
        self._check_seeds(profile)
        return profile

    # --- which keys there are ----------------------------------------------------------------------

    def _version(self) -> None:
        stated = self._values.get("v")
        if type(stated) is not int or stated < 1:
            raise self.fault(
                ("v",),
                stated,
                "the profile, line {line}: {field}: {value} is no version",
                remedy="write v = 1",
            )
        if stated > PROFILE_VERSION:
            raise self.fault(
                ("v",),
                stated,
                "the profile, line {line}: {field}: {value} is newer than this engine, which knows 1",
                remedy="install a later knowchain, or fork the profile and write it for v = 1",
            )

    def _only_signals(self) -> None:
        for name, weight in self.table("weights").items():
            if isinstance(weight, dict):
                raise self.fault(
                    ("weights", name),
                    name,
                    "the profile, line {line}: {field}: {value} is a table, and no signal",
                    remedy='put names with a dot in quotes: "{value}.NAME" = …',
                )
            if find_signal(name) is None:
                raise self.fault(
                    ("weights", name),
                    name,
                    "the profile, line {line}: {field}: {value} is no signal",
                    remedy="{near}",
                    near=choice(name, SIGNALS),
                )

    def _score_min(self) -> int | None:
        path = ("rerank", "score_min")
        return None if self.get(path) is None else self.whole(path, -(2**36), 2**36, 0)

    def _weights(self) -> dict[str, int]:
        table = self.table("weights")
        reach = 0
        for name, weight in table.items():
            path = ("weights", name)
            if type(weight) is not int:
                raise self.fault(
                    path,
                    weight,
                    "the profile, line {line}: {field}: {value} is not a whole number",
                    remedy="give thousandths: 900 stands for 0.9",
                )
            reach += reach_of({name: weight})
            if reach >= EXACT:
                raise self.fault(
                    path,
                    weight,
                    "the profile, line {line}: {field}: {value} lets scores pass 2^53, beyond exactness",
                    remedy="divide all weights by the same number; only their proportions matter",
                )
        if not any(table.values()):
            raise self.fault(
                ("weights",),
                "",
                "the profile, line {line}: {field}: nothing has a weight",
                remedy="write, for example, fresh = 900 under [weights]",
            )
        return {name: table[name] for name in sorted(table)}

    def _conditions(self, path: tuple[str, ...]) -> tuple[Condition, ...]:
        line = self.line(path)
        return tuple(compile_condition(each, line, ".".join(path)) for each in self.texts(path))

    def _parent(self) -> RecordId | None:
        text = self.words(("parent",))
        return self._record(("parent",), text) if text else None

    def _groups(self) -> RecordId | None:
        text = self.words(("reader", "groups"))
        return self._record(("reader", "groups"), text) if text else None

    def _seeds(self) -> tuple[RecordId | str, ...]:
        path = ("reader", "seeds")
        if self.get(path) is None:
            return (ME,)
        return tuple(each if each == ME else self._record(path, each) for each in self.texts(path))

    def _check_seeds(self, profile: Profile) -> None:
        for seed in profile.seeds:
            if not isinstance(seed, str) and seed in profile.blocked_people:
                raise self.fault(
                    ("reader", "seeds"),
                    str(seed),
                    "the profile, line {line}: {field}: {value} is blocked, too",
                    remedy="remove it from one of the two",
                )

    def _blocked(self, text: str) -> RecordId | str:
        path = ("reader", "blocked")
        return self._record(path, text) if text.startswith(("bafy", "did:")) else self._tag(path, text)

    def _record(self, path: tuple[str, ...], text: str) -> RecordId:
        if text.startswith("did:key:"):
            raise self.fault(
                path,
                text,
                "the profile, line {line}: {field}: {value} is a key; a person may have several",
                remedy="give the id of the identity, bafyrei…; `knowchain show` tells it",
            )
        try:
            return parse_record_id(text)
        except InvalidValue as exc:
            raise self.fault(
                path,
                text,
                "the profile, line {line}: {field}: {value} is not the id of a record",
                remedy="give bafyrei…, 59 characters",
            ) from exc

    def _tag(self, path: tuple[str, ...], text: str) -> str:
        try:
            return canonical(text).tag
        except InvalidValue as exc:
            try:
                return glottocode(text)
            except InvalidValue:
                raise self.fault(
                    path,
                    text,
                    "the profile, line {line}: {field}: {value} is no language tag",
                    remedy="{advice}",
                    advice=exc.remedy,
                ) from exc
