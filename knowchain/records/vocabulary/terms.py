"""Lists of terms: closed ones refuse what they don't hold, open ones advise.

A term is written in small letters with hyphens; spaces and underscores become hyphens, so that
PREMIS's ``fixity check`` is ``fixity-check``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.records.vocabulary.canonical import Canonical
from knowchain.records.vocabulary.suggestions import nearest, remedy_for

__all__ = ["Terms"]

_FORM: Final = re.compile(r"[a-z][a-z0-9-]{0,63}")


class Terms:
    """A vocabulary of short terms.

    Args:
        name: what a term of it is called in messages, such as ``event type``.
        known: the terms, with what each means or the code that its authority gives it.
        closed: whether any other term is refused.
    """

    def __init__(self, name: str, known: Iterable[str], *, closed: bool) -> None:
        self.name: Final = name
        self.known: Final = tuple(known)
        self.closed: Final = closed

    def canonical(self, text: str, *, field: str) -> Canonical:
        """The term in its canonical spelling.

        Raises:
            InvalidValue: not among a closed vocabulary's terms, or not formed like a term.
        """
        term = re.sub(r"[\s_]+", "-", text.strip()).casefold()
        if term in self.known:
            return Canonical(term)
        if self.closed:
            raise self._unknown(text, field, remedy_for(term, self.known))
        if not _FORM.fullmatch(term):
            raise InvalidValue(
                "{field}: {value} is not formed like a {name}",
                field=field,
                value=text,
                name=self.name,
                remedy="use small letters a to z, digits and hyphens, such as `{example}`",
                example=self.known[0],
            )
        near = nearest(term, self.known)
        remedy = f"did you mean `{near}`" if near else "kept as it is"
        return Canonical(term, self._unknown(text, field, remedy))

    def _unknown(self, text: str, field: str, remedy: str) -> InvalidValue:
        return InvalidValue(
            "{field}: {value} is not a known {name}",
            field=field,
            value=text,
            name=self.name,
            remedy="{advice}",
            advice=remedy,
        )
