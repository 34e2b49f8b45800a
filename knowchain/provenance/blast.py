"""The blast radius: what stands on records that turned out wrong, or on everything that a key signed.

Whoever took something from a record may have taken its fault: so the walk follows what derives, quotes,
cites, judges, and what is under its rights or part of it, and from there on. Nobody is accused; the list
says whom to tell and what to look at again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, Literal, TypeVar

from knowchain.identifiers import RecordId
from knowchain.provenance.walking import breadth_first

__all__ = ["Affected", "Blast", "Radius", "Root", "blast"]

N = TypeVar("N", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Radius(Generic[N]):
    """What stands on some records, by any name for them."""

    distance: Mapping[N, int]
    """Of every record reached, in the order of reaching; without the roots."""
    reasons: Mapping[N, tuple[tuple[str, N], ...]]
    """(relation, record nearer to a root) for each, one for each pair."""
    full: bool
    """Whether the bound left something out."""


@dataclass(frozen=True, slots=True)
class Root:
    """A record from which the radius is measured."""

    id: RecordId
    kind: str | None
    title: str | None


@dataclass(frozen=True, slots=True)
class Affected:
    """A record that stands on a root."""

    id: RecordId
    distance: int
    kind: str
    title: str | None
    author: RecordId
    author_name: str
    claimed: int
    relations: tuple[str, ...]
    """How it points at what is nearer to a root."""
    flags: tuple[str, ...] = ()
    same_author: bool = False
    """Whether the author of a root, or who acts for it, signed it: they know already."""


@dataclass(frozen=True, slots=True)
class Blast:
    """The blast radius, ready to be shown: grouped by distance, then by author."""

    subject: str
    """The record or key that it is about."""
    cause: Literal["record", "key"]
    roots: tuple[Root, ...]
    """The first of them."""
    root_count: int
    affected: tuple[Affected, ...]
    """By distance, author's name, claimed time, id; as many as were asked for."""
    affected_count: int
    by_distance: Mapping[int, int]
    by_author: Mapping[str, int]
    by_relation: Mapping[str, int]
    witnesses: tuple[Affected, ...] = ()
    """Records that say that they had seen a root (``kc:after``), and take nothing from it."""
    witness_count: int = 0
    identity_changes: tuple[RecordId, ...] = ()
    """Of a key: records of identities that it signed beside its chain. They stand or fall with their log."""
    since: str | None = None
    """From where on the key's records count, in words of the request."""
    full: bool = False
    """Whether a bound left something out, so that the counts are too low."""


def blast(
    roots: Collection[N],
    pointing_at: Callable[[Sequence[N]], Iterable[tuple[N, str, N]]],
    *,
    most: int | None = None,
) -> Radius[N]:
    """What stands on ``roots``.

    Args:
        roots: records that turned out wrong.
        pointing_at: (record, relation, target) of everything that stands on some targets.
        most: records reached at most; None: no bound.
    """
    reasons: dict[N, dict[tuple[str, N], None]] = {}

    def follow(level: Sequence[N]) -> Iterable[tuple[tuple[N, str, N], N, bool]]:
        for record, relation, target in pointing_at(level):
            yield (record, relation, target), record, True

    bound = None if most is None else most + len(roots)
    walk = breadth_first(roots, follow, most=bound)
    for record, relation, target in walk.edges:
        if walk.distance[record] == walk.distance[target] + 1:
            reasons.setdefault(record, {})[relation, target] = None
    distance = {node: steps for node, steps in walk.distance.items() if steps}
    return Radius(distance, {node: tuple(pairs) for node, pairs in reasons.items()}, walk.full)


def counted(values: Iterable[str]) -> dict[str, int]:
    """How often each value comes, the most frequent first."""
    return dict(sorted(Counter(values).items(), key=lambda item: (-item[1], item[0])))
