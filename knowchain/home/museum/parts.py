"""What a row is part of: an own name in the table becomes the record of a collection or a work."""

from __future__ import annotations

import secrets
import unicodedata
from functools import lru_cache
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.home.museum.own_works import OwnWorks
from knowchain.home.museum.plans import PlannedRecord, planned
from knowchain.identifiers import RecordId, parse_record_id
from knowchain.limits import SALT_SIZE
from knowchain.records import write_body
from knowchain.records.bodies import compose
from knowchain.storage.store import RecordStore

__all__ = ["Parts", "new_collection"]

_WHOLES: Final = frozenset({"collection", "work"})
_KEPT: Final = 1_024


class Parts:
    """Finds what rows are part of: a record id, the id of a work, the id or the title of a collection."""

    def __init__(self, store: RecordStore, own: OwnWorks) -> None:
        self._store = store
        self._own = own
        self._held = lru_cache(_KEPT)(self._find_held)

    def find(self, name: str) -> RecordId | None:
        """The record that a name stands for; None if it is not known, or not yet.

        Raises:
            InvalidValue: it is the id of a record that is no collection or work, or is not held.
        """
        if name.startswith("bafyrei"):
            return self._held(name)
        row = self._own.row_of(name)
        if row is not None:
            return row[1]
        known = self._own.work(name)
        return known.record if known is not None else self._own.collection(name)

    def is_a_row(self, name: str) -> bool:
        """Whether a row of this table has that id, published or not."""
        return self._own.row_of(name) is not None

    def _find_held(self, text: str) -> RecordId:
        try:
            rid = parse_record_id(text)
        except InvalidValue as exc:
            raise _no_whole(text, "{field}: {value} is no id of a record") from exc
        stored = self._store.reader().record(rid)
        if stored is None:
            raise _no_whole(text, "{field}: {value} is not held here")
        if stored.block.header.kind not in _WHOLES:
            raise _no_whole(text, "{field}: {value} is neither a collection nor a work")
        return rid


def _no_whole(text: str, template: str) -> InvalidValue:
    return InvalidValue(
        template, field="part_of", value=text, remedy="name a collection by its title, or a work by its id"
    )


def new_collection(name: str, author: RecordId) -> PlannedRecord:
    """A collection that only its owner fills, called as the table calls it.

    Raises:
        InvalidBody: no collection can be called so.
    """
    text = unicodedata.normalize("NFC", name)
    draft = compose("collection", {"title": {"und": [text]}, "id": text, "acceptance": "curators"})
    body = write_body(draft.body, author=author, salt=secrets.token_bytes(SALT_SIZE))
    return planned("collection", body, draft.refs)
