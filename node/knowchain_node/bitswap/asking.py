"""Whom we ask for which block, of several who may have it. No I/O, and time is a value.

All providers are asked at first whether they have what is wanted (want-have). A provider that has it is
expected to have what it links to as well, and each block is asked of one such provider. One that has not
(DONT_HAVE) is not asked for that block again, and the next one is. One that gives nothing for long is left.
"""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from knowchain.identifiers import Cid
from knowchain_node.bitswap.wire import Entry

__all__ = ["MOST_PROVIDERS", "PATIENCE", "Asking"]

PATIENCE: Final = 30.0
"""Seconds without anything that was asked for, after which a provider is left."""
MOST_PROVIDERS: Final = 32
"""Providers of one fetch."""
_AHEAD: Final = 8 * 2**20
"""Bytes of blocks that are asked for at once, of all providers, as far as blocks so far tell."""
_FEWEST, _MOST_LIVE = 4, 512
"""Blocks that are asked of one provider at once."""
_MESSAGES: Final = 32
"""Messages that one provider may have under way, as far as blocks so far tell."""
_MESSAGE: Final = 16 * 1024
"""Kubo closes a message at about so many bytes, and opens a stream for each."""


@dataclass(slots=True)
class _Provider:
    heard: float
    """When it last said or gave something that was asked for, or was asked while nothing was owed."""
    has: bool = False
    probed: bool = False
    answered: bool = False
    reminded: bool = False
    live: dict[Cid, float] = field(default_factory=dict)
    """What it owes, and since when."""
    lacks: set[Cid] = field(default_factory=set)
    orders: list[Entry] = field(default_factory=list)


class Asking:
    """What is wanted, of whom it is asked, and what they said.

    Args:
        now: the time, in seconds.
        patience: seconds; see :data:`PATIENCE`.
    """

    def __init__(self, now: float, patience: float = PATIENCE) -> None:
        self._patience = patience
        self._providers: dict[str, _Provider] = {}
        self._may_give: dict[str, Counter[Cid]] = {}
        self._queue: deque[Cid] = deque()
        self._average = 256.0 * 1024
        self._probing_until = now
        self.stalled: list[str] = []
        """Providers that were left because they gave nothing."""
        self.lost: dict[str, str] = {}
        """Providers that were left before they said that they have nothing, and why."""

    # --- what happens -------------------------------------------------------------------------------------

    def add(self, peer: str, now: float) -> None:
        """Somebody may have it."""
        if peer in self._may_give:
            return
        if len(self._providers) >= MOST_PROVIDERS and not self._made_room():
            return
        self._providers[peer] = _Provider(now)
        self._may_give[peer] = Counter()
        self._probing_until = now + self._patience / 15

    def want(self, cids: Iterable[Cid]) -> None:
        """Blocks are wanted, each once."""
        self._queue.extend(cids)

    def told(self, peer: str, cid: Cid, *, have: bool, now: float) -> None:
        """A provider says whether it has a block."""
        provider = self._providers.get(peer)
        if provider is None:
            return
        provider.answered, provider.heard, provider.reminded = True, now, False
        if have:
            provider.has = True
            return
        provider.lacks.add(cid)
        if provider.live.pop(cid, None) is not None and not self._is_live(cid):
            self._queue.appendleft(cid)

    def came(self, peer: str, cid: Cid, size: int, now: float) -> bool:
        """A block came; whether it was asked of that provider, and was not given by it before.

        Each time that it is asked it may be given twice: what is said may reach a peer twice, when a stream
        breaks under it.
        """
        may_give = self._may_give.get(peer, Counter())
        if not may_give[cid]:
            return False
        may_give[cid] -= 1
        self._average = 0.9 * self._average + 0.1 * size
        provider = self._providers.get(peer)
        if provider is not None:
            provider.has, provider.answered, provider.heard, provider.reminded = True, True, now, False
        was_live = False
        for name, each in self._providers.items():
            if each.live.pop(cid, None) is not None:
                was_live = True
                if name != peer:
                    each.orders.append(Entry(cid, cancel=True))
        if not was_live and cid in self._queue:
            self._queue.remove(cid)  # a small block is given to who asks whether it is there
        return True

    def left(self, peer: str, why: str) -> None:
        """A provider is not asked any more: what it owes is asked of others."""
        provider = self._providers.pop(peer, None)
        if provider is not None:
            if provider.has or not provider.answered:
                self.lost[peer] = why
            self._queue.extendleft(cid for cid in provider.live if not self._is_live(cid))

    # --- what is to be done -------------------------------------------------------------------------------

    @property
    def providers(self) -> tuple[str, ...]:
        """Who is asked."""
        return tuple(self._providers)

    def nobody_has(self) -> Cid | None:
        """A wanted block that no provider can be asked for: all said that they have it not, or were left."""
        wanted = next(iter(self._queue), None)
        if wanted is None:
            return None
        may = [each for each in self._providers.values() if wanted not in each.lacks]
        return None if may else wanted

    def is_unsure(self, now: float) -> bool:
        """Whether nobody said to have anything, in the time in which one does."""
        return now >= self._probing_until and not any(each.has for each in self._providers.values())

    def orders(self, now: float) -> dict[str, list[Entry]]:
        """What each provider is to be told now."""
        self._leave_stalled(now)
        self._probe()
        self._assign(now)
        self._double(now)
        found = {name: each.orders for name, each in self._providers.items() if each.orders}
        for name in found:
            self._providers[name].orders = []
        return found

    def cancelled(self) -> dict[str, list[Entry]]:
        """What each provider is to be told at the end: it owes nothing any more."""
        return {
            name: [Entry(cid, cancel=True) for cid in each.live]
            for name, each in self._providers.items()
            if each.live
        }

    # --- inside -------------------------------------------------------------------------------------------

    def _made_room(self) -> bool:
        """Let go of a provider that said that it has nothing; whether there was one."""
        for name, each in self._providers.items():
            if each.answered and not each.has:
                del self._providers[name]
                return True
        return False

    def _is_live(self, cid: Cid) -> bool:
        return any(cid in each.live for each in self._providers.values())

    def _leave_stalled(self, now: float) -> None:
        for name, each in tuple(self._providers.items()):
            owes = bool(each.live) or (each.probed and not each.answered)
            if not owes:
                each.heard = now
            elif now - each.heard >= self._patience:
                self.stalled.append(name)
                self.left(name, f"it gave nothing for {self._patience:g} s")
            elif now - each.heard >= self._patience / 4 and not each.reminded:
                each.reminded = True  # what was said may have been lost with a stream
                each.orders += [self._want(name, cid) for cid in each.live]

    def _probe(self) -> None:
        wanted = next(iter(self._queue), None)
        if wanted is None:
            return
        alone = len(self._providers) == 1
        for name, each in self._providers.items():
            if not (each.probed or each.has):
                each.probed = True
                if alone:
                    each.has, each.answered = True, True  # it is asked for the block itself
                else:
                    each.orders.append(self._want(name, wanted, have=True))

    def _assign(self, now: float) -> None:
        while self._queue:
            cid = self._queue[0]
            chosen = self._chosen(cid, now)
            if chosen is None:
                return
            self._queue.popleft()
            self._ask(chosen, cid, now)

    def _chosen(self, cid: Cid, now: float) -> str | None:
        """The provider with the least to do, of those that have what is wanted."""
        may = [(name, each) for name, each in self._providers.items() if cid not in each.lacks]
        sure = [pair for pair in may if pair[1].has]
        if not sure and now < self._probing_until and any(not each.answered for _, each in may):
            return None
        free = [(len(each.live), name) for name, each in sure or may if len(each.live) < self._window()]
        return min(free)[1] if free else None

    def _window(self) -> int:
        """How many blocks one provider is asked for at once."""
        active = sum(each.has for each in self._providers.values()) or 1
        size = max(1.0, self._average)
        in_messages = max(_MESSAGES, int(_MESSAGES * _MESSAGE / size))
        return max(_FEWEST, min(_MOST_LIVE, in_messages, int(_AHEAD / size) // active))

    def _ask(self, name: str, cid: Cid, now: float) -> None:
        provider = self._providers[name]
        if not provider.live:
            provider.heard = now
        provider.live[cid] = now
        provider.orders.append(self._want(name, cid))

    def _want(self, name: str, cid: Cid, *, have: bool = False) -> Entry:
        self._may_give[name][cid] += 2
        return Entry(cid, have=have, dont_have=True)

    def _double(self, now: float) -> None:
        """At the end, ask those who have nothing to do for what others are slow with."""
        if self._queue:
            return
        for name, idle in self._providers.items():
            if idle.live or not idle.has:
                continue
            slow = [
                cid
                for each in self._providers.values()
                for cid, since in each.live.items()
                if now - since >= self._patience / 6 and cid not in idle.lacks
            ]
            for cid in slow[: self._window()]:
                self._ask(name, cid, now)
