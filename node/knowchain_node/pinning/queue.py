"""The queue of one target: what is due there is done, what fails is tried again, and nothing is forgotten.

What is to be done stands in the home's :class:`~knowchain.storage.remote_pins.RemotePins`, and each step is
written there before the next. So a process that is killed goes on from there; what it had asked for and not
yet written down is found at the target, and not asked for twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncGenerator, Callable
from functools import partial
from typing import Final

from knowchain.errors import KnowchainError
from knowchain.identifiers import Cid
from knowchain.storage.pin_states import Found, RemotePin, TargetState
from knowchain.storage.remote_pins import RemotePins
from knowchain_node.pinning.reconciling import reconcile
from knowchain_node.pinning.targets import PinRefused, Target, TargetUnready

__all__ = ["Backoff", "PinQueue"]

_log = logging.getLogger("knowchain.pinning")
_AT_ONCE: Final = 4
_IDLE: Final = 60.0
ROUNDS: Final = 6 * 3600.0
"""Seconds between two reconciliations."""


class Backoff:
    """Pauses that double, up to a longest, each drawn from the upper half of its length.

    Args:
        jitter: a number from 0 to 1, another each time.
        first: seconds before the second attempt.
        longest: seconds before any attempt.
    """

    def __init__(self, jitter: Callable[[], float], first: float = 4.0, longest: float = 3600.0) -> None:
        self._jitter = jitter
        self._first = first
        self._longest = longest

    def __call__(self, tries: int) -> float:
        """Seconds to wait after that many attempts in a row that failed, 1 or more."""
        whole = min(self._first * 2.0 ** min(tries - 1, 32), self._longest)
        return whole * (0.5 + 0.5 * self._jitter())


class PinQueue:
    """The queue. :meth:`run` has no end; it is cancelled.

    Args:
        target: whose queue.
        pins: where it stands.
        blocks: the bytes of a CAR with everything under a CID.
        clock: milliseconds since 1970, as that of ``pins``.
        failing: pauses after failures.
        polling: pauses between two looks at what the target is working on.
        rounds: seconds between two reconciliations.
    """

    def __init__(
        self,
        target: Target,
        pins: RemotePins,
        blocks: Callable[[Cid], AsyncGenerator[bytes, None]],
        *,
        clock: Callable[[], int],
        failing: Backoff,
        polling: Backoff,
        rounds: float = ROUNDS,
    ) -> None:
        self._target = target
        self._pins = pins
        self._blocks = blocks
        self._clock = clock
        self._failing = failing
        self._polling = polling
        self._rounds = rounds
        self._greeted = False
        self._unlisted: tuple[int, int] | None = None  # failed lists in a row, and when the next is due
        self._wake = asyncio.Event()
        self._busy: set[Cid] = set()

    def wake(self) -> None:
        """There may be something new to do. For the event loop's thread."""
        self._wake.set()

    async def run(self) -> None:
        """Do what is due, for ever.

        Raises:
            StorageFault, Corruption: of the home's own disk.
        """
        async with asyncio.TaskGroup() as tasks:
            while True:
                self._wake.clear()
                wait = await self._turn(tasks)
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(wait):  # wait_for may lose a cancellation
                        await self._wake.wait()

    # --- one turn ----------------------------------------------------------------------------------------

    async def _turn(self, tasks: asyncio.TaskGroup) -> float:
        """Begin what is due and what there is room for; seconds after which to look again."""
        state = await asyncio.to_thread(self._state)
        if state is None:
            return _IDLE
        if state.next_try is not None and (left := state.next_try - self._clock()) > 0:
            return min(left / 1000, _IDLE)
        if not self._greeted and not await self._greet():
            return 0.0
        if self._round_is_due(state):
            await self._reconcile(state)
            return 0.0
        room = _AT_ONCE - len(self._busy)
        if room <= 0:
            return _IDLE  # the next that ends wakes us
        now = self._clock()  # the same for both questions: nothing may come due between them
        due = await asyncio.to_thread(self._pins.due, self._target.name, now, room + len(self._busy))
        fresh = [pin for pin in due if pin.cid not in self._busy][:room]
        for pin in fresh:
            self._busy.add(pin.cid)
            tasks.create_task(self._work(pin), name=f"pin {pin.cid}")
        if len(fresh) == room:
            return _IDLE
        upcoming = await asyncio.to_thread(self._pins.next_due, self._target.name, now)
        return _IDLE if upcoming is None else min(max(upcoming - self._clock(), 0) / 1000 + 0.001, _IDLE)

    def _state(self) -> TargetState | None:
        return self._pins.target(self._target.name)

    async def _greet(self) -> bool:
        try:
            _log.info("the target %s answers: %s", self._target.name, await self._target.greet())
        except (TargetUnready, PinRefused) as exc:
            await self._pause(exc)
            return False
        self._greeted = True
        await asyncio.to_thread(self._pins.answered, self._target.name)
        return True

    # --- reconciliation ----------------------------------------------------------------------------------

    def _round_is_due(self, state: TargetState) -> bool:
        if self._unlisted is not None:
            return self._clock() >= self._unlisted[1]
        return state.reconciled is None or self._clock() - state.reconciled >= self._rounds * 1000

    async def _reconcile(self, state: TargetState) -> None:
        """Compare. A list that can't be had holds up nothing but the comparison."""
        tries = 1 if self._unlisted is None else self._unlisted[0] + 1
        try:
            done = await reconcile(self._target, self._pins, poll=self._after(self._polling(1)))
        except TargetUnready as exc:
            if not exc.blames_pin:
                await self._pause(exc)
            self._unlisted = (tries, self._after(self._failing(tries)))
            _log.warning("the pins at %s can't be listed: %s", state.name, exc.why)
        except PinRefused as exc:
            self._unlisted = (tries, self._after(self._failing(tries)))
            _log.warning("the pins at %s can't be listed: %s", state.name, exc.why)
        else:
            self._unlisted = None
            _log.info(
                "%s was reconciled: %d pins of ours, %d of others, %d lost and asked for again",
                state.name, done.there, done.others, done.lost,
            )  # fmt: skip

    # --- one pin -----------------------------------------------------------------------------------------

    async def _work(self, pin: RemotePin) -> None:
        try:
            match pin.state:
                case "unpinning":
                    await self._unpin(pin)
                case "queued" | "pinning":
                    await self._look(pin)
                case _:
                    await self._pin(pin)
            await self._answered()
        except TargetUnready as exc:
            await self._pause(exc)
            if exc.blames_pin:
                await self._not_done(pin, exc.why)
        except PinRefused as exc:
            await self._answered()
            await self._not_done(pin, exc.why)
        except KnowchainError as exc:  # what was to be sent can't be read here; others may be
            await self._not_done(pin, str(exc))
        finally:
            self._busy.discard(pin.cid)
            self._wake.set()

    async def _pin(self, pin: RemotePin) -> None:
        found = await self._target.find(pin.cid, pin.request)
        failed = found is not None and found.state == "failed"
        if found is not None and not failed and not (pin.sent or found.is_ours):
            await self._taken(pin, found)  # somebody else pinned it there: it is left as it is
            return
        if not await asyncio.to_thread(self._pins.sending, pin):
            return
        if found is None or failed:
            pieces = partial(self._blocks, pin.cid)
            replacing = found.request if found is not None and (pin.sent or found.is_ours) else ""
            found = await self._target.pin(pin.cid, pin.name, pieces, replacing)
        await self._taken(pin, found)

    async def _look(self, pin: RemotePin) -> None:
        found = await self._target.find(pin.cid, pin.request)
        if found is None:
            raise PinRefused(self._target.name, "it knows nothing of this pin any more")
        await self._taken(pin, found)

    async def _unpin(self, pin: RemotePin) -> None:
        await self._target.unpin(pin.cid, pin.request)
        await asyncio.to_thread(self._pins.unpinned, pin)

    async def _taken(self, pin: RemotePin, found: Found) -> None:
        if found.state == "failed":
            raise PinRefused(self._target.name, f"it failed: {found.reason or 'it does not say why'}")
        due = None if found.state == "pinned" else self._after(self._polling(pin.tries + 1))
        await asyncio.to_thread(self._pins.taken, pin, found, due)

    # --- failures ----------------------------------------------------------------------------------------

    def _after(self, seconds: float) -> int:
        return self._clock() + round(seconds * 1000)

    async def _not_done(self, pin: RemotePin, why: str) -> None:
        _log.debug("%s: %s: %s", self._target.name, pin.cid, why)  # the pin's row tells it to whoever asks
        await asyncio.to_thread(self._pins.not_done, pin, self._after(self._failing(pin.tries + 1)), why)

    async def _answered(self) -> None:
        state = await asyncio.to_thread(self._state)
        if state is not None and state.tries:
            await asyncio.to_thread(self._pins.answered, self._target.name)

    async def _pause(self, exc: TargetUnready | PinRefused) -> None:
        """Ask nothing of the target for a while; at least as long as it says itself."""
        state = await asyncio.to_thread(self._state)
        now = self._clock()
        if state is None or (state.next_try is not None and state.next_try > now):
            return  # another one that was under way has seen it already
        tries = state.tries + 1
        wait = max(self._failing(tries), getattr(exc, "wait", None) or 0.0)
        _log.warning("the target %s is left alone for %.0f s: %s", state.name, wait, exc.why)
        await asyncio.to_thread(self._pins.pause, state.name, tries, self._after(wait), exc.why)
