"""What feeds have shown the owner, and left languages owed: kept in this home, and never published.

Only profiles that weigh `novelty`, or give languages their part, read or add to it.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from knowchain.home.home import Home
from knowchain.identifiers import RecordId, parse_record_id
from knowchain.storage.reader import Reader

__all__ = ["Seen", "SeenForgotten", "forget_seen", "remember_seen", "seen_in"]

_SETTING: Final = "seen"
_MOST: Final = 10_000
"""Works that are remembered, those that were shown last."""
_SALT_BYTES: Final = 32


@dataclass(frozen=True, slots=True)
class Seen:
    """How often each work was shown, the one shown longest ago first, and the salt that goes with it.

    Attributes:
        owed: what each language is owed by now, in parts of a place.
    """

    times: dict[RecordId, int]
    salt: bytes
    owed: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class SeenForgotten:
    """How many works are not remembered any more."""

    works: int


def seen_in(reader: Reader) -> Seen:
    """What was shown; nothing, if nothing is remembered."""
    text = reader.setting(_SETTING)
    if text is None:
        return Seen({}, b"")
    kept = json.loads(text)
    times = {parse_record_id(rid): times for rid, times in kept["times"].items()}
    return Seen(times, bytes.fromhex(kept["salt"]), kept.get("owed", {}))


def remember_seen(
    home: Home, before: Seen, shown: Iterable[RecordId], owed: Mapping[str, int] | None
) -> None:
    """Count that these works were shown once more.

    Args:
        owed: what languages are owed from now on; None: what they were.
    """
    times = dict(before.times)
    for rid in shown:
        times[rid] = times.pop(rid, 0) + 1
    kept = {
        "salt": (before.salt or secrets.token_bytes(_SALT_BYTES)).hex(),
        "times": {str(rid): count for rid, count in list(times.items())[-_MOST:]},
        "owed": dict(before.owed if owed is None else owed),
    }
    home.store.set_setting(_SETTING, json.dumps(kept))


def forget_seen(home: Home, _request: None = None) -> SeenForgotten:
    """Forget what was shown: everything is new again."""
    with home.store.snapshot() as reader:
        known = len(seen_in(reader).times)
    home.store.remove_setting(_SETTING)
    return SeenForgotten(known)
