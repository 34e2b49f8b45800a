"""Numbers, instants, bytes and links in a body."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.identifiers import Cid, parse_record_id
from knowchain.limits import MAX_INT
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.values import Stored, as_json

__all__ = ["Binary", "FileLink", "Flag", "Instant", "Integer", "RecordName", "Reserved"]

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_LAST_INSTANT: Final = 253_402_300_799_999
"""The last millisecond of the year 9999."""


@dataclass(frozen=True)
class Integer:
    """A whole number between two bounds."""

    low: int = 0
    high: int = MAX_INT
    unit: str = ""

    @property
    def name(self) -> str:
        """The bounds, and the unit."""
        bounds = "integer ≥ 0" if (self.low, self.high) == (0, MAX_INT) else f"{self.low} … {self.high}"
        return f"{bounds} ({self.unit})" if self.unit else bounds.replace("-", "−")

    def compose(self, value: object, at: Place) -> int:
        if type(value) is not int or not self.low <= value <= self.high:
            raise at.error(
                "{value} is not a whole number from {low} to {high}",
                value=value,
                low=self.low,
                high=self.high,
                remedy="give a whole number, without quotes",
            )
        return value

    def view(self, stored: Stored) -> Stored:
        return stored if type(stored) is int and self.low <= stored <= self.high else None

    def present(self, stored: Stored) -> object:
        return as_json(stored)


@dataclass(frozen=True)
class Flag:
    """True or false."""

    name: str = "true \\| false"

    def compose(self, value: object, at: Place) -> bool:
        if type(value) is not bool:
            raise at.error("{value} is neither true nor false", value=value, remedy="give true or false")
        return value

    def view(self, stored: Stored) -> Stored:
        return stored if type(stored) is bool else None

    def present(self, stored: Stored) -> object:
        return as_json(stored)


@dataclass(frozen=True)
class Instant:
    """A moment: people write RFC 3339, milliseconds since 1970 are stored."""

    name: str = "instant"

    def compose(self, value: object, at: Place) -> int:
        instant = _milliseconds(value) if isinstance(value, str) else value
        if type(instant) is not int or not 0 <= instant <= _LAST_INSTANT:
            raise at.error("{value} is not a moment", value=value, remedy="give it like 2026-01-31T12:00:00Z")
        return instant

    def view(self, stored: Stored) -> Stored:
        return stored if type(stored) is int and 0 <= stored <= _LAST_INSTANT else None

    def present(self, stored: Stored) -> object:
        if type(stored) is not int or not 0 <= stored <= _LAST_INSTANT:
            return as_json(stored)
        moment = _EPOCH + timedelta(milliseconds=stored)
        precision = "milliseconds" if stored % 1000 else "seconds"
        return moment.replace(tzinfo=None).isoformat(timespec=precision) + "Z"


def _milliseconds(text: str) -> int | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return None if moment.tzinfo is None else (moment - _EPOCH) // timedelta(milliseconds=1)


@dataclass(frozen=True)
class FileLink:
    """The CID of a file: a real link, so that who pins the body keeps the file."""

    name: str = "CID of a file"

    def compose(self, value: object, at: Place) -> Cid:
        if isinstance(value, Cid):
            return value
        text = value.get("/") if isinstance(value, dict) else value
        try:
            return Cid.parse(text)  # type: ignore[arg-type]  # it refuses what is not text
        except InvalidValue as exc:
            raise at.error(
                "{value} is not a CIDv1", value=value, remedy="give a CIDv1 such as bafybei… or bafkrei…"
            ) from exc

    def view(self, stored: Stored) -> Stored:
        return stored if isinstance(stored, Cid) else None

    def present(self, stored: Stored) -> object:
        return str(stored) if isinstance(stored, Cid) else as_json(stored)


@dataclass(frozen=True)
class RecordName:
    """The id of a record as text: named, but not linked, so that no recursive pin walks into its chain."""

    name: str = "record id"

    def compose(self, value: object, at: Place) -> str:
        try:
            return str(parse_record_id(str(value) if isinstance(value, Cid) else value))  # type: ignore[arg-type]
        except InvalidValue as exc:
            raise at.error(
                "{value} does not name a record", value=value, remedy="give a record's id, bafyrei…"
            ) from exc

    def view(self, stored: Stored) -> Stored:
        return stored if isinstance(stored, str) else None

    def present(self, stored: Stored) -> object:
        return as_json(stored)


@dataclass(frozen=True)
class Binary:
    """Bytes; in JSON ``{"/": {"bytes": "…"}}`` with base64."""

    limit: int
    name: str = "bytes"

    def compose(self, value: object, at: Place) -> bytes:
        data = value if type(value) is bytes else _from_json(value)
        if data is None or not 0 < len(data) <= self.limit:
            raise at.error(
                "is not 1 to {limit} bytes",
                value=value,
                limit=self.limit,
                remedy='give base64 as {{"/": {{"bytes": "…"}}}}',
            )
        return data

    def view(self, stored: Stored) -> Stored:
        return stored if type(stored) is bytes and 0 < len(stored) <= self.limit else None

    def present(self, stored: Stored) -> object:
        return as_json(stored)


def _from_json(value: object) -> bytes | None:
    inner = value.get("/") if isinstance(value, dict) else None
    text = inner.get("bytes") if isinstance(inner, dict) else None
    if not isinstance(text, str) or not text.isascii():
        return None
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return None


@dataclass(frozen=True)
class Reserved:
    """A field that a later version defines: kept when read, refused when written, with the reason."""

    reason: str
    name: str = "reserved"

    def compose(self, value: object, at: Place) -> Stored:
        raise at.error(
            "can't be written: {reason}", value=value, reason=self.reason, remedy="leave the field out"
        )

    def view(self, stored: Stored) -> Stored:
        return stored

    def present(self, stored: Stored) -> object:
        return as_json(stored)
