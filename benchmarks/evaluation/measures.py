"""What a set of feeds gives: to readers, to authors, to languages.

*Relevance* of a work is the quality from 0 to 3 that it was made with, the same for every reader and whatever
their languages; no signal can see it. *Exposure* is counted in places of feeds.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.evaluation.society import DAY, NOW, SNAPSHOT, Member, Society
from knowchain.identifiers import RecordId
from knowchain.ranking import Columns, Engine, Fact, Profile, read_profile
from knowchain.ranking.presets import PRESETS, preset
from knowchain.ranking.signals import language_key

PAGE = 20
LONG = 100
PROBED = ("axis.truth", "contribution", "outward", "provenance", "trust")
PROBE = Profile(name="probe", weights=dict.fromkeys(PROBED, 1))
"""Whose parts tell the signals of any work, whatever another profile weighs."""


@dataclass(frozen=True)
class Shown:
    """What one reader was shown.

    Attributes:
        page: the first 20, in their order.
        long: the first 100.
    """

    reader: Member
    page: tuple[RecordId, ...]
    long: tuple[RecordId, ...]


@dataclass(frozen=True)
class Measures:
    """Figures of one profile over some readers; means, if nothing else is said.

    Attributes:
        ndcg: nDCG@20, with gains 2^relevance − 1.
        authors: Gini index of exposure over all authors with works; 0 is even.
        languages: the same over all languages of works.
        calibration: how far the languages of a page are from an even mix of those that the reader reads: half
            the sum of differences, 0 to 1.
        per_hundred: languages among the first 100.
        beyond: the part of the places with works in no language that the reader reads.
        rare: the part of the places with works in languages that few write: the smaller half of all.
        alike: how much of two readers' pages is the same.
        days: age of the works, the median over all.
        unordered: the part of neighbours on a page that don't go from newer to older.
        signals: by name, of Q.
    """

    ndcg: float
    authors: float
    languages: float
    calibration: float
    per_hundred: float
    beyond: float
    rare: float
    alike: float
    days: float
    unordered: float
    signals: Mapping[str, float]


class Reading:
    """A society read by some of its members."""

    def __init__(self, society: Society, readers: int) -> None:
        self.society = society
        self.readers = society.readers(readers)
        self.columns = Columns.of(society.world)
        self.engine = Engine(self.columns)

    def shown(self, profile: Profile) -> list[Shown]:
        """The feeds of all readers."""
        found = []
        for reader in self.readers:
            ranking = self.engine.rank(profile, self.society.viewer(reader), as_of=NOW, snapshot=SNAPSHOT)
            items = tuple(item.id for item in ranking.feed(LONG).items)
            found.append(Shown(reader, items[:PAGE], items))
        return found

    def measured(self, shown: Sequence[Shown]) -> Measures:
        """The figures of these feeds."""
        places = [work for each in shown for work in each.page]
        facts = self.columns.facts
        ages = sorted((NOW - facts[work].time) / DAY for work in places)
        pairs = [pair for each in shown for pair in zip(each.page, each.page[1:], strict=False)]
        rare = self._rare()
        return Measures(
            ndcg=mean(self._ndcg(each.page) for each in shown),
            authors=gini([facts[work].author for work in places], {fact.author for fact in self._works()}),
            languages=gini(
                [language for work in places for language in self._languages(work)],
                {language for fact in self._works() for language in self._languages(fact.id)},
            ),
            calibration=mean(self._distance(each) for each in shown),
            per_hundred=mean(
                len({tag for work in each.long for tag in self._languages(work)}) for each in shown
            ),
            beyond=mean(
                not set(self._languages(work)) & _keys(each.reader.languages)
                for each in shown
                for work in each.page
            ),
            rare=mean(bool(set(self._languages(work)) & rare) for work in places),
            alike=mean(overlap(one.page, other.page) for one, other in _pairs(shown)),
            days=ages[len(ages) // 2] if ages else 0.0,
            unordered=mean(facts[one].time < facts[other].time for one, other in pairs),
            signals=self._signals(shown),
        )

    def _works(self) -> Sequence[Fact]:
        return self.society.world.facts

    def _languages(self, work: RecordId) -> list[str]:
        keys = (language_key(tag) for tag in self.columns.facts[work].languages)
        return [key for key in keys if key is not None]

    def _rare(self) -> set[str]:
        counts = Counter(tag for fact in self._works() for tag in self._languages(fact.id))
        ordered = sorted(counts, key=lambda tag: (counts[tag], tag))
        return set(ordered[: len(ordered) // 2])

    def _ndcg(self, page: Sequence[RecordId]) -> float:
        quality = self.society.quality
        best = sorted(quality.values(), reverse=True)[:PAGE]
        return _gain(quality.get(work, 0) for work in page) / (_gain(best) or 1)

    def _distance(self, each: Shown) -> float:
        wanted = _keys(each.reader.languages)
        had = Counter(tag for work in each.page for tag in self._languages(work))
        total = sum(had.values()) or 1
        keys = sorted(wanted | had.keys())
        return sum(abs(had[tag] / total - (tag in wanted) / len(wanted)) for tag in keys) / 2

    def _signals(self, shown: Sequence[Shown]) -> dict[str, float]:
        sums: Counter[str] = Counter()
        for each in shown:
            ranking = self.engine.rank(PROBE, self.society.viewer(each.reader), as_of=NOW, snapshot=SNAPSHOT)
            for work in each.page:
                judged = ranking.judge(work)
                for part in judged.placed.contributions if judged and judged.placed else ():
                    sums[part.signal] += part.value
        count = sum(len(each.page) for each in shown) or 1
        return {name: sums[name] / count / 65_536 for name in PROBED}


def presets() -> dict[str, Profile]:
    """The profiles that come along."""
    return {name: read_profile(preset(name)) for name in PRESETS}


def mean(values: Iterable[float]) -> float:
    """The mean; 0 of nothing."""
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0


def gini(taken: Sequence[object], everybody: set[object]) -> float:
    """How unevenly places are shared out among everybody, who may have none: 0 evenly, 1 all to one."""
    counts = Counter(taken)
    shares = sorted(counts[each] for each in everybody)
    total, size = sum(shares), len(shares)
    if not total or not size:
        return 0.0
    return sum((2 * place - size - 1) * share for place, share in enumerate(shares, 1)) / (size * total)


def overlap(one: Sequence[RecordId], other: Sequence[RecordId]) -> float:
    """How much of two pages is the same."""
    return len(set(one) & set(other)) / max(len(one), len(other), 1)


def _gain(tiers: Iterable[int]) -> float:
    return sum((2**tier - 1) / math.log2(place + 1) for place, tier in enumerate(tiers, 1))


def _keys(tags: Iterable[str]) -> set[str]:
    return {key for tag in tags if (key := language_key(tag)) is not None}


def _pairs(shown: Sequence[Shown]) -> list[tuple[Shown, Shown]]:
    return [(one, other) for place, one in enumerate(shown) for other in shown[place + 1 :]]
