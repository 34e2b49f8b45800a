"""What `content` has to do with targets: the way to them without a peer, and how they are shown."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from knowchain.errors import InvalidValue
from knowchain.home.content import NewContent, add_content, parse_address
from knowchain.home.pinning import declare_targets
from knowchain.storage.pin_states import RemotePin, TargetState
from knowchain_cli.catalogue import Word
from knowchain_cli.messages import pinning as text
from knowchain_cli.messages.contents import COLUMN_CID
from knowchain_cli.quantities import moment
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session

__all__ = ["brought", "counts_of", "read_targets", "tell_pins", "tell_targets"]

_UNDER_WAY = ("wanted", "queued", "pinning")


def read_targets(session: Session) -> None:
    """Where no peer runs, that would have done so, have the home know which targets the settings name."""
    from knowchain.home import Layout
    from knowchain_node.pinning.opening import declared_targets
    from knowchain_node.running import effective_settings

    layout = Layout(session.root)
    if not layout.exists or session.running_peer() is not None:
        return
    targets = effective_settings(layout, dict(os.environ), []).config.pinning.targets
    if targets or layout.pins.exists():
        with session.home("targets") as home:
            declare_targets(home, declared_targets(targets))


def brought(session: Session, word: str, name: str | None) -> str:
    """The address that a word names; a path on this disk that is no address is brought in first."""
    try:
        parse_address(word)
    except InvalidValue:
        if os.path.lexists(word):
            return str(session.ask(add_content, NewContent(str(Path(word)), name)).cid)
    return word


def counts_of(pins: Mapping[str, int]) -> dict[str, int]:
    """How many are pinned, under way, failed, and to go."""
    return {
        "pinned": pins.get("pinned", 0),
        "under_way": sum(pins.get(state, 0) for state in _UNDER_WAY),
        "failed": pins.get("failed", 0),
        "going": pins.get("unpinning", 0),
    }


def tell_targets(screen: Screen, targets: Sequence[TargetState]) -> None:
    """A line for each target."""
    columns = (text.TARGET, text.PINNED, text.UNDER_WAY, text.FAILED, text.GOING, text.PROBLEM)
    rows: list[tuple[Any, ...]] = []
    for one in targets:
        problem: object = one.reason if one.declared else text.NOT_SET
        rows.append((one.name, *counts_of(one.pins).values(), problem))
    screen.table(columns, rows)


def tell_pins(screen: Screen, pins: Sequence[RemotePin]) -> None:
    """A line for each pin of a target."""
    columns = (COLUMN_CID, text.STATE_COLUMN, text.TRIES, text.NEXT, text.REASON)
    screen.table(
        columns,
        [
            (one.cid, Word(one.state), one.tries, moment(one.next_try) if one.next_try else "", one.reason)
            for one in pins
        ],
    )
