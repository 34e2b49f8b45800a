"""The targets in the settings: ``[[pinning.targets]]``. A token is never in them: they name where it is."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from typing import Final, Literal
from urllib.parse import urlsplit

from knowchain.storage.pin_states import PinRule

__all__ = ["WANTED", "TargetConfig", "read_targets", "read_targets_text", "shown_targets"]

WANTED: Final = (
    'a list of targets, such as [{name = "archive", kind = "kubo", url = "http://127.0.0.1:5001"}]; '
    "kind is kubo or service; pins, token_file and token_variable may follow"
)
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9_-]{0,31}")
_VARIABLE: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}")
_MOST: Final = 32
_FIELDS: Final = frozenset({"name", "kind", "url", "pins", "token_file", "token_variable"})


@dataclass(frozen=True, slots=True)
class TargetConfig:
    """A target.

    Attributes:
        name: by which the command calls it.
        kind: Kubo over its RPC, or a Pinning Service API.
        url: of Kubo's RPC, such as ``http://127.0.0.1:5001``, or of the service, without ``/pins``.
        pins: what is pinned there beside what is chosen.
        token_file: the file that holds the token; beneath the home if it is relative.
        token_variable: the environment variable that holds it.
    """

    name: str
    kind: Literal["kubo", "service"]
    url: str
    pins: PinRule = "published"
    token_file: str = ""
    token_variable: str = ""

    def __str__(self) -> str:
        return f"{self.name} ({self.kind}, {self.url}, {self.pins})"


def read_targets(value: object) -> tuple[TargetConfig, ...]:
    """From what TOML holds.

    Raises:
        ValueError: with the words for what is wanted.
    """
    if not isinstance(value, list) or len(value) > _MOST:
        raise ValueError(WANTED)
    targets = tuple(_target(each) for each in value)
    if len({target.name for target in targets}) != len(targets):
        raise ValueError("a list of targets with different names")
    return targets


def read_targets_text(text: str) -> tuple[TargetConfig, ...]:
    """From the environment or the command line, where it is written as in TOML.

    Raises:
        ValueError: with the words for what is wanted.
    """
    try:
        document = tomllib.loads(f"targets = {text.strip() or '[]'}")
    except (tomllib.TOMLDecodeError, RecursionError):
        raise ValueError(WANTED) from None
    return read_targets(document["targets"])


def shown_targets(value: object) -> object:
    """What was given, fit to be shown: a token that somebody put there by mistake is not repeated."""
    names = [each.get("name") for each in value if isinstance(each, dict)] if isinstance(value, list) else []
    return "[" + ", ".join(str(name)[:32] for name in names[:_MOST] if isinstance(name, str)) + " …]"


def _target(value: object) -> TargetConfig:
    if not isinstance(value, dict) or not all(isinstance(each, str) for each in value.values()):
        raise ValueError(WANTED)
    unknown = sorted(value.keys() - _FIELDS)
    if unknown:
        raise ValueError(f"{WANTED}; {unknown[0][:32]!r} is no field of a target")
    url = _url(str(value.get("url", "")))
    if not _NAME.fullmatch(value.get("name", "")):
        raise ValueError("a list of targets, each named in up to 32 of a-z, 0-9, - and _")
    if value.get("kind") not in ("kubo", "service"):
        raise ValueError("a list of targets, each of the kind kubo or service")
    if value.get("pins", "published") not in ("chosen", "published", "everything"):
        raise ValueError("a list of targets whose pins are chosen, published or everything")
    if not _VARIABLE.fullmatch(value.get("token_variable", "_")):
        raise ValueError("a list of targets; token_variable names an environment variable")
    return TargetConfig(**{**value, "url": url})


def _url(text: str) -> str:
    wanted = "a list of targets, each with a url that begins with http:// or https://, without user or query"
    try:
        parts = urlsplit(text)
        good = parts.scheme in ("http", "https") and parts.hostname and 0 <= (parts.port or 0) < 65536
    except ValueError:
        raise ValueError(wanted) from None
    plain = text.isascii() and text.isprintable() and not set(" \\\"'<>") & set(text)
    if not good or not plain or parts.username is not None or parts.query or parts.fragment:
        raise ValueError(wanted)
    return text.rstrip("/")
