"""Every error that knowchain raises on purpose, drawn as one tree.

::

    KnowchainError
    ├── UserError               your fault: what you gave, asked or configured
    │   ├── InvalidValue        a field that breaks a rule: names field, value and remedy
    │   ├── InvalidBody         what was written for a record: holds every InvalidValue in it
    │   ├── NotFound            nothing here has that name or id
    │   │   └── Withdrawn       it was here, and its publisher took it back
    │   ├── NotAllowed          the operation is refused by policy, with the reason
    │   └── HomeError           the home is missing, in use, or written by a newer version
    ├── PeerError               their fault: bytes that came from outside
    │   ├── CodecError          not strict DAG-CBOR
    │   ├── InvalidRecord       a block that no peer may accept; carries the reason
    │   ├── ContentError        file blocks, CARs or packs that are not what they claim
    │   └── SyncError           a peer that breaks the sync protocol, or lies in it; carries the reason
    └── SystemFault             our fault, or the machine's
        ├── StorageFault        disk full, input/output error, database error
        └── Corruption          what is on disk is not what was written

A message is a template with named fields, so that a second language can translate it
(``knowchain_cli.catalogue``); ``str(error)`` is the English text. ``remedy`` says what to do next.
No secret is ever put into a field.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

__all__ = [
    "CodecError",
    "ContentError",
    "Corruption",
    "HomeError",
    "InvalidBody",
    "InvalidRecord",
    "InvalidValue",
    "KnowchainError",
    "NotAllowed",
    "NotFound",
    "PeerError",
    "StorageFault",
    "SyncError",
    "SystemFault",
    "UserError",
    "Withdrawn",
]


class KnowchainError(Exception):
    """Base of every error that knowchain raises on purpose.

    Args:
        template: English text with ``{name}`` fields.
        remedy: English text, with the same fields, that says what to do; may be empty.
        fields: the values of the fields; shown to people, so never a secret.
    """

    def __init__(self, template: str, *, remedy: str = "", **fields: object) -> None:
        super().__init__(_fill(template, fields))
        self.template: Final = template
        self.remedy_template: Final = remedy
        self.fields: Final = fields

    @property
    def code(self) -> str:
        """A stable, machine-readable name of the kind of error, such as ``invalid-value``."""
        words = "".join(f"-{c.lower()}" if c.isupper() else c for c in type(self).__name__)
        return words.removeprefix("-")

    @property
    def remedy(self) -> str:
        """What to do about it, in English; empty when there is nothing to do."""
        return _fill(self.remedy_template, self.fields)


def _fill(template: str, fields: dict[str, object]) -> str:
    """Fill a message template; the field values are data and are never read as templates."""
    return template.format(**fields) if fields else template


class UserError(KnowchainError):
    """Your fault: what was given, asked for or configured can't be carried out as it stands."""


class InvalidValue(UserError):
    """A value breaks a rule. ``field`` and ``value`` are always among the fields.

    Args:
        template: may use ``{field}`` and ``{value}``; ``value`` is shown cut to 80 characters.
    """

    def __init__(
        self, template: str, *, field: str, value: object = None, remedy: str = "", **fields: object
    ) -> None:
        super().__init__(template, remedy=remedy, field=field, value=shown(value), **fields)


class InvalidBody(UserError):
    """What was written for a record breaks rules; ``problems`` holds every one, in the order of the fields.

    Args:
        kind: the kind of record.
        problems: at least one error; each names field, value and remedy.
    """

    def __init__(self, kind: str, problems: Sequence[InvalidValue]) -> None:
        super().__init__(
            "this {kind} record can't be written: {problems}",
            remedy="{remedies}",
            kind=kind,
            problems="; ".join(str(problem) for problem in problems),
            remedies="; ".join(problem.remedy for problem in problems),
        )
        self.problems: Final = tuple(problems)


class NotFound(UserError):
    """Nothing here has the name or id that was asked for."""


class Withdrawn(NotFound):
    """What was asked for was withdrawn by whoever published it, and is not given any more."""


class NotAllowed(UserError):
    """The operation is refused by policy; the message says which and why."""


class HomeError(UserError):
    """The home folder is missing, in use by another process, or written by a newer version."""


class PeerError(KnowchainError):
    """Their fault: bytes from outside that are not what the protocol allows."""


class CodecError(PeerError):
    """Bytes that are not strict DAG-CBOR, or a value that strict DAG-CBOR can't hold."""


class InvalidRecord(PeerError):
    """A block that breaks the record format; the same bytes are rejected by every peer, for ever.

    ``reason`` is the named reason of docs/spec/records.md: ``malformed``, ``unsupported``,
    ``signature``, ``network``, ``chain``, ``identity`` or ``body``.
    """

    def __init__(self, reason: str, template: str, **fields: object) -> None:
        super().__init__(template, remedy="", **fields)
        self.reason: Final = reason


class ContentError(PeerError):
    """File blocks, CARs or packs that are not what they claim to be."""


class SyncError(PeerError):
    """A peer that breaks the sync protocol, or lies in it; the session with it ends.

    ``reason`` is one of the named reasons of docs/spec/sync.md, such as ``malformed`` or ``stalled``.
    """

    def __init__(self, reason: str, template: str, **fields: object) -> None:
        super().__init__(template, remedy="", **fields)
        self.reason: Final = reason


class SystemFault(KnowchainError):
    """Our fault, or the machine's: nothing that the caller gave was wrong."""


class StorageFault(SystemFault):
    """The disk or the database refused: full, read-only, or an input/output error."""


class Corruption(SystemFault):
    """What is on disk is not what was written."""


def shown(value: object, limit: int = 80) -> str:
    """``value`` as short text for a message: control characters escaped, and at most ``limit`` long.

    What is too long loses its middle: a path's last part says more than its folders.
    """
    text = value if isinstance(value, str) else value.hex() if type(value) is bytes else str(value)
    if len(text) > 2 * limit:
        text = text[:limit] + text[-limit:]
    if not text.isprintable():
        text = text.encode("unicode_escape").decode()
    if len(text) <= limit:
        return text
    head = limit // 2
    return text[: head - 1] + "…" + text[head - limit :]
