"""Saying something about records and people: notes, evaluations, trust; and taking back what one said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from knowchain.chains import Flag
from knowchain.chains.holdings import WITHDRAWING
from knowchain.errors import InvalidValue, NotAllowed, NotFound
from knowchain.home.authoring import Signed, sign_draft
from knowchain.home.home import Home
from knowchain.home.names import Names, resolve_identity, resolve_record
from knowchain.identifiers import RecordId
from knowchain.records.bodies import KINDS, compose
from knowchain.storage.reader import Reader

__all__ = ["Reinstatement", "Said", "Saying", "Withdrawal", "reinstate", "say", "say_all", "withdraw"]

_ABOUT_PEOPLE: Final = frozenset({"trust"})
"""Kinds whose subject is an identity, which may be given by name."""


@dataclass(frozen=True, slots=True)
class Saying:
    """A record to be signed.

    Attributes:
        kind: a kind of docs/spec/bodies.md.
        fields: in the human form. Where records are named, the beginnings of their ids will do; where
            people are, their names.
    """

    kind: str
    fields: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Said:
    """A record that was signed."""

    id: RecordId
    kind: str
    seq: int
    subject: tuple[str, ...] = ()
    warnings: tuple[InvalidValue, ...] = ()


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Records to be taken back.

    Attributes:
        records: their ids, or the beginnings of them.
        erase: whether their text is to be destroyed, too.
        reason: a word of the vocabulary.
        detail: what else there is to say, by language.
        replacement: what to use in their place.
    """

    records: tuple[str, ...]
    erase: bool = False
    reason: str = "other"
    detail: Mapping[str, object] | None = None
    replacement: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Reinstatement:
    """A record that was taken back and is to stand again; ``detail``: why, by language."""

    record: str
    detail: Mapping[str, object] | None = None


def say(home: Home, request: Saying) -> Said:
    """Sign a record of any kind.

    Raises:
        InvalidBody: the fields break rules; it holds every error.
        NotFound: a record or person that is named is not known here.
        NotAllowed: this device may not sign now.
    """
    return say_all(home, [request])[0]


def say_all(home: Home, requests: Sequence[Saying]) -> list[Said]:
    """Sign several records; none is signed if one of them is wrong.

    Raises:
        As :func:`say`.
    """
    with home.store.snapshot() as reader:
        resolved = [_with_whole_ids(reader, request) for request in requests]
    drafts = [compose(request.kind, request.fields) for request in resolved]
    return [_said(sign_draft(home, draft), request) for draft, request in zip(drafts, resolved, strict=True)]


def _with_whole_ids(reader: Reader, request: Saying) -> Saying:
    fields = dict(request.fields)
    for name in _reference_fields(request.kind) & fields.keys():
        people = name == "subject" and request.kind in _ABOUT_PEOPLE
        fields[name] = _resolved(reader, fields[name], people=people)
    return Saying(request.kind, fields)


def _said(signed: Signed, request: Saying) -> Said:
    subject = request.fields.get("subject")
    about = (subject,) if isinstance(subject, str) else tuple(subject) if isinstance(subject, list) else ()
    return Said(signed.id, signed.kind, signed.seq, about, signed.warnings)


def withdraw(home: Home, request: Withdrawal) -> Said:
    """Take records back, or have their text erased.

    Raises:
        NotAllowed: the owner of this home does not act for their author, or they can't be taken back.
        NotFound: not held. Further as :func:`say`.
    """
    with home.store.snapshot() as reader:
        records = [resolve_record(reader, text) for text in request.records]
        for rid in records:
            _check_may_withdraw(reader, home.identity, rid)
    fields: dict[str, object] = {
        "scope": "erase" if request.erase else "retract",
        "reason": request.reason,
        "subject": [str(rid) for rid in records],
    }
    if request.detail:
        fields["detail"] = request.detail
    if request.replacement:
        fields["replacement"] = list(request.replacement)
    return say(home, Saying("retraction", fields))


def reinstate(home: Home, request: Reinstatement) -> Said:
    """Let a record stand again: take back every retraction of it that counts.

    Raises:
        NotAllowed: it is not taken back, or by somebody whom the owner does not act for.
        NotFound: not held. Further as :func:`say`.
    """
    with home.store.snapshot() as reader:
        rid = resolve_record(reader, request.record)
        standing = reader.standing()
        if rid not in reader:
            raise _not_held(rid)
        if not standing.flags(rid) & {Flag.RETRACTED, Flag.ERASED}:
            raise NotAllowed(
                "the record {id} is not taken back",
                remedy="nothing is to be done; `knowchain show` tells its standing",
                id=str(rid),
            )
        withdrawals = sorted(
            {
                pointer.source
                for pointer in reader.pointers(rid, WITHDRAWING)
                if not standing.retracted(pointer.source)
            }
        )
        mine = [source for source in withdrawals if _acts_for_author(reader, home.identity, source)]
    if not mine:
        raise NotAllowed(
            "the record {id} was taken back by somebody else",
            remedy="ask them; only whoever took it back can reinstate it",
            id=str(rid),
        )
    detail = {"detail": request.detail} if request.detail else {}
    subject = [str(source) for source in mine]
    return say(
        home,
        Saying("retraction", {"scope": "retract", "reason": "reinstatement", "subject": subject, **detail}),
    )


def _reference_fields(kind: str) -> frozenset[str]:
    """Fields whose values are records' ids and nothing else."""
    known = KINDS.get(kind)
    return frozenset(each.name for each in known.refs if each.otherwise is None) if known else frozenset()


def _resolved(reader: Reader, value: object, *, people: bool) -> object:
    find = resolve_identity if people else resolve_record
    if isinstance(value, str):
        return str(find(reader, value))
    if isinstance(value, list | tuple):
        return [str(find(reader, item)) if isinstance(item, str) else item for item in value]
    return value


def _check_may_withdraw(reader: Reader, identity: RecordId, rid: RecordId) -> None:
    if rid not in reader:
        raise _not_held(rid)
    if reader.log_author(rid) is not None:
        raise NotAllowed(
            "{id} is a record of an identity, which can't be taken back",
            remedy="to disavow a device, run `knowchain keys revoke`",
            id=str(rid),
        )
    if not _acts_for_author(reader, identity, rid):
        entry = reader.entry(rid)
        name = Names(reader).shown(entry.author) if entry is not None else ""
        raise NotAllowed(
            "{id} is by {name}: only its author can take it back",
            remedy="dispute it with a note: `knowchain note {id} --disputes --text …`",
            id=str(rid),
            name=name,
        )


def _acts_for_author(reader: Reader, identity: RecordId, rid: RecordId) -> bool:
    entry = reader.entry(rid)
    return entry is not None and reader.standing().acts_for(identity, entry.author, firmly=False)


def _not_held(rid: RecordId) -> NotFound:
    return NotFound("the record {id} is not held", remedy="import it first", id=str(rid))
