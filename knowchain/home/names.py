"""Names of people: the name that an identity gives itself, and the petname that the reader gives it.

Nobody owns a display name; a petname is unique within one home and never leaves it. A bare id is
shown only where there is neither.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from typing import Final

from knowchain.chains import Flag
from knowchain.errors import InvalidRecord, InvalidValue, NotFound
from knowchain.identifiers import Cid, RecordId, is_record_id
from knowchain.records import read_body
from knowchain.storage.reader import Reader

__all__ = ["Names", "check_name", "resolve_identity", "resolve_record"]

_MOST: Final = 80
_SHORTEST_PREFIX: Final = 8
_HIDDEN: Final = frozenset({Flag.RETRACTED, Flag.ERASED, Flag.REVOKED, Flag.SUPERSEDED})


def check_name(name: str, field: str) -> str:
    """A name as it is kept: NFC, trimmed.

    Raises:
        InvalidValue: empty, too long, with control characters, or looking like an id.
    """
    text = unicodedata.normalize("NFC", name).strip()
    if not 1 <= len(text) <= _MOST or any(unicodedata.category(c) in ("Cc", "Cs", "Co") for c in text):
        raise InvalidValue(
            "{field}: {value} can't be a name",
            field=field,
            value=name,
            remedy="give 1 to 80 visible characters",
        )
    if text.startswith(("did:", "bafy", "@")):
        raise InvalidValue(
            "{field}: {value} looks like an id", field=field, value=name, remedy="give a name that people use"
        )
    return text


class Names:
    """Names for showing, over one reader; remembers what it looked up."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._petnames: Mapping[RecordId, str] = {rid: name for name, rid in reader.petnames().items()}
        self._displayed: dict[RecordId, str | None] = {}

    def petname(self, identity: RecordId) -> str | None:
        """The name that the reader gave."""
        return self._petnames.get(identity)

    def display_name(self, identity: RecordId) -> str | None:
        """The name in the identity's newest profile that stands; None if there is none."""
        if identity not in self._displayed:
            self._displayed[identity] = self._find(identity)
        return self._displayed[identity]

    def shown(self, identity: RecordId) -> str:
        """The best name for people: petname, display name, or the shortened id."""
        petname, displayed = self.petname(identity), self.display_name(identity)
        if petname is not None:
            return petname
        if displayed is not None:
            return f"“{displayed}”"
        return f"{str(identity)[:14]}…"

    def _find(self, identity: RecordId) -> str | None:
        standing = self._reader.standing()
        for stored in self._reader.records(kind="profile", author=identity, newest_first=True, limit=16):
            data = self._reader.body(stored.id)
            if data is None or standing.flags(stored.id) & _HIDDEN:
                continue
            try:
                name = read_body(data, stored.block.header, identity).fields.get("name")
            except InvalidRecord:
                continue
            if isinstance(name, str) and name.strip():
                return "".join(c for c in name if c.isprintable())[:_MOST]
        return None


def resolve_record(reader: Reader, text: str) -> RecordId:
    """The record that ``text`` names: its id, or the beginning of it that is unique here.

    Raises:
        NotFound: no such record is held, or several begin so.
        InvalidValue: the text is no id at all.
    """
    try:
        cid = Cid.parse(text)
    except InvalidValue:
        return _by_prefix(reader, text)
    if not is_record_id(cid):
        raise InvalidValue(
            "{value} does not name a record",
            field="id",
            value=text,
            remedy="give the id of a record, bafyrei…",
        )
    return RecordId(cid)


def _by_prefix(reader: Reader, text: str) -> RecordId:
    if not text.startswith("bafyrei") or len(text) < _SHORTEST_PREFIX:
        raise InvalidValue(
            "{value} is no id", field="id", value=text, remedy="give an id, bafyrei…, or its first letters"
        )
    found = reader.records_with_prefix(text, limit=2)
    if len(found) == 1:
        return found[0]
    raise NotFound(
        "no record here begins with {text}" if not found else "several records begin with {text}",
        remedy="check the letters; `knowchain stats` says what is held" if not found else "give more letters",
        text=text,
    )


def resolve_identity(reader: Reader, text: str) -> RecordId:
    """The identity that ``text`` names: a petname, a display name that is unique here, or an id.

    Raises:
        NotFound: nobody here has that name, or several do.
    """
    petnames = reader.petnames()
    if text in petnames:
        return petnames[text]
    if text.startswith("bafy"):
        rid = resolve_record(reader, text)
        if reader.log(rid):
            return rid
        raise NotFound("{id} is no identity that is held here", remedy="import its records", id=str(rid))
    names = Names(reader)
    wanted = unicodedata.normalize("NFC", text).casefold()
    found = [who for who in reader.identities() if (names.display_name(who) or "").casefold() == wanted]
    if len(found) == 1:
        return found[0]
    raise NotFound(
        "nobody here is called {text}" if not found else "several identities call themselves {text}",
        remedy="give the id, bafyrei…, or a petname: `knowchain name ID PETNAME`",
        text=text,
    )
