"""The peer book: whom this peer has met, where they were, and who is shut out. It survives restarts."""

from __future__ import annotations

import asyncio
import contextlib
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Final

from knowchain.errors import StorageFault
from knowchain.home.durable import write_whole

__all__ = ["BookEntry", "PeerBook", "peer_in"]

_MOST: Final = 1000
_ADDRESSES: Final = 8
_MOST_BANNED: Final = 4096
_SAVE_AFTER: Final = 2.0


@dataclass(slots=True)
class BookEntry:
    """What is known of one peer."""

    id: str
    addresses: list[str] = field(default_factory=list)
    """Where it was reached, the latest first."""
    first_seen: int = 0
    last_seen: int = 0
    """Milliseconds since 1970, by this machine."""
    banned_until: int = 0
    """Milliseconds since 1970; 0: not banned."""


def peer_in(address: str) -> str | None:
    """The peer id at the end of a multiaddress; None if there is none."""
    _, found, peer = address.rpartition("/p2p/")
    return peer if found and peer and "/" not in peer else None


class PeerBook:
    """Peers by id, in a small file that is written a moment after it changed.

    Args:
        path: the file.
        clock: milliseconds since 1970.
    """

    def __init__(self, path: Path, clock: Callable[[], int]) -> None:
        self._path = path
        self._clock = clock
        self._entries: dict[str, BookEntry] = {entry.id: entry for entry in _load(path)}
        self._saving: asyncio.TimerHandle | None = None
        self._writing: asyncio.Future[None] | None = None
        self._lock = threading.Lock()
        self._number = self._written = 0

    def entries(self) -> list[BookEntry]:
        """All peers, the latest seen first."""
        return sorted(self._entries.values(), key=lambda entry: (-entry.last_seen, entry.id))

    def met(self, peer: str, address: str | None) -> None:
        """A peer was connected; ``address`` (with ``/p2p/…``) is where it was dialled, if it was."""
        now = self._clock()
        entry = self._entries.setdefault(peer, BookEntry(peer, first_seen=now))
        entry.last_seen = now
        if address is not None:
            entry.addresses = [address, *(a for a in entry.addresses if a != address)][:_ADDRESSES]
        self._trim()
        self._changed()

    def ban(self, peer: str, seconds: float) -> None:
        """Shut a peer out from now on, for ``seconds``."""
        entry = self._entries.setdefault(peer, BookEntry(peer, first_seen=self._clock()))
        entry.banned_until = self._clock() + int(seconds * 1000)
        self._trim()
        self._changed()

    def unban(self, peer: str) -> None:
        """Let a peer in again."""
        entry = self._entries.get(peer)
        if entry is not None and entry.banned_until:
            entry.banned_until = 0
            self._changed()

    def banned(self) -> dict[str, float]:
        """Who is shut out, and for how many seconds still."""
        now = self._clock()
        return {e.id: (e.banned_until - now) / 1000 for e in self._entries.values() if e.banned_until > now}

    def dialable(self, most: int) -> list[str]:
        """One address for each of the peers seen last that are not banned."""
        now = self._clock()
        found = (e.addresses[0] for e in self.entries() if e.addresses and e.banned_until <= now)
        return [address for address, _ in zip(found, range(most), strict=False)]

    def save(self) -> None:
        """Write the file now.

        Raises:
            StorageFault: the disk refused.
        """
        if self._saving is not None:
            self._saving.cancel()
            self._saving = None
        self._write(*self._data())

    def _write(self, number: int, data: bytes) -> None:
        """Write one state after the other, and none after a later one: two threads may be at it."""
        with self._lock:
            if number > self._written:
                write_whole(self._path, data)
                self._written = number

    def _write_quietly(self, number: int, data: bytes) -> None:
        # A full disk must not stop the peer; the next change tries again, and so does the end.
        with contextlib.suppress(StorageFault):
            self._write(number, data)

    def _data(self) -> tuple[int, bytes]:
        """The book as it is now, and the number of that state."""
        self._number += 1
        return self._number, json.dumps([asdict(entry) for entry in self.entries()], indent=1).encode()

    def _changed(self) -> None:
        if self._saving is None:
            self._saving = asyncio.get_running_loop().call_later(_SAVE_AFTER, self._save_aside)

    def _save_aside(self) -> None:
        """Write the file in a thread: a disk may be slow."""
        self._saving = None
        loop = asyncio.get_running_loop()
        self._writing = loop.run_in_executor(None, self._write_quietly, *self._data())

    def _trim(self) -> None:
        """Forget who was seen longest ago; of those shut out, whose time ends first."""
        now = self._clock()
        shut, free = list[BookEntry](), list[BookEntry]()
        for entry in self._entries.values():
            (shut if entry.banned_until > now else free).append(entry)
        for entry in sorted(free, key=lambda e: (-e.last_seen, e.id))[_MOST:]:
            del self._entries[entry.id]
        for entry in sorted(shut, key=lambda e: (-e.banned_until, e.id))[_MOST_BANNED:]:
            del self._entries[entry.id]


def _load(path: Path) -> Iterable[BookEntry]:
    """What the file says; a damaged one is an empty book, since it holds nothing that can't be met again."""
    try:
        rows = json.loads(path.read_bytes())
        return [entry for row in rows if _is_sound(entry := BookEntry(**row))]
    except (OSError, ValueError, TypeError):
        return []


def _is_sound(entry: BookEntry) -> bool:
    """Whether an entry is what this class wrote, as far as a false one could do harm."""
    numbers = (entry.first_seen, entry.last_seen, entry.banned_until)
    return (
        type(entry.id) is str
        and type(entry.addresses) is list
        and all(type(a) is str and a.startswith("/") and peer_in(a) == entry.id for a in entry.addresses)
        and all(type(number) is int for number in numbers)
    )
