"""Cleaning up although everything around is being cancelled, but not for ever."""

from __future__ import annotations

import trio

__all__ = ["cleaning"]


def cleaning(seconds: float) -> trio.CancelScope:
    """A scope in which cleaning up may wait for ``seconds`` even when the task is cancelled."""
    return trio.CancelScope(shield=True, deadline=trio.current_time() + seconds)
