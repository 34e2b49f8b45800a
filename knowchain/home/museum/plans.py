"""What one row of a table will become: records that are composed and encoded, and not yet signed.

These values pass between processes, so they are plain: bytes, text and numbers.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from typing import Final, Literal, NamedTuple

from knowchain.errors import InvalidValue
from knowchain.identifiers import Cid, RecordId
from knowchain.records import Body, BodyLink, Ref

__all__ = ["PlannedRecord", "PlannedRow", "Problem", "digest_of", "planned", "unsalted"]

_NO_SALT: Final = b"\0" * 16


class Problem(NamedTuple):
    """What is wrong with a row, or worth saying of it."""

    row: int
    """As a spreadsheet shows it; 0 is the table as a whole."""
    severity: Literal["error", "warning"]
    column: str
    message: str
    value: str
    remedy: str

    @classmethod
    def of(cls, row: int, found: InvalidValue, severity: Literal["error", "warning"] = "error") -> Problem:
        """An error of the library, as it stands in a report."""
        return cls(
            row, severity, str(found.fields["field"]), str(found), str(found.fields["value"]), found.remedy
        )


class PlannedRecord(NamedTuple):
    """A record without a place in a chain."""

    kind: str
    body: bytes
    cid: bytes
    content: bytes
    """SHA-256 of the body without its salt: two drafts that say the same have the same."""
    refs: tuple[tuple[str, bytes], ...]
    """References that are known before anything is signed."""

    @property
    def link(self) -> BodyLink:
        """What the header says of the body."""
        return BodyLink(RecordId(Cid(self.cid)), len(self.body))

    @property
    def references(self) -> list[Ref]:
        """:attr:`refs` as a header takes them."""
        return [Ref(relation, RecordId(Cid(target))) for relation, target in self.refs]


class PlannedRow(NamedTuple):
    """Everything that one row says. With errors among ``problems`` it has no ``work``."""

    number: int
    id: str
    """The work's own lasting name; empty if the row has none."""
    problems: tuple[Problem, ...]
    work: PlannedRecord | None = None
    rights: tuple[PlannedRecord, ...] = ()
    events: tuple[PlannedRecord, ...] = ()
    part_of: tuple[str, ...] = ()
    files: int = 0
    """How many files it names."""
    unread: int = 0
    """Custody histories of which something was not read."""


def planned(kind: str, body: Body, refs: Iterable[Ref]) -> PlannedRecord:
    """A composed and encoded record."""
    pairs = tuple((ref.relation, bytes(ref.target)) for ref in refs)
    return PlannedRecord(kind, body.data, bytes(body.link.cid), unsalted(body.data, body.salt), pairs)


def unsalted(data: bytes, salt: bytes) -> bytes:
    """SHA-256 of a body in whose place of the salt stand zeros."""
    return hashlib.sha256(data.replace(salt, _NO_SALT, 1)).digest()


def digest_of(content: bytes, refs: Iterable[tuple[str, bytes]], leave_out: str = "") -> bytes:
    """What a record says, body and references, less those of one relation.

    Two records that say the same have the same.
    """
    digest = hashlib.sha256(content)
    for relation, target in sorted((relation, bytes(target)) for relation, target in refs):
        if relation != leave_out:
            digest.update(relation.encode() + b"\0" + target)
    return digest.digest()
