"""Describing a work on the line: options that become fields in the human form (docs/spec/bodies.md)."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from knowchain.errors import InvalidValue
from knowchain_cli.commands import option
from knowchain_cli.messages import describing as text

__all__ = ["check_tags", "described", "describes", "fields_given", "language_map", "tool"]

_F = TypeVar("_F", bound=Callable[..., Any])
_SOLE: Final = "und"
_LIST_FIELDS: Final = {"subject": "subjects", "place": "places", "part_of": "part_of"}

OPTIONS: Final = (
    option("--title", "-t", multiple=True, metavar="[LANG:]TEXT", help=text.TITLE),
    option("--lang", "-l", multiple=True, metavar="TAG", help=text.LANG),
    option("--access", metavar="public|metadata-only", help=text.ACCESS),
    option("--kind", metavar="TYPE", help=text.KIND),
    option("--creator", multiple=True, metavar="NAME[|ROLE]", help=text.CREATOR),
    option("--date", metavar="WORDS", help=text.DATE),
    option("--date-edtf", metavar="EDTF", help=text.DATE_EDTF),
    option("--description", multiple=True, metavar="[LANG:]TEXT", help=text.DESCRIPTION),
    option("--subject", multiple=True, metavar="TERM", help=text.SUBJECT),
    option("--place", multiple=True, metavar="NAME", help=text.PLACE),
    option("--part-of", multiple=True, metavar="ID", help=text.PART_OF),
    option("--id", "work_id", metavar="ID", help=text.ID),
    option("--identifier", multiple=True, metavar="SCHEME:VALUE", help=text.IDENTIFIER),
    option("--made-with", multiple=True, metavar="TOOL|KIND|ROLE[|HUMAN]", help=text.MADE_WITH),
    option("--field", multiple=True, metavar="NAME=JSON", help=text.FIELD),
    option("--rights", metavar="URI|ID", help=text.RIGHTS),
    option("--license", "licence", metavar="SPDX", help=text.LICENCE),
    option("--file-role", default="access", metavar="ROLE", help=text.FILE_ROLE),
    option("--in-place", is_flag=True, help=text.IN_PLACE),
    option("--hidden", is_flag=True, help=text.HIDDEN),
    option("--profile", default="unixfs-v1-2025", metavar="unixfs-v1-2025|classic", help=text.PROFILE),
)
"""What describes a work, in the order of its help."""


def describes(function: _F) -> _F:
    """Give a verb the options that describe a work."""
    for each in reversed(OPTIONS):
        function = each(function)
    return function


def described(given: Mapping[str, Any], language: str | None = None) -> dict[str, object]:
    """The fields that the options give.

    Args:
        given: the options by name.
        language: the language of texts that name none, where ``--lang`` is not given.

    Raises:
        InvalidValue: an option that can't be read; what stands in the fields is the library's to check.
    """
    tags: Sequence[str] = given["lang"]
    check_tags(tags)
    sole = tags[0] if tags else language
    fields: dict[str, object] = {
        "title": language_map(given["title"], sole, "--title"),
        "description": language_map(given["description"], sole, "--description"),
        "languages": [{"tag": tag} for tag in tags],
        "access": given["access"],
        "kind": given["kind"],
        "id": given["work_id"],
        "agents": [_agent(each) for each in given["creator"]],
        "date": _date(given["date"], given["date_edtf"]),
        "subjects": list(given["subject"]),
        "places": list(given["place"]),
        "part_of": list(given["part_of"]),
        "identifiers": [_identifier(each) for each in given["identifier"]],
        "made_with": [tool(each) for each in given["made_with"]],
    }
    return {name: value for name, value in fields.items() if value} | fields_given(given["field"])


def check_tags(tags: Sequence[str], field: str = "--lang") -> None:
    """Refuse what is no language tag under the name of its option, before it stands in many fields.

    Raises:
        InvalidValue: not a BCP 47 tag; the remedy names the one that may be meant.
    """
    from knowchain.records.vocabulary import languages

    for tag in tags:
        languages.canonical(tag, field=field)


def language_map(texts: Sequence[str], sole: str | None, field: str) -> dict[str, list[str]]:
    """Texts by language: each begins with its tag and a colon, or is in the language ``sole``.

    A colon with a space behind it is part of the text.

    Raises:
        InvalidValue: a text without a language.
    """
    found: dict[str, list[str]] = {}
    for each in texts:
        tag, words = _tagged(each)
        if tag is None and sole is None:
            raise InvalidValue(
                "{field}: in which language is {value}?",
                field=field,
                value=each,
                remedy="add --lang en, or begin the text with its tag, en:…; und where nobody knows",
            )
        found.setdefault(tag or sole or _SOLE, []).append(words)
    return found


def _tagged(words: str) -> tuple[str | None, str]:
    tag, colon, rest = words.partition(":")
    if not colon or not rest.strip() or rest[0].isspace() or not _looks_like_tag(tag):
        return None, words
    from knowchain.records.vocabulary import languages

    try:
        languages.canonical(tag)
    except InvalidValue:
        return None, words
    return tag, rest


def _looks_like_tag(tag: str) -> bool:
    parts = tag.split("-")
    primary = parts[0]
    return (
        primary.isascii()
        and (primary == "x" or 2 <= len(primary) <= 3)
        and primary.islower()
        and all(1 <= len(part) <= 8 and part.isalnum() and part.isascii() for part in parts)
    )


def fields_given(assignments: Sequence[str]) -> dict[str, object]:
    """``NAME=JSON`` pairs. What is no JSON is taken as text.

    Raises:
        InvalidValue: no name, or JSON that is cut off.
    """
    fields: dict[str, object] = {}
    for each in assignments:
        name, sign, value = each.partition("=")
        if not sign or not name:
            raise InvalidValue(
                "{field}: {value} is not NAME=JSON",
                field="--field",
                value=each,
                remedy="write --field 'extent=32 pages' or --field 'places=[{{\"name\": \"Aberystwyth\"}}]'",
            )
        fields[name] = _json_or_text(value)
    return fields


def _json_or_text(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError as exc:
        if value[:1] in ("{", "["):
            raise InvalidValue(
                "{field}: {value} is no JSON: {why}",
                field="--field",
                value=value,
                why=str(exc),
                remedy="check quotes and brackets",
            ) from exc
        return value


def _agent(words: str) -> dict[str, object]:
    name, _, role = words.partition("|")
    return {"name": name, "role": role or "creator"}


def _date(words: str | None, edtf: str | None) -> dict[str, str] | None:
    if words is None and edtf is None:
        return None
    date = {"display": words or edtf or ""}
    return {**date, "edtf": edtf, "edtf_by": "human"} if edtf is not None else date


def _identifier(words: str) -> dict[str, str]:
    scheme, colon, value = words.partition(":")
    if not colon or not value:
        raise InvalidValue(
            "{field}: {value} is not SCHEME:VALUE",
            field="--identifier",
            value=words,
            remedy="write such as accession:1974.12, doi:10.5281/zenodo.1 or ark:12148/btv1b8449691v",
        )
    # An ARK's scheme is part of the identifier itself.
    return {"scheme": scheme, "value": words if scheme.lower() == "ark" else value}


def tool(words: str) -> dict[str, object]:
    """A tool that took part, from ``TOOL|KIND|ROLE|HUMAN`` or a JSON object.

    Raises:
        InvalidValue: neither.
    """
    if words.startswith("{"):
        value = _json_or_text(words)
        assert isinstance(value, dict)
        return value
    parts = words.split("|")
    if not 3 <= len(parts) <= 4:
        raise InvalidValue(
            "{field}: {value} is not TOOL|KIND|ROLE or TOOL|KIND|ROLE|HUMAN",
            field="--made-with",
            value=words,
            remedy="write such as 'Whisper large-v3|ai-model|transcribed|reviewed', or a JSON object",
        )
    return dict(zip(("tool", "kind", "role", "human"), parts, strict=False))
