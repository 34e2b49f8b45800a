"""What a condition may name, and of which type each is.

A signal is named as in `weights`, save that `label:NAME` is `label.NAME`, and that hyphens in names of axes
and labels are written `_`, since a hyphen is a minus. ``age`` is the work's age in seconds. ``novelty`` is
no name, so that what a filter drops tells nobody what the reader was shown.
"""

from __future__ import annotations

from typing import Final, Literal, TypeAlias

from knowchain.ranking.signals import LABEL, SIGNALS, find_signal

__all__ = ["DECLARED", "Type", "signal_of", "type_of"]

Type: TypeAlias = Literal["int", "string", "bool", "list(string)", "list(int)", "list(bool)"]

_SIGNALS: Final[dict[str, Type]] = dict.fromkeys(
    (name for name in SIGNALS if name not in ("age", "novelty")), "int"
)
DECLARED: Final[dict[str, Type]] = _SIGNALS | {
    "age": "int",
    "author": "string",
    "collections": "list(string)",
    "followed": "bool",
    "lang": "string",
    "langs": "list(string)",
    "reader.blocked": "list(string)",
    "reader.langs": "list(string)",
    "topics": "list(string)",
}
"""Of each name its type; beside them `axis.NAME` and `label.NAME`, which are ints."""


def signal_of(name: str) -> str | None:
    """The signal that a name in a condition stands for; None if it stands for something else."""
    if name in ("age", "novelty"):
        return None
    head, dot, rest = name.partition(".")
    if dot and head in ("axis", "label"):
        separator = LABEL if head == "label" else "axis."
        name = separator + rest.replace("_", "-")
    return name if find_signal(name) is not None else None


def type_of(name: str) -> Type | None:
    """The type of a declared name; None if it is not declared."""
    return DECLARED.get(name) or ("int" if signal_of(name) is not None else None)
