"""Following: whom and what the owner wants to hear from. It stays in this home unless it is published."""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from typing import Final

from knowchain.chains import author_of
from knowchain.errors import NotFound
from knowchain.home.authoring import author
from knowchain.home.home import Home
from knowchain.home.names import Names, resolve_identity, resolve_record
from knowchain.home.viewing import human_form, title_of
from knowchain.identifiers import RecordId, parse_record_id
from knowchain.records import Header
from knowchain.records.bodies import compose
from knowchain.records.vocabulary.languages import matches
from knowchain.storage.reader import Reader

__all__ = [
    "Followed",
    "Follows",
    "Interest",
    "follow",
    "followed",
    "is_followed",
    "publish_follows",
    "unfollow",
]

_SETTING: Final = "follows"


@dataclass(frozen=True, slots=True)
class Interest:
    """Whom and what to follow, or not any more; people by name or id, collections by id."""

    people: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Follows:
    """Everything that is followed; people and collections by their ids."""

    people: tuple[str, ...] = ()
    collections: tuple[str, ...] = ()
    languages: tuple[str, ...] = ()
    topics: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether nothing is followed."""
        return not (self.people or self.collections or self.languages or self.topics)


@dataclass(frozen=True, slots=True)
class Followed:
    """Everything that is followed, with the names that people know."""

    follows: Follows
    names: dict[str, str]
    """By id of a person or collection."""
    record: RecordId | None = None
    """The record that published it, if it was published now."""


def followed(home: Home, _request: None = None) -> Followed:
    """What is followed."""
    with home.store.snapshot() as reader:
        return _named(reader, follows_in(reader))


def follow(home: Home, request: Interest) -> Followed:
    """Follow more. Nothing is published.

    Raises:
        NotFound: nobody here has that name, or no such collection is named.
        InvalidBody: a language or topic that can't be followed.
    """
    return _change(home, request, add=True)


def unfollow(home: Home, request: Interest) -> Followed:
    """Follow less. Nothing is published.

    Raises:
        NotFound: what is named is not followed.
    """
    return _change(home, request, add=False)


def publish_follows(home: Home, _request: None = None) -> Followed:
    """Sign what is followed as a record that everybody may read.

    Raises:
        InvalidBody: nothing is followed.
        NotAllowed: this device may not sign now.
    """
    with home.store.snapshot() as reader:
        follows = follows_in(reader)
    signed = author(home, "follow", _fields(follows))
    with home.store.snapshot() as reader:
        return replace(_named(reader, follows), record=signed.id)


def is_followed(reader: Reader, record: RecordId) -> bool:
    """Whether a held record is of somebody, in a collection or language, or on a topic that is followed."""
    stored, follows = reader.record(record), follows_in(reader)
    if stored is None or follows.empty:
        return False
    header = stored.block.header
    if str(author_of(record, header)) in follows.people:
        return True
    refs = header.refs if isinstance(header, Header) else ()
    if any(ref.relation == "dcterms:isPartOf" and str(ref.target) in follows.collections for ref in refs):
        return True
    if not (follows.languages or follows.topics):
        return False
    human = human_form(reader, stored) or {}
    tags = set(_texts(human.get("languages"), "tag"))
    topics = {topic.casefold() for topic in _texts(human.get("subjects"), "term")}
    return any(matches(tag, wanted) for tag in tags for wanted in follows.languages) or any(
        topic.casefold() in topics for topic in follows.topics
    )


def _texts(value: object, part: str) -> Iterable[str]:
    for item in value if isinstance(value, list) else ():
        text = item.get(part) if isinstance(item, dict) else item
        if isinstance(text, str):
            yield text


def _change(home: Home, request: Interest, *, add: bool) -> Followed:
    with home.store.snapshot() as reader:
        before = follows_in(reader)
        wanted = _resolved(reader, request)
    follows = _added(before, wanted) if add else _removed(before, wanted)
    home.store.set_setting(_SETTING, json.dumps(asdict(follows), ensure_ascii=False))
    with home.store.snapshot() as reader:
        return _named(reader, follows)


def _resolved(reader: Reader, request: Interest) -> Follows:
    """The request with ids for names, and languages and topics as they are stored."""
    named = {
        "people": [str(resolve_identity(reader, name)) for name in request.people],
        "collections": [str(resolve_record(reader, text)) for text in request.collections],
        "languages": list(request.languages),
        "topics": list(request.topics),
    }
    body = compose("follow", {name: value for name, value in named.items() if value}).body
    return Follows(**{name: tuple(value) for name, value in body.items() if isinstance(value, list)})  # type: ignore[arg-type]


def _added(before: Follows, more: Follows) -> Follows:
    return Follows(
        **{name: tuple(dict.fromkeys((*old, *getattr(more, name)))) for name, old in asdict(before).items()}
    )


def _removed(before: Follows, less: Follows) -> Follows:
    for name, gone in asdict(less).items():
        for each in gone:
            if each not in getattr(before, name):
                raise NotFound(
                    "{value} is not followed", remedy="`knowchain follow` lists what is followed", value=each
                )
    return Follows(
        **{
            name: tuple(each for each in old if each not in getattr(less, name))
            for name, old in asdict(before).items()
        }
    )


def follows_in(reader: Reader) -> Follows:
    """What is followed, without names: nothing is looked up."""
    text = reader.setting(_SETTING)
    if text is None:
        return Follows()
    return Follows(**{name: tuple(value) for name, value in json.loads(text).items()})


def _fields(follows: Follows) -> dict[str, object]:
    return {name: list(value) for name, value in asdict(follows).items() if value}


def _named(reader: Reader, follows: Follows) -> Followed:
    names = Names(reader)
    found = {who: names.shown(parse_record_id(who)) for who in follows.people}
    for text in follows.collections:
        stored = reader.record(parse_record_id(text))
        title = None if stored is None else title_of(human_form(reader, stored))
        if title is not None:
            found[text] = title
    return Followed(follows, found)
