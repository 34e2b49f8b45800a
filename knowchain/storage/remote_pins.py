"""What is to be pinned elsewhere, and how far that is: one small SQLite file of a home, ``pins.sqlite``.

A row is one CID at one target. It is made when somebody chose the CID, or when a pass over the home found it
by the target's rule; it goes when neither keeps it any more and the target has let go of it. Every step is on
the disk before the next is taken, so that a process that ends anywhere loses nothing.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final, Self

from knowchain.identifiers import Cid
from knowchain.storage.pin_states import Declared, Found, PinRule, PinState, RemotePin, TargetState, ToPin
from knowchain.storage.pins_database import PinsDatabase

__all__ = ["RemotePins"]

_PAGE: Final = 1000


class RemotePins:
    """The file.

    Args:
        path: made if it does not exist.
        clock: milliseconds since 1970.

    Raises:
        HomeError: a newer knowchain wrote it. StorageFault, Corruption: it can't be used.
    """

    def __init__(self, path: Path, clock: Callable[[], int]) -> None:
        self.path = path
        self._clock = clock
        self._watchers: list[Callable[[], None]] = []
        self._file = PinsDatabase(path)

    def close(self) -> None:
        """Close the file."""
        self._file.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        self.close()

    def backup(self, target: Path) -> None:
        """Copy it to a new file while it is in use."""
        self._file.backup(target)

    # --- who follows along ---------------------------------------------------------------------------

    def watch(self, changed: Callable[[], None]) -> None:
        """Call ``changed``, in whatever thread, when there is something new to do at a target."""
        self._watchers.append(changed)

    def unwatch(self, changed: Callable[[], None]) -> None:
        """Call it no more."""
        self._watchers.remove(changed)

    def _tell(self) -> None:
        for changed in tuple(self._watchers):
            changed()

    # --- targets ---------------------------------------------------------------------------------------

    def declare(self, targets: Sequence[Declared]) -> None:
        """The settings name these targets, and no others. A pause that one was in is over."""
        with self._file.writing() as db:
            db.execute("UPDATE targets SET declared = 0")
            db.executemany(
                "INSERT INTO targets (name, kind, url, rule, declared) VALUES (?, ?, ?, ?, 1)"
                " ON CONFLICT (name) DO UPDATE SET kind = excluded.kind, url = excluded.url,"
                " rule = excluded.rule, declared = 1, tries = 0, due = 0, reason = '',"
                " reconciled = CASE WHEN url = excluded.url THEN reconciled ELSE 0 END",
                [(one.name, one.kind, one.url, one.rule) for one in targets],
            )
        self._tell()

    def targets(self) -> list[TargetState]:
        """Every target that is declared, or was and still has pins, with the number of these; by name."""
        with self._file.reading() as db:
            counts: dict[str, dict[str, int]] = {}
            for target, state, count in db.execute(
                "SELECT target, state, count(*) FROM pins GROUP BY target, state ORDER BY 1, 2"
            ):
                counts.setdefault(target, {})[state] = count
            found = [_target(row, counts.get(row[0], {})) for row in db.execute(f"{_TARGET} ORDER BY name")]
        return [one for one in found if one.declared or one.pins]

    def target(self, name: str) -> TargetState | None:
        """One target, its pins not counted; None if there is none of that name."""
        with self._file.reading() as db:
            row = db.execute(f"{_TARGET} WHERE name = ?", (name,)).fetchone()
        return None if row is None else _target(row, {})

    def pause(self, target: str, tries: int, due: int, reason: str) -> None:
        """It gave no answer: nothing is asked of it before ``due`` (ms since 1970)."""
        with self._file.writing() as db:
            db.execute(
                "UPDATE targets SET tries = ?, due = ?, reason = ? WHERE name = ?",
                (tries, due, reason, target),
            )

    def answered(self, target: str) -> None:
        """It answers again."""
        with self._file.writing() as db:
            db.execute("UPDATE targets SET tries = 0, due = 0, reason = '' WHERE name = ?", (target,))

    def ask_again(self, target: str) -> None:
        """Reconcile it next, and try at once what failed. ``target`` may be ``EVERY``."""
        with self._file.writing() as db:
            db.execute(
                "UPDATE targets SET reconciled = 0, tries = 0, due = 0 WHERE ?1 IN ('', name)", (target,)
            )
            db.execute(
                "UPDATE pins SET due = 0 WHERE ?1 IN ('', target) AND due IS NOT NULL"
                " AND state IN ('failed', 'unpinning')",
                (target,),
            )
        self._tell()

    # --- what was chosen -------------------------------------------------------------------------------

    def choose(self, cids: Iterable[tuple[Cid, str]], target: str) -> None:
        """These are to be pinned at ``target`` (or ``EVERY``), each under its name, until unchosen."""
        with self._file.writing() as db:
            for cid, name in cids:
                db.execute("INSERT OR REPLACE INTO chosen (cid, target, name) VALUES (?, ?, ?)",
                           (cid, target, name))  # fmt: skip
                db.execute(
                    f"{_WANT} SELECT name, ?, ?, 'wanted', 0, 0 FROM targets"
                    f" WHERE declared AND ? IN ('', name) {_WANTED_AGAIN}",
                    (cid, name, target),
                )
        self._tell()

    def unchoose(self, cids: Iterable[Cid], target: str) -> int:
        """They need not be pinned at ``target`` (or anywhere) on that account; how many choices went.

        A choice for every target is one choice: it can't be taken back for one of them.
        """
        gone = 0
        with self._file.writing() as db:
            for cid in cids:
                gone += db.execute(
                    "DELETE FROM chosen WHERE cid = ?1 AND ?2 IN ('', target)", (cid, target)
                ).rowcount
                _let_go(db, "AND cid = :cid", {"cid": cid, "pass": max(_counter(db, "done"), 1)})
        self._tell()
        return gone

    # --- passes over the home --------------------------------------------------------------------------

    def begin_pass(self) -> int:
        """Begin to look through the whole home; the number of the pass."""
        with self._file.writing() as db:
            number = _counter(db, "begun") + 1
            db.execute("INSERT OR REPLACE INTO counters VALUES ('begun', ?)", (number,))
        return number

    def note(self, number: int, found: Iterable[ToPin]) -> None:
        """Keep what a pass found, or what arrived since the last (with the number of that)."""
        with self._file.writing() as db:
            for cid, name, own, withheld in found:
                column = "withheld" if withheld else "named"
                db.execute(f"UPDATE chosen SET {column} = ? WHERE cid = ?", (number, cid))
                if not withheld:
                    db.execute(
                        f"{_WANT} SELECT name, ?, ?, 'wanted', 0, ? FROM targets WHERE declared"
                        f" AND (rule = 'everything' OR (rule = 'published' AND ?)) {_WANTED_AGAIN}",
                        (cid, name, number, own),
                    )

    def end_pass(self, number: int, arrival: int) -> None:
        """A pass is over: what neither it nor a choice keeps is unpinned.

        Args:
            number: of the pass.
            arrival: the last record that it saw.
        """
        with self._file.writing() as db:
            # The body that named it may be destroyed by now; it stays withdrawn until another work names it.
            db.execute(
                "UPDATE chosen SET withheld = :pass WHERE withheld > 0 AND named < :pass", {"pass": number}
            )
            db.execute(
                f"{_WANT} SELECT t.name, c.cid, c.name, 'wanted', 0, 0 FROM chosen c JOIN targets t"
                f" ON t.declared AND c.target IN ('', t.name) WHERE {_STANDS} {_WANTED_AGAIN}",
                {"pass": number},
            )
            _let_go(db, "", {"pass": number})
            db.execute("INSERT OR REPLACE INTO counters VALUES ('done', ?)", (number,))
            db.execute("INSERT OR REPLACE INTO counters VALUES ('arrival', ?)", (arrival,))
        self._tell()

    def last_pass(self) -> tuple[int, int]:
        """The number of the last pass that ended, and the last record that was seen; zeros before any."""
        with self._file.reading() as db:
            return _counter(db, "done"), _counter(db, "arrival")

    def seen(self, arrival: int) -> None:
        """Records up to that arrival have been looked at."""
        with self._file.writing() as db:
            db.execute("INSERT OR REPLACE INTO counters VALUES ('arrival', ?)", (arrival,))
        self._tell()

    # --- the queue ---------------------------------------------------------------------------------------

    def due(self, target: str, now: int, limit: int) -> list[RemotePin]:
        """What is to be looked after at ``target`` at ``now``, the longest due first."""
        with self._file.reading() as db:
            rows = db.execute(
                f"{_PIN} WHERE target = ? AND due <= ? ORDER BY due LIMIT ?", (target, now, limit)
            ).fetchall()
        return [_pin(row) for row in rows]

    def next_due(self, target: str, now: int) -> int | None:
        """When something more than at ``now`` is due at ``target``, ms since 1970; None if nothing is."""
        with self._file.reading() as db:
            found: int | None = db.execute(
                "SELECT min(due) FROM pins WHERE target = ? AND due > ?", (target, now)
            ).fetchone()[0]
        return found

    def sending(self, pin: RemotePin) -> bool:
        """The target is about to be asked to pin it; False if it need not be any more."""
        with self._file.writing() as db:
            changed = db.execute(
                "UPDATE pins SET sent = 1 WHERE target = ? AND cid = ? AND state <> 'unpinning'",
                (pin.target, pin.cid),
            ).rowcount
        return bool(changed)

    def taken(self, pin: RemotePin, found: Found, due: int | None) -> None:
        """The target says how a pin is. One that is to be unpinned meanwhile stays so.

        Args:
            pin: as it was.
            found: as it is.
            due: when to ask again, ms since 1970; None once it is pinned.
        """
        tries = 0 if found.state == "pinned" else pin.tries + 1
        with self._file.writing() as db:
            db.execute(
                "UPDATE pins SET request = ?, state = CASE state WHEN 'unpinning' THEN state ELSE ? END,"
                " tries = ?, due = CASE state WHEN 'unpinning' THEN due ELSE ? END, reason = ?"
                " WHERE target = ? AND cid = ?",
                (found.request, found.state, tries, due, found.reason, pin.target, pin.cid),
            )

    def not_done(self, pin: RemotePin, due: int, reason: str) -> None:
        """An attempt to pin or unpin failed; the next one is at ``due``, ms since 1970."""
        with self._file.writing() as db:
            db.execute(
                "UPDATE pins SET state = CASE state WHEN 'unpinning' THEN state ELSE 'failed' END,"
                " tries = ?, due = ?, reason = ? WHERE target = ? AND cid = ?",
                (pin.tries + 1, due, reason, pin.target, pin.cid),
            )

    def unpinned(self, pin: RemotePin) -> None:
        """The target has let go of it. If it is wanted again meanwhile, it is asked for anew."""
        with self._file.writing() as db:
            db.execute(
                "DELETE FROM pins WHERE target = ? AND cid = ? AND state = 'unpinning'", (pin.target, pin.cid)
            )
            db.execute(
                "UPDATE pins SET state = 'wanted', due = 0, sent = 0, request = ''"
                " WHERE target = ? AND cid = ?",
                (pin.target, pin.cid),
            )

    # --- reconciliation ----------------------------------------------------------------------------------

    def begin_round(self, target: str) -> int:
        """Begin to compare what is pinned at a target with what should be; the number of the round."""
        with self._file.writing() as db:
            db.execute("UPDATE targets SET round = round + 1 WHERE name = ?", (target,))
            number: int = db.execute("SELECT round FROM targets WHERE name = ?", (target,)).fetchone()[0]
        return number

    def listed(self, target: str, number: int, found: Iterable[Found], poll: int) -> int:
        """Keep a part of the target's list; how many of it are ours.

        Args:
            target: whose list.
            number: of the round.
            found: the next pins in it.
            poll: when to ask about what is not pinned yet, ms since 1970.
        """
        ours = 0
        with self._file.writing() as db:
            for one in found:
                due = None if one.state == "pinned" else poll
                ours += db.execute(
                    _LISTED,
                    (number, one.state, one.request, due, one.reason, one.is_ours, target, one.cid),
                ).rowcount
        return ours

    def end_round(self, target: str, number: int) -> int:
        """The list is at its end: what should be there and is not is asked for again; how many these are."""
        with self._file.writing() as db:
            lost = db.execute(
                "UPDATE pins SET state = 'wanted', due = 0, tries = 0, request = ''"
                " WHERE target = ? AND round < ? AND state IN ('queued', 'pinning', 'pinned')",
                (target, number),
            ).rowcount
            db.execute("UPDATE targets SET reconciled = ? WHERE name = ?", (self._clock(), target))
        return lost

    # --- showing -----------------------------------------------------------------------------------------

    def pins(self, target: str, state: PinState | None = None) -> Iterator[RemotePin]:
        """The pins of a target, in the order of their CIDs; of one state, or all."""
        after = b""
        while True:
            with self._file.reading() as db:
                rows = db.execute(
                    f"{_PIN} WHERE target = ?1 AND cid > ?2 AND (?3 IS NULL OR state = ?3)"
                    " ORDER BY cid LIMIT ?4",
                    (target, after, state, _PAGE),
                ).fetchall()
            if not rows:
                return
            yield from map(_pin, rows)
            after = rows[-1][1]

    def at(self, cid: Cid) -> list[RemotePin]:
        """The pins of one CID, at every target."""
        with self._file.reading() as db:
            return [_pin(row) for row in db.execute(f"{_PIN} WHERE cid = ? ORDER BY target", (cid,))]


_TARGET: Final = "SELECT name, kind, url, rule, declared, tries, due, reason, reconciled FROM targets"
_PIN: Final = "SELECT target, cid, name, state, sent, request, tries, due, reason FROM pins"
_WANT: Final = "INSERT INTO pins (target, cid, name, state, due, rule)"
_WANTED_AGAIN: Final = (
    "ON CONFLICT (target, cid) DO UPDATE SET rule = max(rule, excluded.rule),"
    " due = CASE state WHEN 'unpinning' THEN 0 ELSE due END,"
    " state = CASE state WHEN 'unpinning' THEN 'wanted' ELSE state END"
)
_STANDS: Final = "(c.withheld < :pass OR c.named >= :pass)"
_LISTED: Final = """UPDATE pins SET round = ?1, sent = max(sent, ?6),
    state = CASE state WHEN 'unpinning' THEN state ELSE ?2 END,
    request = ?3,
    due = CASE state WHEN 'unpinning' THEN due ELSE ?4 END,
    reason = CASE state WHEN 'unpinning' THEN reason ELSE ?5 END
    WHERE target = ?7 AND cid = ?8"""


def _let_go(db: sqlite3.Connection, which: str, values: dict[str, object]) -> None:
    """Have the pins go that no rule and no choice keeps, as of the pass ``:pass``."""
    unkept = f"""rule < :pass AND target IN (SELECT name FROM targets WHERE declared) {which}
        AND NOT EXISTS (SELECT 1 FROM chosen c WHERE c.cid = pins.cid AND c.target IN ('', pins.target)
                        AND {_STANDS})"""
    db.execute(f"DELETE FROM pins WHERE sent = 0 AND {unkept}", values)
    db.execute(
        f"UPDATE pins SET state = 'unpinning', due = 0, tries = 0, reason = ''"
        f" WHERE state <> 'unpinning' AND {unkept}",
        values,
    )


def _counter(db: sqlite3.Connection, name: str) -> int:
    row = db.execute("SELECT value FROM counters WHERE name = ?", (name,)).fetchone()
    return 0 if row is None else row[0]


def _pin(row: tuple[str, bytes, str, PinState, int, str, int, int | None, str]) -> RemotePin:
    target, cid, name, state, sent, *rest = row
    return RemotePin(target, Cid(cid), name, state, bool(sent), *rest)  # type: ignore[arg-type]


def _target(row: tuple[str, str, str, PinRule, int, int, int, str, int], pins: dict[str, int]) -> TargetState:
    name, kind, url, rule, declared, tries, due, reason, reconciled = row
    return TargetState(
        name, kind, url, rule, bool(declared), tries, due or None, reason, reconciled or None, pins
    )
