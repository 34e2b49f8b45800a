"""Forks: a profile's text with another name and parent, and every other word and comment as it was."""

from __future__ import annotations

import json
import tomllib

from knowchain.errors import InvalidValue
from knowchain.identifiers import RecordId
from knowchain.ranking.profile_text import read_profile
from knowchain.ranking.toml_lines import line_of

__all__ = ["forked"]


def forked(text: str, *, name: str, parent: RecordId | None) -> str:
    """A profile to go on from.

    Args:
        text: of the profile that is forked.
        name: of the fork.
        parent: the record of the profile that is forked; None: it is not published, and no parent is stated.

    Raises:
        InvalidValue: the text or the name won't do, or its first lines are written in a way that can't be
            changed line by line.
    """
    before = read_profile(text)
    lines = text.splitlines()
    stated = tomllib.loads(text)
    if "parent" in stated:
        del lines[line_of(text, ("parent",)) - 1]
    at = line_of("\n".join(lines), ("name",)) - 1
    heading = [f"name = {_quoted(name)}"]
    if parent is not None:
        heading.append(f'parent = "{parent}"')
    lines[at : at + 1] = heading
    made = "\n".join(lines) + "\n"
    try:
        after = tomllib.loads(made)
    except tomllib.TOMLDecodeError:
        after = {}
    rest = {key: value for key, value in stated.items() if key not in ("name", "parent")}
    if {key: value for key, value in after.items() if key not in ("name", "parent")} != rest:
        raise InvalidValue(
            "{field}: name and parent of {value} do not stand on lines of their own",
            field="profile",
            value=before.name,
            remedy="copy it, and write both by hand",
        )
    read_profile(made)
    return made


def _quoted(name: str) -> str:
    """A name as TOML writes it; what JSON escapes, TOML reads."""
    return json.dumps(name, ensure_ascii=False)
