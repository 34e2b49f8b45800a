"""Standing: the flags of a record, a function of the set of records held and of nothing else.

Flags guide what is shown; they delete nothing and reject nothing. docs/spec/records.md, section 3,
defines them; the words *arguable* and *firm* are used here as there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from enum import StrEnum

from knowchain.chains.holdings import DISPUTES, ERASES, WITHDRAWING, Entry, Holdings
from knowchain.chains.identity import IdentityState, Revoked
from knowchain.chains.runs import Place, Run, Runs
from knowchain.chains.tips import Log
from knowchain.identifiers import PublicKey, RecordId

__all__ = ["Flag", "Standing"]


class Flag(StrEnum):
    """What is said of a record beside its content."""

    SUPERSEDED = "superseded"
    """On a branch of its identity that a higher rank outweighs, or of a key that no tip names."""
    CONTESTED = "contested"
    """The tips of its identity disagree about it."""
    REVOKED = "revoked"
    """Its identity disavows it."""
    FORKED = "forked"
    """Its key signed something beside it that neither precedes nor follows it."""
    MERGED = "merged"
    """It was forked, and a later record of its key follows both sides."""
    RETRACTED = "retracted"
    """Whoever acts for its author takes it back."""
    ERASED = "erased"
    """Whoever acts for its author firmly wants its body gone."""
    DISPUTED = "disputed"
    """Somebody disputes it."""


@dataclass(frozen=True, slots=True)
class _Authority:
    """What the tips of an identity say of one run of one key."""

    limits: tuple[int, ...]
    """For each tip that names the key: the last sequence number of the run that it accepts; −1: none."""
    unnamed: bool
    """Whether some tip does not name the key."""

    @property
    def live_until(self) -> int:
        """The last sequence number that is neither revoked nor superseded; −1: none."""
        if not self.limits:
            return -1
        return _FOREVER if self.unnamed else max(self.limits)

    def flag(self, seq: int) -> Flag | None:
        """The authority flag of the record at ``seq``."""
        if not self.limits:
            return Flag.SUPERSEDED
        if self.unnamed:
            return Flag.CONTESTED
        if seq <= min(self.limits):
            return None
        return Flag.REVOKED if seq > max(self.limits) else Flag.CONTESTED

    def arguable(self, seq: int) -> bool:
        """Whether some tip accepts the record at ``seq``."""
        return any(seq <= limit for limit in self.limits)


_FOREVER = 1 << 53


@dataclass(frozen=True, slots=True)
class _Chain:
    """One key's runs with what the tips say of each."""

    runs: Runs
    authority: dict[int, _Authority]


class Standing:
    """Computes flags over one unchanging set of records; it remembers what it has worked out.

    Args:
        holdings: the set. When it changes, make a new Standing.
    """

    def __init__(self, holdings: Holdings) -> None:
        self._holdings = holdings
        self._logs: dict[RecordId, Log] = {}
        self._states: dict[RecordId, tuple[IdentityState, ...]] = {}
        self._chains: dict[PublicKey, _Chain] = {}
        self._entries: dict[RecordId, Entry | None] = {}
        self._retracted: dict[RecordId, bool] = {}

    def tips(self, author: RecordId) -> tuple[RecordId, ...]:
        """The tips of an identity; empty if it is not held."""
        return self._log(author).tips

    def state(self, author: RecordId) -> tuple[IdentityState, ...]:
        """The state of an identity at each of its tips, in the order of :meth:`tips`."""
        known = self._states.get(author)
        if known is None:
            known = tuple(self._holdings.state(tip) for tip in self.tips(author))
            self._states[author] = known
        return known

    def flags(self, rid: RecordId) -> frozenset[Flag]:
        """The flags of a held record; empty for one that is not held."""
        entry = self._entry(rid)
        if entry is None:
            return self._log_flags(rid)
        flags: set[Flag] = set()
        authority = self._authority(entry)
        if (flag := authority.flag(entry.place.seq)) is not None:
            flags.add(flag)
        if (fork := self._fork_flag(entry)) is not None:
            flags.add(fork)
        if self.retracted(rid):
            flags.add(Flag.RETRACTED)
        flags |= self._pointed_flags(entry)
        return frozenset(flags)

    def acts_for(self, actor: RecordId, owner: RecordId, *, firmly: bool) -> bool:
        """Whether ``actor`` may withdraw and officially revise what ``owner`` made.

        An identity acts for itself, and for every identity whose offer it accepted, transitively.

        Args:
            actor: the identity that acts.
            owner: the identity whose records are meant.
            firmly: True asks that every tip agrees; False, that some tip says so.
        """
        quantifier: Callable[[Iterable[object]], bool] = all if firmly else any
        found = {owner}
        todo = [owner]
        while todo:
            if actor in found:
                return True
            states = self.state(todo.pop())
            offers = {state.handover for state in states}
            for offer in offers:
                if offer is None or (firmly and len(offers) > 1) or offer.to in found:
                    continue
                heirs = self.state(offer.to)
                if heirs and quantifier(offer.record in heir.accepted for heir in heirs):
                    found.add(offer.to)
                    todo.append(offer.to)
        return actor in found

    def arguable(self, rid: RecordId) -> bool:
        """Whether some tip of its identity accepts an ordinary record."""
        entry = self._entry(rid)
        return entry is not None and self._authority(entry).arguable(entry.place.seq)

    def firm(self, rid: RecordId) -> bool:
        """Whether every tip of its identity accepts an ordinary record."""
        entry = self._entry(rid)
        return entry is not None and self._authority(entry).flag(entry.place.seq) is None

    def retracted(self, rid: RecordId) -> bool:
        """Whether a record is taken back, by a withdrawal that is not itself taken back.

        Withdrawals of withdrawals (reinstatements) are followed without recursion: a chain of them
        may be long, and it can't be a cycle, since a record's id covers what it refers to.
        """
        stack = [rid]
        while stack:
            top = stack[-1]
            if top in self._retracted:
                stack.pop()
                continue
            candidates = self._withdrawers(top)
            unknown = [c for c in candidates if c not in self._retracted]
            if unknown:
                stack.extend(unknown)
                continue
            self._retracted[top] = any(not self._retracted[c] for c in candidates)
            stack.pop()
        return self._retracted[rid]

    # --- authority -----------------------------------------------------------------------------

    def _log(self, author: RecordId) -> Log:
        known = self._logs.get(author)
        if known is None:
            known = self._logs[author] = Log.resolve(self._holdings.log(author))
        return known

    def _log_flags(self, rid: RecordId) -> frozenset[Flag]:
        author = self._holdings.log_author(rid)
        if author is None:
            return frozenset()
        log = self._log(author)
        if rid in log.superseded:
            return frozenset({Flag.SUPERSEDED})
        return frozenset({Flag.CONTESTED}) if rid in log.contested else frozenset()

    def _entry(self, rid: RecordId) -> Entry | None:
        if rid not in self._entries:
            self._entries[rid] = self._holdings.entry(rid)
        return self._entries[rid]

    def _authority(self, entry: Entry) -> _Authority:
        return self._chain(entry).authority[entry.place.run]

    def _chain(self, entry: Entry) -> _Chain:
        known = self._chains.get(entry.key)
        if known is None:
            runs = Runs(self._holdings.runs(entry.key))
            authority = {run.id: self._run_authority(entry, runs, run) for run in runs}
            known = self._chains[entry.key] = _Chain(runs, authority)
        return known

    def _run_authority(self, entry: Entry, runs: Runs, run: Run) -> _Authority:
        limits: list[int] = []
        unnamed = False
        for state in self.state(run.author):
            if entry.key_id not in state.devices:
                unnamed = True
                continue
            device = state.devices[entry.key_id]
            limits.append(_FOREVER if device is None else self._limit(entry.key, runs, run, device))
        return _Authority(tuple(limits), unnamed)

    def _limit(self, key: PublicKey, runs: Runs, run: Run, revoked: Revoked) -> int:
        """The last sequence number of ``run`` that a revocation leaves in force."""
        if revoked.cut is None:
            return -1
        cut_author = self._holdings.log_author(revoked.cut.record)
        cut = self._entry(revoked.cut.record)
        if cut is None and cut_author is None:
            return revoked.cut.seq - 1  # the cut's record is not held: its number decides for now
        if cut is None or cut.key != key:
            return -1
        if cut.place.run == run.id:
            return cut.place.seq
        return runs.before(cut.place.run).get(run.id, -1)

    # --- forks ---------------------------------------------------------------------------------

    def _fork_flag(self, entry: Entry) -> Flag | None:
        chain = self._chain(entry)
        if len(chain.runs) == 1 or entry.place.seq > chain.authority[entry.place.run].live_until:
            return None
        ends = {
            run.id: Place(run.id, min(run.end, chain.authority[run.id].live_until))
            for run in chain.runs
            if chain.authority[run.id].live_until >= run.start
        }
        rivals = [rival for end in ends.values() if (rival := _rival(chain.runs, entry.place, end))]
        if not rivals:
            return None
        joints = [end for end in ends.values() if chain.runs.covers(end, entry.place)]
        if all(any(chain.runs.covers(joint, rival) for joint in joints) for rival in rivals):
            return Flag.MERGED
        return Flag.FORKED

    # --- what points at a record -----------------------------------------------------------------

    def _withdrawers(self, rid: RecordId) -> list[RecordId]:
        """The records that withdraw ``rid`` with sufficient authority, taken back or not."""
        target = self._entry(rid)
        if target is None:
            return []
        # A reinstatement destroys a protection, so it must be firm; a first withdrawal need not be.
        firmly = target.withdraws
        accepted = self.firm if firmly else self.arguable
        found = []
        for pointer in self._holdings.pointers(rid, WITHDRAWING):
            source = self._entry(pointer.source)
            if (
                source is not None
                and accepted(source.id)
                and self.acts_for(source.author, target.author, firmly=firmly)
            ):
                found.append(source.id)
        return found

    def _pointed_flags(self, target: Entry) -> set[Flag]:
        flags: set[Flag] = set()
        for pointer in self._holdings.pointers(target.id, (ERASES, DISPUTES)):
            source = self._entry(pointer.source)
            if source is None or self.retracted(source.id):
                continue
            if pointer.relation == DISPUTES:
                if self.arguable(source.id):
                    flags.add(Flag.DISPUTED)
            elif self.firm(source.id) and self.acts_for(source.author, target.author, firmly=True):
                flags.add(Flag.ERASED)
        return flags


def _rival(runs: Runs, place: Place, end: Place) -> Place | None:
    """A run's last live record, at ``end``, if it neither precedes nor follows ``place``.

    That one speaks for the run: all records of a run have the same ancestors outside it, so none
    follows ``place`` unless the last does, and whoever follows the last follows them all.
    """
    if end.run == place.run or runs.covers(end, place) or runs.covers(place, end):
        return None
    return end
