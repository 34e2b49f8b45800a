"""Naming: the names that the owner of a home gives to others, and who is known here."""

from __future__ import annotations

from dataclasses import dataclass

from knowchain.errors import NotFound
from knowchain.home.home import Home
from knowchain.home.names import Names, check_name, resolve_identity, resolve_record
from knowchain.identifiers import RecordId

__all__ = ["Naming", "Person", "find_record", "forget_name", "give_name", "list_people"]


@dataclass(frozen=True, slots=True)
class Naming:
    """A petname for an identity, which is given by its id or any name that it has."""

    who: str
    petname: str


@dataclass(frozen=True, slots=True)
class Person:
    """An identity that is held here."""

    id: RecordId
    petname: str | None
    display_name: str | None
    own: bool


def give_name(home: Home, request: Naming) -> Person:
    """Give an identity a name of one's own; an earlier one is replaced.

    Raises:
        NotFound: nobody here is called so. InvalidValue: the name won't do, or is taken.
    """
    petname = check_name(request.petname, "petname")
    with home.store.snapshot() as reader:
        who = resolve_identity(reader, request.who)
    home.store.set_petname(petname, who)
    with home.store.snapshot() as reader:
        return _person(home, Names(reader), who)


def forget_name(home: Home, petname: str) -> None:
    """Forget a petname.

    Raises:
        NotFound: nobody here has it.
    """
    if not home.store.remove_petname(petname):
        raise NotFound(
            "nobody here has the petname {petname}", remedy="`knowchain name` lists them", petname=petname
        )


def list_people(home: Home, _request: None = None) -> tuple[Person, ...]:
    """Everybody who is known here, in the order of arrival."""
    with home.store.snapshot() as reader:
        names = Names(reader)
        return tuple(_person(home, names, who) for who in reader.identities())


def _person(home: Home, names: Names, who: RecordId) -> Person:
    own = home.has_identity and who == home.identity
    return Person(who, names.petname(who), names.display_name(who), own)


def find_record(home: Home, text: str) -> RecordId:
    """The held record that an id, or the beginning of one, names.

    Raises:
        NotFound: no such record is held, or several begin so. InvalidValue: the text is no id.
    """
    with home.store.snapshot() as reader:
        rid = resolve_record(reader, text)
        if rid not in reader:
            raise NotFound("the record {id} is not held", remedy="import it first", id=str(rid))
        return rid
