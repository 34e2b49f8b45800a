"""The feed of a home: ranked by the reader's own profile, with the reasons for every item.

docs/spec/ranking.md is the standard; here a home's records, follows and names meet it.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Final, NamedTuple, TypeAlias
from weakref import WeakKeyDictionary

from knowchain.home.feed_inputs import bounded, viewer_of, work_named
from knowchain.home.feed_items import FeedItem, Shower
from knowchain.home.gathering import Gathered
from knowchain.home.held import Held
from knowchain.home.home import Home
from knowchain.home.profiles import ProfileAsked, chosen_profile
from knowchain.home.seen import remember_seen, seen_in
from knowchain.identifiers import Cid, RecordId
from knowchain.ranking.contribution import Ledger
from knowchain.ranking.engine import Engine, Ranking
from knowchain.ranking.facts import Viewer
from knowchain.ranking.feed import SCORE_UNIT
from knowchain.ranking.profile import MAX_PAGE, Profile
from knowchain.ranking.reasons import Because, why_dropped, why_unmet
from knowchain.ranking.snapshot import Manifest
from knowchain.ranking.weighing import reweighed
from knowchain.storage.reader import Reader

__all__ = [
    "FeedRequest",
    "FeedShown",
    "Feeds",
    "Ranked",
    "Unmet",
    "Why",
    "WhyRequest",
    "explain_item",
    "feeds_of",
    "show_feed",
]

Advance: TypeAlias = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class FeedRequest:
    """Which feed.

    Attributes:
        profile: the text of a profile.
        preset: the name of a preset.
        record: the id of a published profile. Without any of the three: the profile in use.
        as_of: the moment, milliseconds since 1970; None: now.
        limit: how many items; None: a page of the profile.
        remember: whether what is shown counts as shown from now on, for the signal `novelty` and for what
            languages are owed; None: if the profile reads either, and the moment is now.
    """

    profile: str | None = None
    preset: str | None = None
    record: str | None = None
    as_of: int | None = None
    limit: int | None = None
    remember: bool | None = None


@dataclass(frozen=True, slots=True)
class WhyRequest:
    """What became of one record in a feed: its id, or the beginning of it."""

    record: str
    feed: FeedRequest = field(default_factory=FeedRequest)


@dataclass(frozen=True, slots=True)
class Unmet:
    """A rule that owed a place and found no work for it, and from which place on."""

    rule: str
    place: int
    because: str
    reason: Because


@dataclass(frozen=True, slots=True)
class FeedShown:
    """A feed, as people read it."""

    profile: str
    reason: str
    snapshot: Cid
    as_of: int
    unit: int
    """A score of one."""
    works: int
    candidates: int
    given: Mapping[str, int]
    dropped: Mapping[str, int]
    items: tuple[FeedItem, ...]
    history: str | None = None
    """The hash that commits to what the reader was shown before, if the profile weighs novelty."""
    unmet: tuple[Unmet, ...] = ()
    """Rules that owed places and found no work for them."""
    owed: Mapping[str, int] | None = None
    """What each language is owed after this feed, in parts of a place, if the profile calibrates."""


@dataclass(frozen=True, slots=True)
class Why:
    """What became of one work."""

    item: RecordId
    profile: str
    snapshot: Cid
    as_of: int
    unit: int
    shown: bool
    candidates: int
    dropped: str | None = None
    """The reason code, if a rule dropped it."""
    because: str | None = None
    reason: Because | None = None
    placed: FeedItem | None = None
    """Its score and rank, if none did."""
    short_of: int | None = None
    """By how much it is below the last item shown."""


class Ranked(NamedTuple):
    """A profile, what it makes of a snapshot for a reader, and the snapshot."""

    profile: Profile
    ranking: Ranking
    manifest: Manifest
    text: str
    """Of the profile, before weights were changed."""
    viewer: Viewer
    reader: Reader
    again: Callable[[Profile], Ranking]
    """Ranks the same by another profile."""

    @property
    def snapshot(self) -> Cid:
        """What the manifest is named by."""
        return self.manifest.cid


def _unwatched(_read: int) -> None:
    """Nobody watches the progress."""


class Feeds:
    """The feeds of one open home. The first one reads the whole store; later ones only what is new.

    Args:
        network: the name of the home's network.
    """

    def __init__(self, network: str) -> None:
        self._network = network
        self._lock = threading.Lock()
        self._begin()

    def show(self, home: Home, request: FeedRequest, advance: Advance = _unwatched) -> FeedShown:
        """The best items by a profile.

        Args:
            home: the open home.
            request: which feed.
            advance: told how many more records were read.

        Raises:
            InvalidValue: the profile, the moment or the limit break a rule.
            NotFound: there is no such preset.
        """
        with self._lock, home.store.snapshot() as reader:
            _, profile = _profile(reader, request)
            ranking, manifest = self._ranked(home, reader, profile, request, advance)
            feed = ranking.feed(request.limit)
            shown = Shower(reader, profile)
            found = FeedShown(
                profile=profile.name,
                reason=profile.reason,
                snapshot=manifest.cid,
                as_of=feed.as_of,
                unit=SCORE_UNIT,
                works=feed.works,
                candidates=feed.candidates,
                given=feed.given,
                dropped={drop.value: count for drop, count in feed.dropped.items()},
                items=tuple(shown.item(placed) for placed in feed.items),
                history=None if feed.history is None else feed.history.hex(),
                unmet=tuple(_unmet(rule, place) for rule, place in feed.unmet.items()),
                owed=feed.owed,
            )
            if _remembers(request, profile):
                remember_seen(home, seen_in(reader), [placed.id for placed in feed.items], feed.owed)
            return found

    def why(self, home: Home, request: WhyRequest, advance: Advance = _unwatched) -> Why:
        """What became of one work, shown or not; arguments as those of :meth:`show`.

        Raises:
            NotFound: it is not held.
            NotAllowed: it is no work, so that no feed shows it.
            InvalidValue: as :meth:`show`, or the text is no id.
        """
        with self._lock, home.store.snapshot() as reader:
            rid = work_named(reader, request.record)
            _, profile = _profile(reader, request.feed)
            ranking, manifest = self._ranked(home, reader, profile, request.feed, advance)
            judged = ranking.judge(rid, request.feed.limit)
            assert judged is not None, "every held work is in the columns"
            reason = None if judged.drop is None else why_dropped(judged.drop, judged.condition)
            return Why(
                item=rid,
                profile=profile.name,
                snapshot=manifest.cid,
                as_of=ranking.as_of,
                unit=SCORE_UNIT,
                shown=judged.shown,
                candidates=ranking.candidates,
                dropped=None if judged.drop is None else judged.drop.value,
                because=None if reason is None else str(reason),
                reason=reason,
                placed=None if judged.placed is None else Shower(reader, profile).item(judged.placed),
                short_of=None if judged.placed is None or judged.shown else judged.short_of,
            )

    @contextmanager
    def rankings(
        self,
        home: Home,
        asked: Sequence[tuple[FeedRequest, Mapping[str, int]]],
        advance: Advance = _unwatched,
    ) -> Iterator[tuple[Shower, list[Ranked]]]:
        """Several rankings of one state of the store, at one moment: that of the first request, or now.

        Args:
            home: the open home.
            asked: which feeds, each with weights that take the place of its profile's.
            advance: told how many more records were read.

        Raises:
            InvalidValue, NotFound: as :meth:`show`; InvalidValue: a weight won't do.
        """
        with self._lock, home.store.snapshot() as reader:
            first = asked[0][0]
            as_of = home.clock() if first.as_of is None else first.as_of
            found = []
            for request, weights in asked:
                text, profile = _profile(reader, request)
                if weights:
                    profile = reweighed(profile, weights)
                ranking, manifest = self._ranked(
                    home, reader, profile, replace(request, as_of=as_of), advance
                )
                viewer = viewer_of(home, reader)
                again = partial(self._engine.rank, viewer=viewer, as_of=as_of, snapshot=manifest.cid)
                found.append(Ranked(profile, ranking, manifest, text, viewer, reader, again))
            yield Shower(reader, found[0].profile), found

    def ledger(self, home: Home, request: FeedRequest, advance: Advance = _unwatched) -> tuple[Ledger, int]:
        """Who contributed what, and the moment; arguments as those of :meth:`show`.

        Raises:
            InvalidValue: as :meth:`show`.
            NotFound: as :meth:`show`.
        """
        with self._lock, home.store.snapshot() as reader:
            _, profile = _profile(reader, request)
            ranking, _ = self._ranked(home, reader, profile, request, advance)
            return ranking.ledger(), ranking.as_of

    @contextmanager
    def held(self, home: Home, request: FeedRequest, advance: Advance = _unwatched) -> Iterator[Held]:
        """What is held, and whom the reader's trust reaches; arguments and errors as those of ``show``."""
        with self._lock, home.store.snapshot() as reader:
            (_, profile), manifest = _profile(reader, request), self._brought(reader, advance)
            asked = bounded("as-of", request.as_of, 0, 2**53 - 1)
            as_of = home.clock() if asked is None else asked
            vouched = self._engine.trust.at(profile, viewer_of(home, reader), as_of)
            yield Held(self._engine.columns, vouched, manifest.cid, as_of)

    def manifest(self, home: Home) -> Manifest:
        """The manifest of what is held now: what a feed's ``snapshot`` names."""
        with self._lock, home.store.snapshot() as reader:
            return self._brought(reader, _unwatched)

    def snapshot_of(self, reader: Reader) -> Cid:
        """The snapshot of one state of the store."""
        with self._lock:
            return self._brought(reader, _unwatched).cid

    def _brought(self, reader: Reader, advance: Advance) -> Manifest:
        try:
            return self._gathered.bring_up_to_date(reader, advance)
        except BaseException:
            # What was begun and not finished is forgotten: the next feed reads everything anew.
            self._begin()
            raise

    def _begin(self) -> None:
        self._gathered = Gathered(self._network)
        self._engine = Engine(self._gathered.columns)

    def _ranked(
        self, home: Home, reader: Reader, profile: Profile, request: FeedRequest, advance: Advance
    ) -> tuple[Ranking, Manifest]:
        as_of = bounded("as-of", request.as_of, 0, 2**53 - 1)
        bounded("limit", request.limit, 1, MAX_PAGE)
        manifest = self._brought(reader, advance)
        ranking = self._engine.rank(
            profile,
            viewer_of(home, reader),
            as_of=home.clock() if as_of is None else as_of,
            snapshot=manifest.cid,
        )
        return ranking, manifest


_FEEDS: Final[WeakKeyDictionary[Home, Feeds]] = WeakKeyDictionary()
"""The feeds of every open home, so that a home that stays open reads its store once."""
_FEEDS_LOCK: Final = threading.Lock()


def feeds_of(home: Home) -> Feeds:
    """The feeds of an open home; the same as long as it is open."""
    with _FEEDS_LOCK:
        found = _FEEDS.get(home)
        if found is None:
            found = _FEEDS[home] = Feeds(home.network)
        return found


def show_feed(home: Home, request: FeedRequest, advance: Advance = _unwatched) -> FeedShown:
    """The best items by a profile; see :meth:`Feeds.show`."""
    return feeds_of(home).show(home, request, advance)


def explain_item(home: Home, request: WhyRequest, advance: Advance = _unwatched) -> Why:
    """What became of one work; see :meth:`Feeds.why`."""
    return feeds_of(home).why(home, request, advance)


# --- parts -----------------------------------------------------------------------------------------


def _profile(reader: Reader, request: FeedRequest) -> tuple[str, Profile]:
    """The text of a profile, and what it means."""
    found = chosen_profile(reader, ProfileAsked(request.profile, request.preset, request.record))
    return found.text, found.profile


def _unmet(rule: str, place: int) -> Unmet:
    reason = why_unmet(rule, place)
    return Unmet(rule, place, str(reason), reason)


def _remembers(request: FeedRequest, profile: Profile) -> bool:
    if request.remember is not None:
        return request.remember
    reads = profile.weights.get("novelty") or profile.rerank.calibration_mu
    return bool(reads) and request.as_of is None
