"""The profiles that come with the package, as a reader would write them."""

from __future__ import annotations

from importlib import resources
from typing import Final

from knowchain.errors import NotFound
from knowchain.records.vocabulary.suggestions import remedy_for

__all__ = ["DEFAULT", "PRESETS", "preset"]

PRESETS: Final = ("balanced", "chronological", "plain", "scholarship", "small-languages", "wide")
DEFAULT: Final = "balanced"


def preset(name: str) -> str:
    """The text of a preset.

    Raises:
        NotFound: there is none of that name.
    """
    if name not in PRESETS:
        raise NotFound(
            "no preset is called {name}", remedy="{near}", name=name, near=remedy_for(name, PRESETS)
        )
    return resources.files(__name__).joinpath(f"{name}.toml").read_text("utf-8")
