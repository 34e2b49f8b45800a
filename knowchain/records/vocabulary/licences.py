"""Licences: SPDX expressions, and the URIs of Creative Commons."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache
from typing import Any, Final

from knowchain.errors import InvalidValue
from knowchain.records.vocabulary.canonical import Canonical

__all__ = ["spdx", "uri"]

_MAX_LENGTH: Final = 500
_CUSTOM: Final = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+")
_VERSION: Final = re.compile(r"\d+(?:\.\d+)*")
_CC: Final = re.compile(
    r"https?://(?:www\.)?creativecommons\.org/"
    r"(licenses/(?:by|by-sa|by-nd|by-nc|by-nc-sa|by-nc-nd)/(?:1\.0|2\.0|2\.5|3\.0|4\.0)(?:/[a-z]{2,4})?"
    r"|publicdomain/(?:zero|mark)/1\.0)"
    r"(?:/(?:deed|legalcode)(?:\.[A-Za-z_-]+)?)?/?",
)
_URI: Final = re.compile(r"https?://[^\s/?#]+[^\s]*")


def spdx(text: str, *, field: str = "spdx") -> Canonical:
    """An SPDX licence expression in normal form; ``LicenseRef-…`` names a licence outside the list.

    Raises:
        InvalidValue: not an expression, or a licence that SPDX does not list.
    """
    expression = _parsed(text, field)
    unknown = [key for key in _licensing().unknown_license_keys(expression) if not _CUSTOM.fullmatch(key)]
    if unknown:
        raise _not_spdx(text, field, _nearest(unknown[0]))
    normal = str(expression.render())
    if normal.casefold() == text.strip().casefold():
        return Canonical(normal)
    warning = InvalidValue(
        "{field}: {value} is stored as `{normal}`",
        field=field,
        value=text,
        normal=normal,
        remedy="write `{normal}`",
    )
    return Canonical(normal, warning)


def uri(text: str, *, field: str = "uri") -> Canonical:
    """The URI of a licence; those of Creative Commons in canonical form (https, slash at the end).

    Raises:
        InvalidValue: not a web address.
    """
    if found := _CC.fullmatch(text.strip()):
        return Canonical(f"https://creativecommons.org/{found[1]}/")
    if not _URI.fullmatch(text):
        raise InvalidValue(
            "{field}: {value} is not the URI of a licence",
            field=field,
            value=text,
            remedy="give `https://creativecommons.org/licenses/by/4.0/`, or an SPDX expression in `spdx`",
        )
    warning = InvalidValue(
        "{field}: {value} is not a Creative Commons licence that is known here",
        field=field,
        value=text,
        remedy="kept as it is; add `spdx` if SPDX lists the licence",
    )
    return Canonical(text, warning)


@cache
def _licensing() -> Any:
    from license_expression import get_spdx_licensing

    return get_spdx_licensing()


def _parsed(text: str, field: str) -> Any:
    from license_expression import ExpressionError

    try:
        if not 0 < len(text) <= _MAX_LENGTH:
            raise ValueError("length")
        expression = _licensing().parse(text, strict=True)
    except (ExpressionError, ValueError, TypeError, AttributeError, IndexError, RecursionError) as exc:
        raise _not_spdx(text, field, _nearest(text)) from exc
    if expression is None:
        raise _not_spdx(text, field, _nearest(text))
    return expression


def _not_spdx(text: str, field: str, near: str | None) -> InvalidValue:
    remedy = f"did you mean `{near}`" if near else "give an identifier of spdx.org/licenses"
    return InvalidValue("{field}: {value} is not an SPDX expression", field=field, value=text, remedy=remedy)


def _nearest(text: str) -> str | None:
    """The licence that was meant: the newest version of a name without one, else the most alike."""
    from knowchain.records.vocabulary.suggestions import nearest

    known = [key for key in _licensing().known_symbols if not key.startswith("LicenseRef-")]
    stem = f"{text.strip().replace(' ', '-').casefold()}-"
    versions = [
        key for key in known if key.casefold().startswith(stem) and _VERSION.fullmatch(key[len(stem) :])
    ]
    return _newest(versions) or nearest(text, known)


def _newest(keys: Iterable[str]) -> str | None:
    return max(keys, key=lambda key: [int(n) for n in _VERSION.findall(key)[-1].split(".")], default=None)
