"""The trust of one reader as columns by author, remembered from feed to feed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from knowchain.ranking.columns import Columns
from knowchain.ranking.facts import Statement, Viewer
from knowchain.ranking.numbers import Ints
from knowchain.ranking.profile import Profile
from knowchain.ranking.vouching import Edges, Reach, edges_at, hops_from, latest_at, reach_at
from knowchain.trust import Trust, TrustGraph

__all__ = ["NO_HOP", "AuthorTrust", "ReadersTrust"]

NO_HOP: Final = 127
"""Steps to an author whom trust doesn't reach."""


@dataclass(frozen=True)
class AuthorTrust:
    """Trust at one moment, by number of author."""

    trust: Trust | None
    """None: the reader has no seeds."""
    signals: Ints
    hops: npt.NDArray[np.int8]
    """Steps from the seeds; NO_HOP where they are too many, or where there is no mass."""
    blocked: npt.NDArray[np.bool_]


@dataclass(frozen=True)
class _Said:
    """What counts among the statements, from one moment until another."""

    version: int
    begins: float
    ends: float
    blocking: list[Statement]
    edges: Edges


@dataclass(frozen=True)
class _Reached:
    """What follows from that for one reader."""

    said: _Said
    reach: Reach
    most: int
    trust: Trust | None
    hops: dict[bytes, int]


class ReadersTrust:
    """Works out trust over the statements of some columns, and again only when something changed."""

    def __init__(self, columns: Columns) -> None:
        self._columns = columns
        self._said: _Said | None = None
        self._graph = TrustGraph()
        self._graph_edges: Edges = {}
        self._reached: _Reached | None = None
        self._by_author: tuple[_Reached, int, AuthorTrust] | None = None

    def at(self, profile: Profile, viewer: Viewer, as_of: int) -> AuthorTrust:
        """The trust of one reader at one moment."""
        reached = self._reach(profile, viewer, self._say(as_of))
        authors = self._columns.authors.names
        known = self._by_author
        if known is None or known[0] is not reached or known[1] != len(authors):
            known = self._by_author = (reached, len(authors), self._columnar(reached))
        return known[2]

    def _say(self, as_of: int) -> _Said:
        known, version = self._said, self._columns.statements_version
        if known is not None and known.version == version and known.begins <= as_of < known.ends:
            return known
        statements = self._columns.statements.values()
        turns = [each.time for each in statements] + [e.until for e in statements if e.until is not None]
        counting = latest_at(statements, as_of)
        self._said = _Said(
            version,
            max((turn for turn in turns if turn <= as_of), default=float("-inf")),
            min((turn for turn in turns if turn > as_of), default=float("inf")),
            [each for each in counting if each.block],
            edges_at(counting),
        )
        return self._said

    def _reach(self, profile: Profile, viewer: Viewer, said: _Said) -> _Reached:
        known = self._reached
        reach = reach_at(said.blocking, profile, viewer)
        if known is None or (known.said, known.reach, known.most) != (said, reach, profile.trust_hops):
            trust, hops = None, dict[bytes, int]()
            if reach.seeds:
                self._bring(said.edges)
                trust = self._graph.trust(reach.seeds, reach.blocked)
                hops = hops_from(said.edges, reach.seeds, reach.blocked, profile.trust_hops)
            known = self._reached = _Reached(said, reach, profile.trust_hops, trust, hops)
        return known

    def _bring(self, edges: Edges) -> None:
        """Bring the graph to these edges, by what differs."""
        if len(edges) > 2 * len(self._graph_edges):
            self._graph = TrustGraph(edges)
        else:
            for pair in self._graph_edges.keys() - edges.keys():
                self._graph.set(*pair, 0)
            for pair, weight in edges.items():
                if self._graph_edges.get(pair) != weight:
                    self._graph.set(*pair, weight)
        self._graph_edges = edges

    def _columnar(self, reached: _Reached) -> AuthorTrust:
        authors, trust = self._columns.authors.names, reached.trust
        shut = np.fromiter((each in reached.reach.blocked for each in authors), bool, len(authors))
        if trust is None:
            nothing = np.zeros(len(authors), np.int64)
            return AuthorTrust(None, nothing, np.full(len(authors), NO_HOP, np.int8), shut)
        hops = np.fromiter(
            (reached.hops.get(each, NO_HOP) if trust.mass_of(each) else NO_HOP for each in authors),
            np.int8,
            len(authors),
        )
        return AuthorTrust(trust, trust.signals(authors), hops, shut)
