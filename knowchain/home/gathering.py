"""Gathering: what ranking needs to know of the records of a home, kept up to date as they come.

The first time everything is read once; later only what is new, and what that changes: a retraction
changes its target, a word of an identity's log may change all that it signed. The rules are those of
docs/spec/ranking.md, section 4.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from knowchain import codec
from knowchain.chains import Flag, Standing, author_of
from knowchain.errors import CodecError
from knowchain.home.memberships import Memberships
from knowchain.home.opinions import evaluations_of, labels_of, uses_of, view, viewpoints_of
from knowchain.identifiers import PublicKey, RecordId, key_id
from knowchain.ranking.columns import Columns
from knowchain.ranking.facts import CANDIDATE_KIND, LINEAGE, Drop, Fact, Statement
from knowchain.ranking.likeness import fingerprint
from knowchain.ranking.snapshot import Manifest, manifest_of
from knowchain.ranking.vouching import LEVEL_WEIGHTS, mass_weight
from knowchain.records import Header, IdentityHeader, read_block
from knowchain.records.bodies.values import Stored
from knowchain.storage.reader import Reader

__all__ = ["Gathered", "fields_of", "folded", "statement_of"]

_WITHDRAWING: Final = ("kc:retracts", "kc:erases")
_REVISES: Final = "prov:wasRevisionOf"
_PART_OF: Final = "dcterms:isPartOf"
_ABOUT: Final = "kc:about"
_FOLLOWED_ON: Final = frozenset({*_WITHDRAWING, _REVISES})
"""Relations by which the standing of one record enters that of its target."""
_FLAG_DROPS: Final = (
    (Flag.ERASED, Drop.ERASED),
    (Flag.RETRACTED, Drop.RETRACTED),
    (Flag.REVOKED, Drop.REVOKED),
    (Flag.SUPERSEDED, Drop.SUPERSEDED),
)
_PAGE: Final = 1_000


def _unwatched(_read: int) -> None:
    """Nobody watches the progress."""


@dataclass(frozen=True, slots=True)
class _Held:
    """A record as it is held."""

    id: RecordId
    header: Header
    body: bytes | None
    withdrawn: bool
    """Whether something asks to withdraw it, with authority or without."""


class Gathered:
    """Facts out of one store.

    Args:
        network: the name of the network, which the manifest states.
    """

    def __init__(self, network: str) -> None:
        self.columns = Columns()
        self._network = network
        self._arrival = 0
        self._absent: dict[RecordId, RecordId] = {}
        """The body that is not held, by the record that links it and stands."""
        self._memberships = Memberships()
        self._manifest: Manifest | None = None
        self._fingerprints: dict[RecordId, int | None] = {}

    def bring_up_to_date(self, reader: Reader, advance: Callable[[int], None] = _unwatched) -> Manifest:
        """Take in what came since the last time.

        Args:
            reader: of one state of the store.
            advance: told how many more records were read.

        Returns:
            The manifest of what the columns are made from now.
        """
        self.columns.fingerprint_of = partial(self._fingerprint_of, reader)
        first = self._arrival == 0
        work = _Round(reader, self, advance, first=first)
        absent_before = dict(self._absent)
        if reader.last_arrival() > self._arrival:
            work.take_new()
        if self._absent:
            still = {record for record, _ in reader.missing_bodies()}
            work.take(rid for rid in list(self._absent) if rid not in still)
        if self._manifest is None or work.arrived or self._absent != absent_before:
            self._manifest = manifest_of(
                network=self._network, heads=reader.heads(), absent=self._absent.values()
            )
        return self._manifest

    def _fingerprint_of(self, reader: Reader, work: RecordId) -> int | None:
        """Worked out for those that a feed asks about, once: a body never changes."""
        if work not in self._fingerprints:
            data = reader.body(work)
            fields = None if data is None else fields_of(data)
            if fields is None:
                return None
            self._fingerprints[work] = fingerprint(texts_of(fields))
        return self._fingerprints[work]


class _Round:
    """One bringing up to date, over one state of the store."""

    def __init__(
        self, reader: Reader, gathered: Gathered, advance: Callable[[int], None], *, first: bool
    ) -> None:
        self._advance = advance
        self._reader, self._gathered, self._first = reader, gathered, first
        self._columns, self._memberships = gathered.columns, gathered._memberships
        self._standing: Standing = reader.standing()
        # One pass over all references when everything is read; a question each when little is new.
        self._revised = frozenset(reader.targets_of(_REVISES)) if first else None
        self._firm: dict[tuple[RecordId, PublicKey], bool] = {}
        self._again: set[RecordId] = set()
        self.arrived = False

    def take_new(self) -> None:
        """Take in every record since the cursor, and whatever these change."""
        for held in self._new():
            self._settle(held)
            if not self._first:
                self._follow_on(held.header)
                self._cut_arrived(held)
        self.take(())

    def take(self, ids: Iterable[RecordId]) -> None:
        """Look at records again, and at what depends on those that changed."""
        todo = set(ids) | self._again
        self._again = set()
        while todo:
            for rid in todo:
                held = self._held(rid)
                if held is not None and self._settle(held):
                    self._follow_on(held.header)
            todo, self._again = self._again, set()

    def _new(self) -> Iterator[_Held]:
        gathered = self._gathered
        while page := self._reader.deliveries(after=gathered._arrival, limit=_PAGE):
            self.arrived = True
            for arrival, rid, block, body, withdrawn in page:
                header = read_block(block).header
                if isinstance(header, Header):
                    yield _Held(rid, header, body, withdrawn)
                elif not self._first and header.seq > 0:
                    self._identity_changed(author_of(rid, header))
                gathered._arrival = arrival
            self._advance(len(page))

    def _held(self, rid: RecordId) -> _Held | None:
        stored = self._reader.record(rid)
        if stored is None or isinstance(stored.block.header, IdentityHeader):
            return None
        withdrawn = bool(self._reader.pointers(rid, _WITHDRAWING))
        return _Held(rid, stored.block.header, self._reader.body(rid), withdrawn)

    def _identity_changed(self, who: RecordId) -> None:
        """A later word of an identity's log: it can touch all that it signed, and all that it or those for
        whom it acts ever withdrew or revised."""
        self._again |= {
            stored.id for stored in self._reader.records(author=who) if stored.id in self._columns.facts
        }
        for relation in _FOLLOWED_ON:
            self._again |= {each for each in self._reader.targets_of(relation) if each in self._columns.facts}

    def _follow_on(self, header: Header) -> None:
        """The targets whose facts rest on this record are looked at again."""
        self._again |= {ref.target for ref in header.refs if ref.relation in _FOLLOWED_ON}

    def _cut_arrived(self, held: _Held) -> None:
        """Where a revoked key's records end may be seen only now."""
        if self._is_firm(held.header):
            return
        device = key_id(held.header.key)
        for state in self._standing.state(held.header.author):
            revoked = state.devices.get(device)
            if revoked is not None and revoked.cut is not None and revoked.cut.record == held.id:
                self._identity_changed(held.header.author)

    # --- one record --------------------------------------------------------------------------------

    def _settle(self, held: _Held) -> bool:
        """Work out a record's fact; whether it changed."""
        header = held.header
        drop = self._flag_drop(held)
        fields = None if drop is not None or held.body is None else fields_of(held.body)
        if drop is None and header.body is not None and held.body is None:
            drop = Drop.BODY_ABSENT
            self._gathered._absent[held.id] = header.body.cid
        else:
            self._gathered._absent.pop(held.id, None)
        if drop is None and fields is None and header.kind == CANDIDATE_KIND:
            drop = Drop.UNREADABLE
        if drop is None and self._is_revised(held):
            drop = Drop.REVISED
        usable = fields if drop in (None, Drop.REVISED) and fields is not None else {}
        self._take_statement(held, usable)
        self._take_opinion(held, usable, says={} if drop is not None else usable)
        self._again |= self._memberships.take(held.id, header, usable)
        fact = self._fact(held, drop, usable)
        changed = self._columns.facts.get(held.id) != fact
        self._columns.put(fact)
        return changed

    def _fact(self, held: _Held, drop: Drop | None, fields: Mapping[str, Stored]) -> Fact:
        header = held.header
        sources = tuple(sorted({ref.target for ref in header.refs if ref.relation in LINEAGE}))
        plain = Fact(held.id, header.kind, header.author, header.time, drop, sources)
        uses = uses_of(header, fields)
        if uses:
            plain = plain._replace(uses=uses)
        if header.kind == "note":
            return plain._replace(languages=_translated_into(fields))
        if header.kind != CANDIDATE_KIND:
            return plain
        languages = _words(header.kind, fields, "languages", ("tag", "glottocode"))
        topics = {folded(term) for term in _words(header.kind, fields, "subjects", ("term",))}
        return plain._replace(
            languages=languages,
            collections=self._memberships.of(held.id, header, languages),
            topics=tuple(sorted(topics)),
        )

    def _flag_drop(self, held: _Held) -> Drop | None:
        if not held.withdrawn and self._is_firm(held.header):
            return None
        flags = self._standing.flags(held.id)
        return next((drop for flag, drop in _FLAG_DROPS if flag in flags), None)

    def _is_firm(self, header: Header) -> bool:
        """Whether every tip of the author's identity has the key in force: then no flag of authority."""
        pair = (header.author, header.key)
        known = self._firm.get(pair)
        if known is None:
            device = key_id(header.key)
            states = self._standing.state(header.author)
            known = bool(states) and all(
                device in state.devices and state.devices[device] is None for state in states
            )
            self._firm[pair] = known
        return known

    def _is_revised(self, held: _Held) -> bool:
        """Whether a newer version by the author, or whoever acts for them, is here and stands."""
        if self._revised is not None and held.id not in self._revised:
            return False
        for pointer in self._reader.pointers(held.id, (_REVISES,)):
            newer = self._held(pointer.source)
            if (
                newer is not None
                and newer.header.kind == held.header.kind
                and newer.body is not None
                and self._flag_drop(newer) is None
                and self._standing.acts_for(newer.header.author, held.header.author, firmly=False)
            ):
                return True
        return False

    def _take_opinion(self, held: _Held, stands: Mapping[str, Stored], *, says: Mapping[str, Stored]) -> None:
        """Evaluations and labels say nothing once there is a newer version; groups are read as named."""
        header, columns = held.header, self._columns
        if header.kind == "evaluation":
            columns.put_evaluation(held.id, evaluations_of(held.id, header, says))
        elif header.kind == "moderation-label":
            columns.put_label(held.id, labels_of(held.id, header, says))
        elif header.kind == "viewpoint-groups":
            viewpoints = viewpoints_of(held.id, stands)
            if viewpoints is None:
                columns.remove_viewpoints(held.id)
            else:
                columns.put_viewpoints(viewpoints)

    def _take_statement(self, held: _Held, fields: Mapping[str, Stored]) -> None:
        statement = statement_of(held.id, held.header, fields) if held.header.kind == "trust" else None
        if statement is not None:
            self._columns.put_statement(statement)
        else:
            self._columns.remove_statement(held.id)


def fields_of(body: bytes) -> dict[str, Stored] | None:
    """A body that admission checked already, when it came."""
    try:
        fields = codec.decode(body)
    except CodecError:
        return None
    return fields if isinstance(fields, dict) else None


def texts_of(fields: Mapping[str, Stored]) -> list[str]:
    """What a work is called, and what is said of it, in the order of the page."""
    found: list[str] = []
    for name in ("title", "description"):
        texts = view("work", fields, name)
        for _, of_key in sorted(texts.items()) if isinstance(texts, dict) else ():
            found += [str(each) for each in (of_key if isinstance(of_key, list) else [of_key])]
    return found


def _translated_into(fields: Mapping[str, Stored]) -> tuple[str, ...]:
    """Of a note that translates: the language into which it does."""
    translation = view("note", fields, "translation")
    return (str(translation["to"]),) if isinstance(translation, dict) else ()


def _words(kind: str, fields: Mapping[str, Stored], name: str, parts: tuple[str, ...]) -> tuple[str, ...]:
    """Of each object in a list the first of these parts that it has; each once, ascending."""
    found = set()
    listed = view(kind, fields, name)
    for each in listed if isinstance(listed, list) else ():
        if isinstance(each, dict):
            found |= {str(each[part]) for part in parts[:1] if part in each} or {
                str(each[part]) for part in parts[1:] if part in each
            }
    return tuple(sorted(found))


def folded(text: str) -> str:
    """A topic as it is compared."""
    return unicodedata.normalize("NFC", text).casefold()


def statement_of(rid: RecordId, header: Header, fields: Mapping[str, Stored]) -> Statement | None:
    """What a trust record without a scope states; None if it has one, or states nothing that counts."""
    subjects = [ref.target for ref in header.refs if ref.relation == _ABOUT]
    if "scope" in fields or len(subjects) != 1:
        return None
    until = view("trust", fields, "expires")
    weight = _weight(*(view("trust", fields, name) for name in ("level", "mass", "block")))
    if weight is None:
        return None
    return Statement(
        id=rid,
        author=header.author,
        subject=subjects[0],
        time=header.time,
        weight=weight,
        block=view("trust", fields, "block") is True,
        until=until if isinstance(until, int) else None,
    )


def _weight(level: Stored | None, mass: Stored | None, block: Stored | None) -> int | None:
    """The weight of the one amount that is given; None unless there is one, in its range."""
    match level, mass, block:
        case int(), None, None:
            return LEVEL_WEIGHTS.get(level)
        case None, int(), None:
            return mass_weight(mass) if 0 <= mass <= 1000 else None
        case None, None, True:
            return LEVEL_WEIGHTS[-2]
    return None
