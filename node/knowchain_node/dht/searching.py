"""One search: from the servers that are known to those that are nearer, until providers are found."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterable
from typing import Any, Final

from knowchain_node.dht.table import NEAREST, nearest
from knowchain_node.dht.wire import Message, Whereabouts

__all__ = ["Ask", "search"]

_AT_ONCE: Final = 3
_MOST_QUESTIONS: Final = 40
ENOUGH: Final = 8
"""Providers after which no more are looked for."""

Ask = Callable[[Whereabouts, Message], Coroutine[Any, Any, Message | None]]
"""Asks a server; None if it does not answer."""


async def search(
    question: Message, servers: Iterable[Whereabouts], ask: Ask, *, own: str, enough: int = ENOUGH
) -> tuple[list[Whereabouts], list[Whereabouts]]:
    """Ask the servers that are nearest to the question's key, and those that they name.

    Args:
        question: about providers or about nearest peers.
        servers: whom to begin with.
        ask: asks one, dialling it if need be.
        own: our own peer id, which is never asked.
        enough: providers after which the search ends.

    Returns:
        The providers that were named, and the servers that answered, nearest first.
    """
    known = {peer.id: peer for peer in servers}
    asked: set[str] = {own}
    answered: dict[str, Whereabouts] = {}
    providers: dict[str, Whereabouts] = {}
    while len(providers) < enough and len(asked) <= _MOST_QUESTIONS:
        front = [peer for peer in nearest(question.key, known.values()) if peer.id not in asked][:_AT_ONCE]
        if not front:
            break
        asked |= {peer.id for peer in front}
        for peer, answer in zip(front, await asyncio.gather(*(ask(p, question) for p in front)), strict=True):
            if answer is None:
                del known[peer.id]
                continue
            answered[peer.id] = peer
            for each in answer.providers:
                if each.id != own and (each.addresses or each.id not in providers):
                    providers[each.id] = each
            for each in answer.closer[:NEAREST]:
                if each.id not in asked:
                    known.setdefault(each.id, each)
    return list(providers.values()), nearest(question.key, answered.values())
