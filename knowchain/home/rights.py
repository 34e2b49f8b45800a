"""Rights records, reused: a thousand works under one licence point at one record that states it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from knowchain.chains import Flag
from knowchain.errors import InvalidRecord
from knowchain.home.authoring import author
from knowchain.home.home import Home
from knowchain.home.names import Names
from knowchain.identifiers import RecordId
from knowchain.records import read_body
from knowchain.records.bodies import compose, present

__all__ = ["NOT_EVALUATED", "rights_fields", "rights_record"]

NOT_EVALUATED: Final = "http://rightsstatements.org/vocab/CNE/1.0/"
"""“Copyright not evaluated”: what is said where nothing was."""
_VOID: Final = frozenset({Flag.RETRACTED, Flag.ERASED, Flag.REVOKED, Flag.SUPERSEDED})


def rights_fields(home: Home, *, uri: str | None = None, licence: str | None = None) -> dict[str, object]:
    """The fields of a rights record that the owner of this home asserts.

    Args:
        home: the open home.
        uri: a RightsStatements URI; by default, not evaluated.
        licence: an SPDX expression, in place of ``uri``.
    """
    name = Names(home.store.reader()).display_name(home.identity) or str(home.identity)
    by = {"name": name, "role": "steward", "id": str(home.identity)}
    if licence is not None:
        return {"basis": "license", "spdx": licence, "asserted_by": by}
    return {"basis": "statement", "uri": uri or NOT_EVALUATED, "asserted_by": by}


def rights_record(home: Home, fields: Mapping[str, object]) -> tuple[RecordId, bool]:
    """The own rights record that says ``fields``, and whether it had to be signed now.

    Raises:
        InvalidBody: no rights statement or licence.
        NotAllowed: this device may not sign now.
    """
    wanted = present("rights", compose("rights", fields).body)
    with home.store.snapshot() as reader:
        standing = reader.standing()
        for stored in reader.records(kind="rights", author=home.identity, newest_first=True):
            data = reader.body(stored.id)
            if data is None or standing.flags(stored.id) & _VOID:
                continue
            try:
                body = read_body(data, stored.block.header, home.identity)
            except InvalidRecord:
                continue
            refs = stored.block.header.refs if hasattr(stored.block.header, "refs") else ()
            if present("rights", body.fields, refs) == wanted:
                return stored.id, False
    return author(home, "rights", fields).id, True
