"""People: identities that are held, the reader's own names for them, and the devices of the owner."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from knowchain.errors import NotFound
from knowchain.home import Home, Names, resolve_identity
from knowchain.home.devices import Device, list_devices
from knowchain.home.following import Followed, Interest, follow, followed, unfollow
from knowchain.home.names import check_name
from knowchain.identifiers import KeyId, RecordId
from knowchain.storage.reader import Reader
from knowchain_node.api.endpoint import Call, Endpoint, integer

__all__ = ["ENDPOINTS"]


@dataclass(frozen=True, slots=True)
class Person:
    """An identity."""

    id: RecordId
    shown: str
    """The best name for people."""
    display_name: str | None
    """The name that it gives itself; others may use the same."""
    petname: str | None
    """The reader's own name for it."""
    own: bool


@dataclass(frozen=True, slots=True)
class PersonInFull:
    """An identity, with its log's tips and its devices by hash."""

    person: Person
    tips: tuple[RecordId, ...]
    devices: tuple[KeyId, ...]
    revoked: tuple[KeyId, ...]


@dataclass(frozen=True, slots=True)
class People:
    """Some identities, in the order in which they came."""

    identities: tuple[Person, ...]
    next: int | None


@dataclass(frozen=True, slots=True)
class Petnames:
    """The reader's own names."""

    petnames: dict[str, RecordId]


@dataclass(frozen=True, slots=True)
class Named:
    """Whom a petname shall mean: an id, or another name that is unique here."""

    identity: str


@dataclass(frozen=True, slots=True)
class Devices:
    """The devices of the own identity, this one first."""

    devices: tuple[Device, ...]


async def _people(call: Call) -> People:
    return await call.run(_list, call.home, call.given("after"), call.given("limit"))


def _list(home: Home, after: int, limit: int) -> People:
    with home.store.snapshot() as reader:
        names, found = Names(reader), list(reader.identities())
        page = found[after : after + limit]
        more = after + limit if len(found) > after + limit else None
        return People(tuple(_person(home, names, rid) for rid in page), more)


def _person(home: Home, names: Names, rid: RecordId) -> Person:
    own = home.has_identity and home.identity == rid
    return Person(rid, names.shown(rid), names.display_name(rid), names.petname(rid), own)


async def _show(call: Call) -> PersonInFull:
    return await call.run(_read, call.home, call.path("who"))


def _read(home: Home, who: str) -> PersonInFull:
    with home.store.snapshot() as reader:
        rid = resolve_identity(reader, who)
        devices, revoked = _devices(reader, rid)
        tips = tuple(reader.standing().tips(rid))
        return PersonInFull(_person(home, Names(reader), rid), tips, devices, revoked)


def _devices(reader: Reader, rid: RecordId) -> tuple[tuple[KeyId, ...], tuple[KeyId, ...]]:
    """The devices in force at some tip, and those that none has in force."""
    states = reader.standing().state(rid)
    named = {key for state in states for key in state.devices}
    live = {key for state in states for key, cut in state.devices.items() if cut is None}
    return tuple(sorted(live)), tuple(sorted(named - live))


async def _petnames(call: Call) -> Petnames:
    return Petnames(await call.run(lambda: call.home.store.reader().petnames()))


async def _name(call: Call) -> Petnames:
    named = await call.body(Named)
    return Petnames(await call.run(_set_petname, call.home, call.path("name"), named.identity))


def _set_petname(home: Home, name: str, who: str) -> dict[str, RecordId]:
    rid = resolve_identity(home.store.reader(), who)
    home.store.set_petname(check_name(name, "name"), rid)
    return home.store.reader().petnames()


async def _unname(call: Call) -> Petnames:
    return Petnames(await call.run(_remove_petname, call.home, call.path("name")))


def _remove_petname(home: Home, name: str) -> dict[str, RecordId]:
    if not home.store.remove_petname(name):
        raise NotFound("nobody has the petname {name}", remedy="GET /api/v1/petnames lists them", name=name)
    return home.store.reader().petnames()


async def _follows(call: Call) -> Followed:
    return await call.run(followed, call.home)


async def _follow(call: Call) -> Followed:
    return await call.run(follow, call.home, await call.body(Interest))


async def _unfollow(call: Call) -> Followed:
    return await call.run(unfollow, call.home, await call.body(Interest))


async def _keys(call: Call) -> Devices:
    return Devices(await call.run(list_devices, call.home))


ENDPOINTS: Final = (
    Endpoint(
        "GET", "/api/v1/identities", _people, "Identities that are held.", People,
        query=(
            integer("after", "the cursor `next` of the page before", low=0, high=2**53, default=0),
            integer("limit", "how many at most", low=1, high=1000, default=100),
        ),
    ),
    Endpoint("GET", "/api/v1/identities/{who}", _show, "An identity, by id or name.", PersonInFull),
    Endpoint("GET", "/api/v1/petnames", _petnames, "The reader's own names for people.", Petnames),
    Endpoint(
        "PUT", "/api/v1/petnames/{name}", _name, "Give somebody a name of one's own.", Petnames,
        takes=Named, changes=True,
    ),
    Endpoint("DELETE", "/api/v1/petnames/{name}", _unname, "Forget such a name.", Petnames, changes=True),
    Endpoint("GET", "/api/v1/follows", _follows, "Whom and what the owner follows.", Followed),
    Endpoint("POST", "/api/v1/follows", _follow, "Follow more.", Followed, takes=Interest, changes=True),
    Endpoint(
        "POST", "/api/v1/follows/remove", _unfollow, "Follow less.", Followed, takes=Interest, changes=True
    ),
    Endpoint("GET", "/api/v1/keys", _keys, "The devices of the own identity.", Devices),
)  # fmt: skip
