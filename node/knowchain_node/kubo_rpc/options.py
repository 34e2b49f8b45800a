"""The query of a command: arguments and options, each declared; what is not is refused, never passed over."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

from multidict import MultiMapping

from knowchain.content.cids import text_of
from knowchain.identifiers import Cid
from knowchain_node.kubo_rpc.failures import cannot, misused

__all__ = ["EVERYWHERE", "Asked", "Options", "choice", "flag", "number", "only", "read_query", "text"]

Kind: TypeAlias = Callable[[str], Any]
"""Reads a value; raises ValueError with the words for what is wanted."""
_TRUE: Final = frozenset({"true", "1", "t", "T", "TRUE", "True", ""})
_FALSE: Final = frozenset({"false", "0", "f", "F", "FALSE", "False"})
_MOST_NUMBER: Final = 19


def flag(value: str) -> bool:
    """True or false, as Go reads them; an option without a value is true."""
    if value not in _TRUE | _FALSE:
        raise ValueError("true or false")
    return value in _TRUE


def number(value: str) -> int:
    """A whole number."""
    if not re.fullmatch(rf"-?[0-9]{{1,{_MOST_NUMBER}}}", value):
        raise ValueError("a whole number")
    return int(value)


def text(value: str) -> str:
    """Text without control characters."""
    if not value.isprintable():
        raise ValueError("text that can be printed")
    return value


def choice(*choices: str) -> Kind:
    """One of some words."""

    def read(value: str) -> str:
        if value not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return value

    return read


@dataclass(frozen=True, slots=True)
class Only:
    """An option of Kubo's that is carried out for these values alone."""

    kind: Kind
    values: tuple[object, ...]

    def __call__(self, value: str) -> object:
        return self.kind(value)


def only(kind: Kind, *values: object) -> Only:
    """See :class:`Only`."""
    return Only(kind, values)


Options: TypeAlias = Mapping[str, Kind]

_DURATION: Final = re.compile(r"(?P<count>\d{1,9}(?:\.\d{1,9})?)(?P<unit>ns|us|µs|ms|s|m|h)")
_SECONDS: Final = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}


def _duration(value: str) -> float:
    """Seconds, from a duration such as ``1m30s``."""
    found = list(_DURATION.finditer(value))
    if not found or "".join(one[0] for one in found) != value:
        raise ValueError("a duration such as 30s or 1m30s")
    return sum(float(one["count"]) * _SECONDS[one["unit"]] for one in found)


EVERYWHERE: Final[Options] = {
    "encoding": only(text, "json"),
    "enc": only(text, "json"),
    "stream-channels": flag,  # of Kubo before 0.5; the clients still send it
    "api": text,  # what `ipfs` was told about where to call, and sends along
    "api-auth": text,
    "timeout": _duration,
    "offline": flag,
    "cid-base": only(text, "base32"),
    "upgrade-cidv0-in-output": flag,
}
"""What every command knows."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request asks for.

    Attributes:
        args: in order.
        options: those that were given, read.
    """

    args: Sequence[str] = ()
    options: Mapping[str, Any] = field(default_factory=dict)

    def given(self, name: str, default: Any = None) -> Any:
        """An option, or its default."""
        return self.options.get(name, default)

    def show(self, cid: Cid, *, version_0: bool) -> str:
        """A CID as text; in version 0 where it has one and that is its form, unless base32 is asked for."""
        upgraded = self.given("upgrade-cidv0-in-output", "cid-base" in self.options)
        return text_of(cid, version_0=version_0 and not upgraded)


def read_query(query: MultiMapping[str], options: Options, args: tuple[int, int]) -> Asked:
    """Read a query.

    Args:
        query: of the request.
        options: what the command knows, beside what all do.
        args: how many arguments it takes, at least and at most.

    Raises:
        Refused: an option that is unknown, can't be read, comes twice, or is not carried out; too few or too
            many arguments.
    """
    known = {**EVERYWHERE, **options}
    given: dict[str, Any] = {}
    for name in dict.fromkeys(query):
        if name == "arg":
            continue
        if name not in known:
            raise cannot(
                "the option {option} is not carried out here",
                remedy="leave it out; docs/spec/ipfs.md lists what there is",
                option=name[:40],
            )
        values = query.getall(name)
        if len(values) > 1:
            raise misused("the option {option} is given {count} times", option=name, count=len(values))
        given[name] = _read(name, values[0], known[name])
    found = query.getall("arg", [])
    least, most = args
    if not least <= len(found) <= most:
        raise misused(
            "{count} arguments are given; the command takes {least} to {most}",
            count=len(found),
            least=least,
            most=most,
        )
    return Asked(found, given)


def _read(name: str, value: str, kind: Kind) -> object:
    try:
        read: object = kind(value)
    except ValueError as exc:
        raise misused(
            "the option {option} is {value}", remedy=f"give {exc}", option=name, value=value[:40]
        ) from exc
    if isinstance(kind, Only) and read not in kind.values:
        raise cannot(
            "the option {option}={value} is not carried out here",
            remedy="leave it out; docs/spec/ipfs.md lists what there is",
            option=name,
            value=value[:40],
        )
    return read
