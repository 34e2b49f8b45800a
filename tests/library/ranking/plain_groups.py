"""Viewpoint groups once more, in plain integers and lists, from docs/spec/groups.md alone.

It knows nothing of numpy, and no bound on an integer: where it agrees, nothing overflowed.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from math import isqrt

LONG = 2**20
PRICES = (0, 15, 40, 65, 90)


@dataclass(frozen=True)
class Said:
    """Judgements by number of person and work, and weights of people."""

    weights: Sequence[int]
    works: int
    signs: dict[tuple[int, int], int]


def thinned(
    said: dict[tuple[bytes, bytes], int], weights: dict[bytes, int], least: int
) -> tuple[Said, list[bytes]]:
    """Section 1; and the people by number."""
    said = {pair: x for pair, x in said.items() if weights[pair[0]] > 0}
    judges = defaultdict(set)
    for who, work in said:
        judges[work].add(who)
    said = {pair: x for pair, x in said.items() if len(judges[pair[1]]) > 1}
    judged = defaultdict(set)
    for who, work in said:
        judged[who].add(work)
    said = {pair: x for pair, x in said.items() if len(judged[pair[0]]) >= least}
    people, works = sorted({who for who, _ in said}), sorted({work for _, work in said})
    signs = {(people.index(who), works.index(work)): x for (who, work), x in said.items()}
    return Said([weights[who] for who in people], len(works), signs), people


def places_of(said: Said, count: int) -> list[list[int]]:
    """Section 2: a place for each person."""
    people, weights = range(len(said.weights)), said.weights
    mass, total = [0] * said.works, [0] * said.works
    for (who, work), x in said.signs.items():
        mass[work] += weights[who]
        total[work] += weights[who] * x
    y = {(who, work): 512 * x - 512 * total[work] // mass[work] for (who, work), x in said.signs.items()}
    pulls = _pulls(said, y)
    directions: list[list[int]] = []
    for _ in range(count):
        found = _direction(said, y, pulls, directions)
        if found is None:
            break
        directions.append(found)
    judged = len({work for _, work in said.signs})
    counts = [sum(1 for who, _ in said.signs if who == each) for each in people]
    along = [_along(y, each, len(people)) for each in directions]
    places = [
        [
            (u[who] // 512) * isqrt(65_536 * judged // counts[who]) // 2**17 if counts[who] else 0
            for u in along
        ]
        for who in people
    ]
    while any(abs(each) >= 65_536 for place in places for each in place):
        places = [[each >> 1 for each in place] for place in places]
    return places


def _pulls(said: Said, y: dict[tuple[int, int], int]) -> list[int]:
    squares = [0] * len(said.weights)
    for (who, _), value in y.items():
        squares[who] += value * value
    reached, half = 0, (sum(said.weights) + 1) // 2
    most = 0
    for who in sorted(range(len(squares)), key=lambda who: (squares[who], who)):
        reached += said.weights[who]
        if reached >= half:
            most = 2 * squares[who]
            break
    return [
        max(1, 16 * w * most // s) if s > most else 16 * w for s, w in zip(squares, said.weights, strict=True)
    ]


def _along(y: dict[tuple[int, int], int], direction: Sequence[int], people: int) -> list[int]:
    found = [0] * people
    for (who, work), value in y.items():
        found[who] += value * direction[work]
    return found


def _scaled(numbers: list[int]) -> list[int]:
    greatest = max(map(abs, numbers), default=0)
    if not greatest:
        return numbers
    while greatest >= 2 * LONG:
        numbers, greatest = [each >> 1 for each in numbers], greatest >> 1
    return [each * LONG // greatest for each in numbers]


def _across(direction: list[int], known: Sequence[list[int]]) -> list[int]:
    for other in known:
        a = 2**20 * _dot(direction, other) // _dot(other, other)
        direction = [d - (e * a >> 20) for d, e in zip(direction, other, strict=True)]
    return direction


def _dot(one: Sequence[int], other: Sequence[int]) -> int:
    return sum(a * b for a, b in zip(one, other, strict=True))


def _direction(
    said: Said, y: dict[tuple[int, int], int], pulls: Sequence[int], known: Sequence[list[int]]
) -> list[int] | None:
    judged = [0] * said.works
    for _, work in said.signs:
        judged[work] += 1
    start = [n * (1 + (7919 * j * j + 104_729 * j) % 65_521) for j, n in enumerate(judged)]
    d = _scaled(_across(_scaled(start), known))
    for _ in range(60):
        u = _scaled(_along(y, d, len(said.weights)))
        turned = [0] * said.works
        for (who, work), value in y.items():
            turned[work] += value * u[who] * pulls[who]
        turned = _scaled(_across(_scaled(turned), known))
        if not any(turned):
            return None
        if turned == d:
            break
        d = turned
    greatest = max(d, key=abs)
    signed = d if greatest > 0 else [-each for each in d]
    length = max(1, isqrt(_dot(signed, signed)))
    return [each * LONG // length for each in signed]


def parted(places: Sequence[Sequence[int]], weights: Sequence[int], count: int) -> list[int] | None:
    """Section 3, the first two steps."""
    groups = [0] * len(places)
    for new in range(1, count):
        best: tuple[int, int, int] | None = None
        for group in range(new):
            spreads = _spreads(places, weights, [who for who, at in enumerate(groups) if at == group])
            if any(spreads) and (best is None or sum(spreads) > best[0]):
                best = sum(spreads), group, spreads.index(max(spreads))
        if best is None:
            return None
        _, group, axis = best
        rows = [who for who, at in enumerate(groups) if at == group]
        mean = _mean(places, weights, rows)[axis]
        for who in rows:
            if places[who][axis] > mean:
                groups[who] = new
    for _ in range(100):
        nearest = [
            min(range(count), key=row.__getitem__) for row in _distances(places, weights, groups, count)
        ]
        if len(set(nearest)) < count:
            return None
        if nearest == groups:
            break
        groups = nearest
    return groups


def _mean(places: Sequence[Sequence[int]], weights: Sequence[int], rows: Sequence[int]) -> list[int]:
    mass = sum(weights[who] for who in rows)
    return [sum(weights[who] * places[who][axis] for who in rows) // mass for axis in range(len(places[0]))]


def _spreads(places: Sequence[Sequence[int]], weights: Sequence[int], rows: Sequence[int]) -> list[int]:
    if not rows:
        return []
    mean = _mean(places, weights, rows)
    return [
        sum(weights[who] * (places[who][axis] - mean[axis]) ** 2 for who in rows) for axis in range(len(mean))
    ]


def _distances(
    places: Sequence[Sequence[int]], weights: Sequence[int], groups: Sequence[int], count: int
) -> list[list[int]]:
    centres = [
        _mean(places, weights, [who for who, at in enumerate(groups) if at == group])
        for group in range(count)
    ]
    return [
        [sum((a - b) ** 2 for a, b in zip(place, each, strict=True)) for each in centres] for place in places
    ]


def foretold(said: Said, most: int) -> list[int]:
    """Section 4: F(1), F(2), … as far as people can be parted."""
    splits = [s for s in range(4) if s == 0 or 2 ** (s + 2) <= said.works]
    halves = [(s, bit) for s in splits for bit in (0, 1)]
    found = []
    looked = {
        (s, bit): places_of(_only(said, s, bit), max(0, most - 1)) if said.signs else [] for s, bit in halves
    }
    for count in range(1, most + 1):
        right, asked = [0] * len(said.weights), [0] * len(said.weights)
        for s, bit in halves:
            places = [place[: count - 1] for place in looked[s, bit]]
            groups = [0] * len(said.weights)
            if count > 1:
                parts = parted(places, said.weights, count) if places and places[0] else None
                if parts is None:
                    return found
                groups = parts
            _ask(_only(said, s, 1 - bit), groups, right, asked)
        mass = sum(w for w, n in zip(said.weights, asked, strict=True) if n)
        total = sum(w * (1000 * r // n) for w, r, n in zip(said.weights, right, asked, strict=True) if n)
        found.append(total // max(1, mass))
    return found


def _only(said: Said, split: int, bit: int) -> Said:
    return Said(
        said.weights, said.works, {pair: x for pair, x in said.signs.items() if (pair[1] >> split) % 2 == bit}
    )


def _ask(said: Said, groups: Sequence[int], right: list[int], asked: list[int]) -> None:
    by_work: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for (who, work), x in said.signs.items():
        by_work[work].append((who, x))
    for (who, work), x in said.signs.items():
        if x:
            others = [(other, value) for other, value in by_work[work] if other != who]
            near = sum(said.weights[o] * v for o, v in others if groups[o] == groups[who])
            told = near or sum(said.weights[o] * v for o, v in others)
            asked[who] += 1
            right[who] += told * x > 0


def grouped(
    said: dict[tuple[bytes, bytes], int],
    weights: dict[bytes, int],
    *,
    count: int | None = None,
    least: int = 5,
) -> tuple[list[dict[bytes, int]], list[int]]:
    """The parts of each member by group, without a record's bound; and what is foretold."""
    kept, people = thinned(said, weights, least)
    if len(people) < 4:
        return [], []
    told = foretold(kept, count or 5)
    best = count or 1
    if count is None:
        for k in range(2, len(told) + 1):
            if told[k - 1] >= 550 and told[k - 1] - told[best - 1] >= PRICES[k - 1] - PRICES[best - 1]:
                best = k
    places = places_of(kept, best - 1)
    groups = parted(places, kept.weights, best) if best > 1 and places[0] else None
    if groups is None:
        return [dict.fromkeys(people, 1000)], told
    order = sorted(
        range(best),
        key=lambda group: (
            -sum(w for w, at in zip(kept.weights, groups, strict=True) if at == group),
            groups.index(group),
        ),
    )
    parts: list[dict[bytes, int]] = [{} for _ in order]
    for who, row in zip(people, _distances(places, kept.weights, groups, best), strict=True):
        squares = [each + 1 for each in row]
        near = [1000 * min(squares) ** 2 // each**2 for each in squares]
        for place, group in enumerate(order):
            part = 1000 * near[group] // sum(near)
            if part >= 50:
                parts[place][who] = part
    return parts, told
