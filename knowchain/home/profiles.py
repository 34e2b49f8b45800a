"""Profiles of a home: the one it uses, those that were published, and forks of either.

docs/spec/ranking.md, section 5, is what they are read by.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

from knowchain.chains import Flag, author_of
from knowchain.errors import InvalidValue, NotAllowed, NotFound
from knowchain.home.authoring import author
from knowchain.home.gathering import fields_of
from knowchain.home.home import Home
from knowchain.home.names import Names, resolve_record
from knowchain.identifiers import RecordId, parse_record_id
from knowchain.ranking.presets import DEFAULT, preset
from knowchain.ranking.profile import Profile, check_parents
from knowchain.ranking.profile_text import read_profile
from knowchain.storage.reader import Reader

__all__ = [
    "Chosen",
    "ProfileAsked",
    "ProfilePublished",
    "ProfileText",
    "ProfileToPublish",
    "ProfileUsed",
    "Profiles",
    "PublishedProfile",
    "chosen_profile",
    "list_profiles",
    "profile_text",
    "publish_profile",
    "use_profile",
]

_SETTING: Final = "profile"
_KIND: Final = "ranking-profile"


@dataclass(frozen=True, slots=True)
class ProfileAsked:
    """A profile: its text, the name of a preset, or the id of a published one; nothing: the one in use.

    Attributes:
        record: its id, or the beginning of it.
    """

    text: str | None = None
    preset: str | None = None
    record: str | None = None


@dataclass(frozen=True, slots=True)
class ProfileText:
    """A profile as it is written.

    Attributes:
        record: the id under which it is published, if it is.
        author: who published it.
        flags: what is said of that record: retracted, revised, …
    """

    name: str
    text: str
    record: RecordId | None = None
    author: str | None = None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class ProfileToPublish:
    """A profile to be signed.

    Attributes:
        text: as it is written.
        revises: the published profile of this author that it takes the place of.
    """

    text: str
    revises: str | None = None


@dataclass(frozen=True, slots=True)
class ProfilePublished:
    """A profile that was signed."""

    id: RecordId
    name: str
    parent: RecordId | None = None
    warnings: tuple[InvalidValue, ...] = ()


@dataclass(frozen=True, slots=True)
class ProfileUsed:
    """The profile that feeds are ordered by from now on, unless another is named.

    Attributes:
        kind: ``preset``, ``published`` or ``own``: a text that this home keeps.
    """

    name: str
    kind: str
    record: RecordId | None = None


@dataclass(frozen=True, slots=True)
class PublishedProfile:
    """A published profile that is held here."""

    id: RecordId
    name: str
    author: RecordId
    author_name: str
    reason: str
    parent: RecordId | None = None
    flags: tuple[Flag, ...] = ()


@dataclass(frozen=True, slots=True)
class Profiles:
    """The profile in use, and those that are held; the latest first."""

    used: ProfileUsed
    published: tuple[PublishedProfile, ...]


class Chosen(NamedTuple):
    """A profile that was found: its text, what it means, and its record if it is published."""

    text: str
    profile: Profile
    record: RecordId | None = None


# --- finding ----------------------------------------------------------------------------------------------


def chosen_profile(reader: Reader, asked: ProfileAsked) -> Chosen:
    """The profile that is asked for, checked.

    Raises:
        InvalidValue: two are named, it breaks a rule, or its line of parents comes back to itself.
        NotFound: there is no such preset or record, or its text is not here.
        NotAllowed: the record is no profile.
    """
    given = {
        name: value
        for name, value in (("profile", asked.text), ("preset", asked.preset), ("record", asked.record))
        if value is not None
    }
    if len(given) > 1:
        raise InvalidValue(
            "{field}: two profiles can't both rank",
            field=list(given)[1],
            value=asked.preset or asked.record,
            remedy="give one of the two",
        )
    if not given:
        asked = _kept(reader)
    record = None
    if asked.text is not None:
        text = asked.text
    elif asked.record is not None:
        record = resolve_record(reader, asked.record)
        text = _published(reader, record)
    else:
        text = preset(asked.preset or DEFAULT)
    profile = read_profile(text)
    check_parents(profile.parent, lambda rid: parent_of(reader, rid), own=record)
    return Chosen(text, profile, record)


def parent_of(reader: Reader, rid: RecordId) -> RecordId | None:
    """The parent of a published profile; None if it states none, or is not held or can't be read."""
    stored, data = reader.record(rid), reader.body(rid)
    if stored is None or data is None or stored.block.header.kind != _KIND:
        return None
    parents = [ref.target for ref in stored.block.header.refs if ref.relation == "prov:wasDerivedFrom"]
    return parents[0] if parents else None


def _kept(reader: Reader) -> ProfileAsked:
    kept = json.loads(reader.setting(_SETTING) or "{}")
    return ProfileAsked(kept.get("text"), kept.get("preset"), kept.get("record"))


def _published(reader: Reader, rid: RecordId) -> str:
    stored = reader.record(rid)
    if stored is None:
        raise NotFound(
            "the profile {id} is not held here",
            remedy="import it, or let a peer fetch it",
            id=str(rid),
        )
    if stored.block.header.kind != _KIND:
        raise NotAllowed(
            "{id} is a record of kind {kind}, and no profile",
            remedy="`knowchain profile list` names those that are held",
            id=str(rid),
            kind=stored.block.header.kind,
        )
    data = reader.body(rid)
    text = (fields_of(data) or {}).get("toml") if data is not None else None
    if not isinstance(text, str):
        raise NotFound(
            "what the profile {id} says is not here",
            remedy="choose another; its text was withdrawn, or no peer has given it yet",
            id=str(rid),
        )
    return text


def profile_text(home: Home, asked: ProfileAsked) -> ProfileText:
    """A profile as it is written, after it was checked.

    Raises:
        InvalidValue, NotFound, NotAllowed: as :func:`chosen_profile`.
    """
    with home.store.snapshot() as reader:
        found = chosen_profile(reader, asked)
        if found.record is None:
            return ProfileText(found.profile.name, found.text)
        stored = reader.record(found.record)
        assert stored is not None, "its text was read"
        flags = tuple(sorted(reader.standing().flags(found.record)))
        who = Names(reader).shown(author_of(stored.id, stored.block.header))
        return ProfileText(found.profile.name, found.text, found.record, who, flags)


def list_profiles(home: Home, _request: None = None) -> Profiles:
    """The profile in use, and the published ones that are held and can be read."""
    with home.store.snapshot() as reader:
        names, standing = Names(reader), reader.standing()
        found = []
        for stored in reader.records(kind=_KIND):
            try:
                profile = read_profile(_published(reader, stored.id))
            except (InvalidValue, NotFound):
                continue
            who = author_of(stored.id, stored.block.header)
            found.append(
                PublishedProfile(
                    stored.id,
                    profile.name,
                    who,
                    names.shown(who),
                    profile.reason,
                    profile.parent,
                    tuple(sorted(standing.flags(stored.id))),
                )
            )
        return Profiles(_used(reader), tuple(reversed(found)))


def _used(reader: Reader) -> ProfileUsed:
    kept = _kept(reader)
    if kept.record is not None:
        record = parse_record_id(kept.record)
        try:
            name = read_profile(_published(reader, record)).name
        except (InvalidValue, NotFound):
            name = kept.record
        return ProfileUsed(name, "published", record)
    if kept.text is not None:
        return ProfileUsed(read_profile(kept.text).name, "own")
    return ProfileUsed(kept.preset or DEFAULT, "preset")


# --- changing ---------------------------------------------------------------------------------------------


def use_profile(home: Home, asked: ProfileAsked) -> ProfileUsed:
    """Order feeds by a profile from now on; with none named, by the one that comes first.

    A text is kept as it is now: a file that is changed later changes nothing.

    Raises:
        InvalidValue, NotFound, NotAllowed: as :func:`chosen_profile`.
    """
    if asked == ProfileAsked():
        home.store.remove_setting(_SETTING)
        return ProfileUsed(DEFAULT, "preset")
    with home.store.snapshot() as reader:
        found = chosen_profile(reader, asked)
    kept: Mapping[str, str]
    if found.record is not None:
        kept = {"record": str(found.record)}
    else:
        kept = {"preset": asked.preset} if asked.preset is not None else {"text": found.text}
    home.store.set_setting(_SETTING, json.dumps(kept))
    with home.store.snapshot() as reader:
        return _used(reader)


def publish_profile(home: Home, request: ProfileToPublish) -> ProfilePublished:
    """Sign a profile, so that others can read, use and fork it.

    Raises:
        InvalidValue: it breaks a rule, or its line of parents comes back to itself.
        NotFound, NotAllowed: what it revises is not held, or is no profile.
        InvalidBody, HomeError: as :func:`~knowchain.home.authoring.author`.
    """
    fields: dict[str, object] = {"toml": request.text}
    with home.store.snapshot() as reader:
        profile = chosen_profile(reader, ProfileAsked(text=request.text)).profile
        if request.revises is not None:
            older = resolve_record(reader, request.revises)
            _published(reader, older)
            fields["revises"] = [str(older)]
    signed = author(home, _KIND, fields)
    return ProfilePublished(signed.id, profile.name, profile.parent, signed.warnings)
