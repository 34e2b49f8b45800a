"""Reading a profile from a small TOML text, with the line of whatever is wrong.

What this version can't carry out is refused by name: a feed that quietly leaves a rule out would be a
wrong feed.

Source: docs/spec/ranking.md, section 5.
"""

from __future__ import annotations

import tomllib
import unicodedata
from collections.abc import Mapping
from typing import Any, Final

from knowchain.errors import InvalidValue
from knowchain.identifiers import RecordId, parse_record_id
from knowchain.ranking.conditions import Condition, compile_condition
from knowchain.ranking.numbers import EXACT
from knowchain.ranking.profile import (
    MAX_ENTRIES,
    MAX_PAGE,
    MAX_SOURCE,
    MAX_TEXT,
    ME,
    PROFILE_VERSION,
    SOURCES,
    Profile,
    default_cap,
)
from knowchain.ranking.signals import SIGNALS, find_signal
from knowchain.ranking.toml_lines import line_of
from knowchain.records.vocabulary.languages import canonical, glottocode
from knowchain.records.vocabulary.suggestions import nearest

__all__ = ["read_profile"]

_MAX_LINE: Final = 2_000
_CENTURY: Final = 3_155_760_000

_TABLES: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("v", "name", "parent", "reason", "reader", "weights", "params", "sources", "filter", "rerank"),
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
    "rerank": ("page", "score_min"),
}
_LATER: Final[Mapping[str, tuple[str, ...]]] = {
    "": ("boost",),
    "rerank": ("author_decay", "mmr_lambda", "calibration_mu", "floors", "explore"),
}
"""What profiles may say and other versions of the engine carry out."""


def read_profile(text: str) -> Profile:
    """Read a profile.

    Args:
        text: TOML.

    Raises:
        InvalidValue: the first fault, with line, key, value and remedy.
    """
    return _Reading(text).profile()


class _Reading:
    """One text, read key by key."""

    def __init__(self, text: str) -> None:
        if len(text) > MAX_TEXT:
            raise InvalidValue(
                "the profile has {value} characters, more than {most}",
                field="profile",
                value=len(text),
                most=MAX_TEXT,
                remedy="shorten its lists",
            )
        self._text = text
        try:
            self._values: dict[str, Any] = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, RecursionError, ValueError) as exc:
            raise InvalidValue(
                "the profile is not TOML: {why}",
                field="profile",
                value="",
                why=str(exc) or "nested too deep",
                remedy="correct that line; text stands in quotes, lists in [ ]",
            ) from exc

    def profile(self) -> Profile:
        self._version()
        for table, known in _TABLES.items():
            self._only(table, known)
        self._only_signals()
        reader = ("reader",)
        blocked = [self._blocked(each) for each in self._list((*reader, "blocked"))]
        profile = Profile(
            name=self._line(("name",), required=True),
            weights=self._weights(),
            parent=self._parent(),
            reason=self._line(("reason",)),
            langs=tuple(self._tag((*reader, "langs"), each) for each in self._list((*reader, "langs"))),
            seeds=self._seeds(),
            blocked_people=frozenset(RecordId(e) for e in blocked if not isinstance(e, str)),
            blocked_languages=tuple(each for each in blocked if isinstance(each, str)),
            fresh_half_life_s=self._int(("params", "fresh_half_life_s"), 1, _CENTURY, 172_800),
            lang_window_s=self._int(("params", "lang_window_s"), 1, _CENTURY, 2_419_200),
            topics=tuple(
                sorted(
                    {
                        unicodedata.normalize("NFC", each).casefold()
                        for each in self._list(("reader", "topics"))
                    }
                )
            ),
            labelers=tuple(
                self._record(("reader", "labelers"), e) for e in self._list(("reader", "labelers"))
            ),
            groups=self._groups(),
            axis_half_life_s=self._int(("params", "axis_half_life_s"), 1, _CENTURY, 31_557_600),
            axis_kappa=self._int(("params", "axis_kappa"), 1, 1_000_000, 3_000),
            contribution_half_life_s=self._int(
                ("params", "contribution_half_life_s"), 1, _CENTURY, 31_557_600
            ),
            trust_hops=self._int(("params", "trust_hops"), 0, 6, 3),
            sources={
                name: self._int(("sources", name), 0, MAX_SOURCE, default_cap(name)) for name in SOURCES
            },
            page=self._int(("rerank", "page"), 1, MAX_PAGE, 20),
            score_min=self._score_min(),
            drop=self._conditions(("filter", "drop")),
        )
        self._check_seeds(profile)
        return profile

    # --- which keys there are ----------------------------------------------------------------------

    def _version(self) -> None:
        stated = self._values.get("v")
        if type(stated) is not int or stated < 1:
            raise self._fault(
                ("v",),
                stated,
                "the profile, line {line}: {field}: {value} is no version",
                remedy="write v = 1",
            )
        if stated > PROFILE_VERSION:
            raise self._fault(
                ("v",),
                stated,
                "the profile, line {line}: {field}: {value} is newer than this engine, which knows 1",
                remedy="install a later knowchain, or fork the profile and write it for v = 1",
            )

    def _only(self, table: str, known: tuple[str, ...]) -> None:
        path = (table,) if table else ()
        for key in self._table(table):
            if key in _LATER.get(table, ()):
                raise self._fault(
                    (*path, key),
                    key,
                    "the profile, line {line}: {field}: {value} is not in this version of the engine",
                    remedy="leave it out; no part of a profile is passed over in silence",
                )
            if key not in known:
                raise self._fault(
                    (*path, key),
                    key,
                    "the profile, line {line}: {field}: {value} is no key here",
                    remedy="{near}",
                    near=_choice(key, known),
                )

    def _only_signals(self) -> None:
        for name in self._table("weights"):
            if find_signal(name) is None:
                raise self._fault(
                    ("weights", name),
                    name,
                    "the profile, line {line}: {field}: {value} is no signal",
                    remedy="{near}",
                    near=_choice(name, SIGNALS),
                )

    def _table(self, name: str) -> dict[str, Any]:
        if not name:
            return self._values
        found = self._values.get(name, {})
        if not isinstance(found, dict):
            raise self._fault(
                (name,),
                found,
                "the profile, line {line}: {field}: {value} is no table",
                remedy="write [{table}] on a line of its own",
                table=name,
            )
        return found

    # --- values --------------------------------------------------------------------------------------

    def _get(self, path: tuple[str, ...]) -> object:
        return self._table(path[0] if len(path) == 2 else "").get(path[-1])

    def _int(self, path: tuple[str, ...], least: int, most: int, default: int) -> int:
        found = self._get(path)
        if found is None:
            return default
        if type(found) is not int or not least <= found <= most:
            raise self._fault(
                path,
                found,
                "the profile, line {line}: {field}: {value} is not a whole number in range",
                remedy="give {least} to {most}, or leave it out",
                least=least,
                most=most,
            )
        return found

    def _score_min(self) -> int | None:
        path = ("rerank", "score_min")
        return None if self._get(path) is None else self._int(path, -(2**36), 2**36, 0)

    def _line(self, path: tuple[str, ...], *, required: bool = False) -> str:
        found = self._get(path)
        if found is None and not required:
            return ""
        text = unicodedata.normalize("NFC", found).strip() if isinstance(found, str) else ""
        if not text or len(text) > _MAX_LINE or not text.isprintable():
            raise self._fault(
                path,
                found,
                "the profile, line {line}: {field}: {value} is not one line of text",
                remedy='write {key} = "…"',
                key=path[-1],
            )
        return text

    def _list(self, path: tuple[str, ...]) -> list[str]:
        found = self._get(path)
        if found is None:
            return []
        if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
            raise self._fault(
                path,
                found,
                "the profile, line {line}: {field}: {value} is not a list of texts",
                remedy='write {key} = ["…", "…"]',
                key=path[-1],
            )
        if len(found) > MAX_ENTRIES:
            raise self._fault(
                path,
                len(found),
                "the profile, line {line}: {field}: {value} entries are more than {most}",
                remedy="shorten the list",
                most=MAX_ENTRIES,
            )
        for at, each in enumerate(found):
            if each in found[:at]:
                raise self._fault(
                    path,
                    each,
                    "the profile, line {line}: {field}: {value} stands there twice",
                    remedy="remove one of the two",
                )
        return [unicodedata.normalize("NFC", each) for each in found]

    def _weights(self) -> dict[str, int]:
        table = self._table("weights")
        reach = 0
        for name, weight in table.items():
            path = ("weights", name)
            if type(weight) is not int:
                raise self._fault(
                    path,
                    weight,
                    "the profile, line {line}: {field}: {value} is not a whole number",
                    remedy="give thousandths: 900 stands for 0.9",
                )
            signal = find_signal(name)
            assert signal is not None, "unknown ones were refused before"
            reach += abs(weight) * signal.bound
            if reach >= EXACT:
                raise self._fault(
                    path,
                    weight,
                    "the profile, line {line}: {field}: {value} lets scores pass 2^53, beyond exactness",
                    remedy="divide all weights by the same number; only their proportions matter",
                )
        if not any(table.values()):
            raise self._fault(
                ("weights",),
                "",
                "the profile, line {line}: {field}: nothing has a weight",
                remedy="write, for example, fresh = 900 under [weights]",
            )
        return {name: table[name] for name in sorted(table)}

    def _conditions(self, path: tuple[str, ...]) -> tuple[Condition, ...]:
        line = line_of(self._text, path)
        return tuple(compile_condition(each, line, ".".join(path)) for each in self._list(path))

    def _parent(self) -> RecordId | None:
        text = self._line(("parent",))
        return self._record(("parent",), text) if text else None

    def _groups(self) -> RecordId | None:
        text = self._line(("reader", "groups"))
        return self._record(("reader", "groups"), text) if text else None

    def _seeds(self) -> tuple[RecordId | str, ...]:
        path = ("reader", "seeds")
        if self._get(path) is None:
            return (ME,)
        return tuple(each if each == ME else self._record(path, each) for each in self._list(path))

    def _check_seeds(self, profile: Profile) -> None:
        for seed in profile.seeds:
            if not isinstance(seed, str) and seed in profile.blocked_people:
                raise self._fault(
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
            raise self._fault(
                path,
                text,
                "the profile, line {line}: {field}: {value} is a key; a person may have several",
                remedy="give the id of the identity, bafyrei…; `knowchain show` tells it",
            )
        try:
            return parse_record_id(text)
        except InvalidValue as exc:
            raise self._fault(
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
                raise self._fault(
                    path,
                    text,
                    "the profile, line {line}: {field}: {value} is no language tag",
                    remedy="{advice}",
                    advice=exc.remedy,
                ) from exc

    def _fault(
        self, path: tuple[str, ...], value: object, template: str, *, remedy: str, **fields: object
    ) -> InvalidValue:
        return InvalidValue(
            template,
            field=".".join(path),
            value="nothing" if value is None else value,
            line=line_of(self._text, path),
            remedy=remedy,
            **fields,
        )


def _choice(word: str, known: Mapping[str, object] | tuple[str, ...]) -> str:
    near = nearest(word, known)
    return f"did you mean `{near}`?" if near else "give " + _named(known)


def _named(known: Mapping[str, object] | tuple[str, ...]) -> str:
    return "one of " + ", ".join(known)
