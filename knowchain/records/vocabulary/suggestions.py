"""“Did you mean”: the nearest known word, in the form of a remedy."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

__all__ = ["nearest", "remedy_for"]

_SHOWN = 12


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that is most like ``word``, whatever its case; None when none is near."""
    return _nearest(word[:64].casefold(), tuple(known))


@lru_cache(1_024)
def _nearest(word: str, known: tuple[str, ...]) -> str | None:
    """Remembered: the same slip stands in many rows of a table."""
    from difflib import get_close_matches

    spelled = {name.casefold(): name for name in known}
    found = get_close_matches(word, spelled, n=1, cutoff=0.6)
    return spelled[found[0]] if found else None


def remedy_for(word: str, known: Iterable[str]) -> str:
    """What to say about a word that is not among ``known``: the nearest one, else what there is."""
    names = list(known)
    if (near := nearest(word, names)) is not None:
        return f"did you mean `{near}`"
    more = ", …" if len(names) > _SHOWN else ""
    return "give one of " + ", ".join(names[:_SHOWN]) + more
