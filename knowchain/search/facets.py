"""Facets: what narrows a search (kind, author, language), as words of the index itself.

So a narrowed search is one intersection inside the index, and costs less than a wide one. Each facet is
one token; the middle dot parts its name from its value and keeps it apart from anything that people
write, and the column is never searched for people's words.
"""

from __future__ import annotations

from collections.abc import Iterable

__all__ = ["by", "facet_text", "in_languages", "of_kinds"]

_DOT = "\u00b7"


def facet_text(*, kind: str, author: int, languages: Iterable[str]) -> str:
    """The tokens of one record.

    Args:
        kind: its kind.
        author: the number of its author in the store.
        languages: BCP 47 tags of its languages.
    """
    tokens = [
        _token("kind", kind),
        _token("by", str(author)),
        *sorted({_token("lang", tag) for tag in languages}),
    ]
    return " ".join(tokens)


def of_kinds(kinds: Iterable[str]) -> str:
    """An FTS5 expression for records of one of ``kinds``."""
    return _any(f'"{_token("kind", kind)}"' for kind in kinds)


def by(authors: Iterable[int]) -> str:
    """An FTS5 expression for records of one of ``authors``."""
    return _any(f'"{_token("by", str(author))}"' for author in authors)


def in_languages(tags: Iterable[str]) -> str:
    """An FTS5 expression for records in one of the languages or in a narrower one (RFC 4647, 3.3.1)."""
    return _any(f'"{token}" OR "{token}{_DOT}" *' for token in (_token("lang", tag) for tag in tags))


def _any(alternatives: Iterable[str]) -> str:
    return f"facets : ({' OR '.join(alternatives)})"


def _token(name: str, value: str) -> str:
    """One token for the ``ascii`` tokenizer, which parts text at any ASCII sign."""
    plain = "".join(char if char.isalnum() else _DOT for char in value.casefold())
    return f"{name}{_DOT}{plain}"
