"""The blast radius in a home: what stands on a record, or on what a key signed (``blast``)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from knowchain.chains import Flag, Standing, author_of
from knowchain.errors import InvalidValue, NotFound
from knowchain.home.home import Home
from knowchain.home.moments import parse_moment
from knowchain.home.names import resolve_record
from knowchain.home.records_seen import RecordsSeen
from knowchain.home.tracing import resolve_traced
from knowchain.identifiers import PublicKey, RecordId
from knowchain.provenance import headline
from knowchain.provenance.blast import Affected, Blast, Radius, Root, blast, counted
from knowchain.provenance.relations import DEPENDENCE
from knowchain.provenance.versions import HIDING
from knowchain.records.header import IdentityHeader
from knowchain.storage.graph import Graph
from knowchain.storage.reader import Reader, rid_from_digest

__all__ = ["BlastQuestion", "blast_radius"]

MOST_AFFECTED: Final = 1_000_000
"""Records of a blast radius that are counted at most."""


@dataclass(frozen=True, slots=True)
class BlastQuestion:
    """What turned out wrong, in plain values.

    Attributes:
        subject: a record's id or its beginning, a key (``did:key:…``), or a person's name.
        since: of a key: a sequence number, a record of it, or a date or time; its records from there on
            count. None: from where its identity revoked it, else all of them.
        most: records listed at most; all are counted.
    """

    subject: str
    since: str | None = None
    most: int = 1000


def blast_radius(home: Home, question: BlastQuestion) -> Blast:
    """Every record that stands on a record, or on what a key signed.

    Raises:
        NotFound: no such record or key is held.
        InvalidValue: ``since`` names nothing, or goes with a record.
    """
    with home.store.snapshot() as reader:
        seen = RecordsSeen(reader)
        if question.subject.startswith("did:key:"):
            key = PublicKey.parse(question.subject)
            roots, since = _signed_since(reader, key, question.since)
            changes = tuple(_identity_changes(reader, key))
            return _measured(reader, seen, question, roots, since=since, changes=changes)
        if question.since is not None:
            raise InvalidValue(
                "{field}: {value} says from where on a key is not trusted; {subject} is a record",
                field="since",
                value=question.since,
                subject=question.subject,
                remedy="leave it out, or name the key: `knowchain show` says which key signed",
            )
        root = resolve_traced(reader, question.subject)
        return _measured(reader, seen, question, [root])


def _measured(
    reader: Reader,
    seen: RecordsSeen,
    question: BlastQuestion,
    roots: Sequence[RecordId],
    *,
    since: str | None = None,
    changes: tuple[RecordId, ...] = (),
) -> Blast:
    graph = Graph(reader)
    # A relation of a later version may be a dependence; whoever asks would rather look once too often.
    followed = (DEPENDENCE | graph.relations()) - _NO_DEPENDENCE
    numbers = [number for rid in roots if (number := reader.row_id(rid)) is not None]
    radius = blast(numbers, lambda level: graph.pointing_at(level, followed), most=MOST_AFFECTED)
    own = set(numbers)
    witnesses = sorted(
        {link.record for link in graph.pointing_at(numbers, ["kc:after"])} - own - radius.distance.keys()
    )
    facts = _Facts(reader, seen, _owners(seen, roots))
    names = facts.author_names(radius.distance)
    listed = facts.affected(radius, most=question.most)
    return Blast(
        subject=question.subject if since is not None or not roots else str(roots[0]),
        cause="key" if question.subject.startswith("did:key:") else "record",
        roots=tuple(facts.root(rid) for rid in roots[: question.most]),
        root_count=len(roots),
        affected=listed,
        affected_count=len(radius.distance),
        by_distance=dict(sorted(_counts(radius.distance.values()).items())),
        by_author=counted(names),
        by_relation=counted(
            relation for pairs in radius.reasons.values() for relation in {r for r, _ in pairs}
        ),
        witnesses=tuple(facts.witness(number) for number in witnesses[: question.most]),
        witness_count=len(witnesses),
        identity_changes=changes,
        since=since,
        full=radius.full,
    )


_NO_DEPENDENCE: Final = frozenset({"kc:after", "kc:retracts", "kc:erases", "kc:disputes"})
"""Whoever takes back, contradicts or has merely seen a record does not stand on it."""


def _counts(values: Iterable[int]) -> dict[int, int]:
    found: dict[int, int] = {}
    for value in values:
        found[value] = found.get(value, 0) + 1
    return found


def _owners(seen: RecordsSeen, roots: Sequence[RecordId]) -> frozenset[RecordId]:
    return frozenset(seen.author(rid) for rid in roots if seen.header(rid) is not None)


class _Facts:
    """What is told of each record."""

    def __init__(self, reader: Reader, seen: RecordsSeen, owners: frozenset[RecordId]) -> None:
        self._reader = reader
        self._seen = seen
        self._owners = owners
        self._standing: Standing = seen.standing()

    def root(self, rid: RecordId) -> Root:
        header = self._seen.header(rid)
        return Root(
            rid, None if header is None else header.kind, None if header is None else self._title(rid)
        )

    def author_names(self, numbers: Iterable[int]) -> Iterator[str]:
        """The author's name of each record, by one pass over the table."""
        wanted = set(numbers)
        authors = (
            self._reader.connection.execute("SELECT id, author FROM records")
            if len(wanted) > 1000
            else (
                row
                for number in wanted
                for row in self._reader.connection.execute(
                    "SELECT id, author FROM records WHERE id = ?", (number,)
                )
            )
        )
        for number, author in authors:
            if number in wanted:
                yield self._seen.name(self._reader.rid(author))

    def affected(self, radius: Radius[int], *, most: int) -> tuple[Affected, ...]:
        """The nearest of them, by distance, author's name, claimed time and id."""
        nearest = list(radius.distance.items())
        if len(nearest) > most:
            last = nearest[most - 1][1]  # in the order of reaching, so by distance
            nearest = [item for item in nearest if item[1] <= last][: most + _TIES]
        told = [
            self._affected(
                number, steps, tuple(sorted({relation for relation, _ in radius.reasons.get(number, ())}))
            )
            for number, steps in nearest
        ]
        return tuple(
            sorted(told, key=lambda one: (one.distance, one.author_name, one.claimed, one.id))[:most]
        )

    def witness(self, number: int) -> Affected:
        return self._affected(number, 1, ("kc:after",))

    def _affected(self, number: int, steps: int, relations: tuple[str, ...]) -> Affected:
        rid = self._reader.rid(number)
        header = self._seen.header(rid)
        assert header is not None, "only held records point"
        author = author_of(rid, header)
        return Affected(
            id=rid,
            distance=steps,
            kind=header.kind,
            title=self._title(rid),
            author=author,
            author_name=self._seen.name(author),
            claimed=header.time,
            relations=relations,
            flags=tuple(sorted(flag.value for flag in self._standing.flags(rid))),
            same_author=any(
                author == owner or self._standing.acts_for(author, owner, firmly=False)
                for owner in self._owners
            ),
        )

    def _title(self, rid: RecordId) -> str | None:
        header = self._seen.header(rid)
        if header is None or self._standing.flags(rid) & HIDING:
            return None
        if isinstance(header, IdentityHeader):
            return self._seen.name(author_of(rid, header))
        return headline(header.kind, self._seen.fields(rid) or {})


_TIES: Final = 1000
"""Records beyond the list that are looked at, so that the list is in order of names, too."""


def _signed_since(reader: Reader, key: PublicKey, since: str | None) -> tuple[list[RecordId], str]:
    """The records of a key's chain that count, oldest first, and from where on, in words."""
    rows = reader.connection.execute(
        """SELECT c.digest, r.seq, r.time, r.received FROM runs u JOIN records r ON r.run = u.id
           JOIN cids c ON c.id = r.id WHERE u.key = (SELECT id FROM keys WHERE key = ?)
           ORDER BY r.seq, c.digest""",
        (bytes(key),),
    ).fetchall()
    if not rows:
        raise NotFound(
            "no record that {key} signed is held here",
            remedy="`knowchain keys list` names an identity's keys; `knowchain show ID` a record's",
            key=str(key),
        )
    signed = [(rid_from_digest(digest), seq, time, received) for digest, seq, time, received in rows]
    if since is None:
        return _since_revoked(reader, [rid for rid, *_ in signed])
    if since.isascii() and since.isdigit() and len(since) <= _DIGITS_OF_A_NUMBER:
        return [rid for rid, seq, *_ in signed if seq >= int(since)], f"number {int(since)}"
    if since.startswith("bafy"):
        return _since_record(reader, key, resolve_record(reader, since), signed)
    moment = parse_moment(since, field="since")
    # A thief may claim any time; what came here later than the theft counts whatever it claims.
    return [rid for rid, _, time, received in signed if max(time, received) >= moment], since


def _since_record(
    reader: Reader, key: PublicKey, first: RecordId, signed: Sequence[tuple[RecordId, int, int, int]]
) -> tuple[list[RecordId], str]:
    entry = reader.entry(first)
    if entry is None or entry.key != key:
        raise InvalidValue(
            "{field}: {value} is no record that this key signed",
            field="since",
            value=str(first),
            remedy="give a record of the key, a sequence number, or a date",
        )
    return [rid for rid, seq, *_ in signed if seq >= entry.place.seq], str(first)


def _since_revoked(reader: Reader, signed: Sequence[RecordId]) -> tuple[list[RecordId], str]:
    """What the key's identity does not stand by; all of it if it stands by the key."""
    standing = reader.standing()
    disavowed = [rid for rid in signed if standing.flags(rid) & _DISAVOWED]
    return (disavowed, "its revocation") if disavowed else (list(signed), "its first record")


_DISAVOWED: Final = frozenset({Flag.REVOKED, Flag.SUPERSEDED, Flag.CONTESTED})
_DIGITS_OF_A_NUMBER: Final = 16


def _identity_changes(reader: Reader, key: PublicKey) -> Iterator[RecordId]:
    """The records of identities' logs that a key signed, alone or beside others, in the order of arrival."""
    sql = """SELECT c.digest FROM logs l JOIN records r ON r.id = l.id JOIN cids c ON c.id = l.id
             WHERE r.key = (SELECT id FROM keys WHERE key = ?) ORDER BY r.arrival"""
    for (digest,) in reader.connection.execute(sql, (bytes(key),)):
        yield rid_from_digest(digest)
