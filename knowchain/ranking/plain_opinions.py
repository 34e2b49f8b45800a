"""The referee's half of opinions: what people said of works, in plain integers and lists.

Written without :mod:`knowchain.ranking.opinions`, which must agree with it on every bit.

Source: docs/spec/ranking.md, sections 6.6 to 6.12.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from functools import cached_property

from knowchain.identifiers import RecordId
from knowchain.ranking.contribution import Ledger, ledger_of, uses_at
from knowchain.ranking.days import day_of, faded
from knowchain.ranking.facts import Evaluation, Fact, Label, ViewpointGroup, Viewpoints, World
from knowchain.ranking.feed import Ground, strongest
from knowchain.ranking.numbers import ONE
from knowchain.ranking.popularity import popularity_of
from knowchain.ranking.profile import Profile
from knowchain.ranking.signals import language_key
from knowchain.records.vocabulary.axes import AXES

__all__ = ["PlainOpinions"]


class PlainOpinions:
    """What counts for one reader at one moment.

    Args:
        facts: of the world, by id.
        trust: the reader's trust signals; who is missing has none.
    """

    def __init__(
        self,
        world: World,
        facts: Mapping[RecordId, Fact],
        profile: Profile,
        trust: Mapping[bytes, int],
        as_of: int,
    ) -> None:
        self._world, self._facts, self._profile = world, facts, profile
        self._trust, self._as_of = trust, as_of
        self._evaluations = self._counting()

    def value(self, signal: str, fact: Fact) -> int:
        """The value of one of these signals."""
        if signal.startswith("axis."):
            return self._axis(signal[5:], fact)
        if signal.startswith("label:"):
            return ONE if self._labels(signal[6:], fact) else 0
        if signal == "contribution":
            return self.ledger.signal_of(fact.author)
        if signal == "popularity":
            return popularity_of(sum(trust for trust, _ in self._takers(fact)))
        return self._outward(fact) if signal == "outward" else self._bridge(fact)

    def ground(self, signal: str, fact: Fact) -> Ground:
        """What the value rests on."""
        if signal.startswith("axis."):
            return strongest(
                (self._weight(each), each.id) for each in self._of(fact) if each.axis == signal[5:]
            )
        if signal.startswith("label:"):
            return strongest((1, each.id) for each in self._labels(signal[6:], fact))
        if signal == "contribution":
            return strongest(
                (line.amount, line.use) for line in self.ledger.lines if line.earner == fact.author
            )
        if signal == "popularity":
            return strongest(self._takers(fact))
        if signal == "outward":
            pleased = [each for each in self._of(fact) if each.value > 0 and _keys(each)]
            languages = {key for each in pleased for key in _keys(each)}
            ground = strongest((self._trust[each.author], each.id) for each in pleased)
            return ground._replace(total=len(languages))
        held = self._viewpoints
        return Ground(0, ()) if held is None else Ground(len(held.groups), (held.id,))

    @cached_property
    def ledger(self) -> Ledger:
        """Who contributed what."""
        return ledger_of(
            self._facts,
            self._trust,
            as_of=self._as_of,
            half_life_s=self._profile.contribution_half_life_s,
        )

    # --- evaluations ---------------------------------------------------------------------------------

    def _counting(self) -> dict[RecordId, list[Evaluation]]:
        """By subject: the latest of each person on each axis, by those whom trust reaches, of others'."""
        latest: dict[tuple[RecordId, RecordId, str], Evaluation] = {}
        for each in self._world.evaluations:
            slot = each.author, each.subject, each.axis
            known = latest.get(slot)
            if each.time <= self._as_of and (known is None or (known.time, known.id) < (each.time, each.id)):
                latest[slot] = each
        found: dict[RecordId, list[Evaluation]] = {}
        for each in latest.values():
            fact = self._facts.get(each.subject)
            if self._trust.get(each.author) and (fact is None or fact.author != each.author):
                found.setdefault(each.subject, []).append(each)
        return found

    def _of(self, fact: Fact) -> list[Evaluation]:
        return self._evaluations.get(fact.id, [])

    def _weight(self, each: Evaluation) -> int:
        days = day_of(self._as_of) - day_of(each.time)
        return faded(self._trust[each.author], days, self._profile.axis_half_life_s)

    def _axis(self, axis: str, fact: Fact) -> int:
        judged = [(self._weight(each), each.value) for each in self._of(fact) if each.axis == axis]
        kappa = max(1, ONE * self._profile.axis_kappa // 1000)
        total = sum(weight * value for weight, value in judged)
        return total * (ONE // 2) // (sum(weight for weight, _ in judged) + kappa)

    def _outward(self, fact: Fact) -> int:
        spoken: dict[RecordId, set[str]] = {}
        for each in self._of(fact):
            if each.value > 0 and _keys(each):
                spoken.setdefault(each.author, set()).update(_keys(each))
        mass: Counter[str] = Counter()
        for who, languages in spoken.items():
            for language in languages:
                mass[language] += self._trust[who] // len(languages)
        total = sum(mass.values())
        if not total:
            return 0
        spread = ONE - ONE * sum(each * each for each in mass.values()) // (total * total)
        return spread * total // (total + ONE)

    @property
    def _viewpoints(self) -> Viewpoints | None:
        named = self._profile.groups
        return next((each for each in self._world.viewpoints if each.id == named), None)

    def _bridge(self, fact: Fact) -> int:
        held = self._viewpoints
        if held is None or not held.groups:
            return 0
        approval: Counter[RecordId] = Counter()
        for each in self._of(fact):
            if each.axis in AXES:
                approval[each.author] += each.value
        found = ONE
        for group in held.groups:
            found = self._through(group, approval, found)
        return found

    def _through(self, group: ViewpointGroup, approval: Mapping[RecordId, int], before: int) -> int:
        parts = dict(group.members)
        mass = {who: self._trust[who] * parts.get(who, 0) // 1000 for who in approval}
        whole = sum(mass.values())
        agreeing = sum(mass[who] for who, value in approval.items() if value > 0)
        if whole == 0 or whole * 1000 < group.minimum * ONE:
            return 0
        return before * (agreeing + ONE) // (whole + 2 * ONE)

    # --- uses and labels -----------------------------------------------------------------------------

    @cached_property
    def _used(self) -> dict[RecordId, list[tuple[int, RecordId]]]:
        """By record: the trust in each who uses it, and the record with which they do."""
        found: dict[RecordId, list[tuple[int, RecordId]]] = {}
        for (by, target), use in uses_at(self._facts, self._as_of).items():
            found.setdefault(target, []).append((self._trust.get(by, 0), use.id))
        return found

    def _takers(self, fact: Fact) -> list[tuple[int, RecordId]]:
        return [
            (trust, use)
            for trust, use in self._used.get(fact.id, [])
            if trust and self._facts[use].author != fact.author
        ]

    def _labels(self, name: str, fact: Fact) -> list[Label]:
        """The labels of that name that stand on a work or its author, by labelers of the profile."""
        latest: dict[tuple[RecordId, RecordId], Label] = {}
        for each in self._world.labels:
            if each.label != name or each.time > self._as_of or each.author not in self._profile.labelers:
                continue
            known = latest.get((each.author, each.subject))
            if known is None or (known.time, known.id) < (each.time, each.id):
                latest[each.author, each.subject] = each
        return [
            each
            for each in latest.values()
            if each.subject in (fact.id, fact.author)
            and not each.negated
            and (each.until is None or each.until > self._as_of)
        ]


def _keys(evaluation: Evaluation) -> set[str]:
    return {key for tag in evaluation.languages if (key := language_key(tag)) is not None}
