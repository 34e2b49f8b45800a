"""An in-memory world that implements the interface of the store, and a wire between two sessions."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256

import pytest

from knowchain.sync import Arrived, Event, FrameReader, IdSet, Outcome, Session, SortedIds, framed


def digest(block: bytes) -> bytes:
    return sha256(block).digest()


@dataclass
class MemoryStore:
    """Records are ``count ‖ parents ‖ text``; a body's digest is that of its bytes."""

    blocks: dict[bytes, bytes] = field(default_factory=dict)
    bodies: dict[bytes, bytes] = field(default_factory=dict)
    body_of: dict[bytes, bytes] = field(default_factory=dict)
    tips: IdSet = field(default_factory=IdSet)
    read: int = 0
    """Blocks read for others so far."""

    def write(self, text: str, *parents: bytes, body: bytes | None = None) -> bytes:
        block = bytes([len(parents)]) + b"".join(parents) + text.encode()
        assert self.admit(block, body) == "accepted"
        return digest(block)

    def chain(self, name: str, length: int, start: bytes | None = None, size: int = 0) -> list[bytes]:
        ids: list[bytes] = [] if start is None else [start]
        for n in range(length):
            ids.append(self.write(f"{name} {n} {'x' * size}", *ids[-1:]))
        return ids

    def admit(self, block: bytes, body: bytes | None = None) -> Outcome:
        """What admission would answer."""
        name = digest(block)
        if not block or len(block) < 1 + 32 * block[0]:
            return "rejected"
        if name in self.blocks:
            return "duplicate"
        parents = [block[1 + 32 * i : 33 + 32 * i] for i in range(block[0])]
        if any(parent not in self.blocks for parent in parents):
            return "parked"
        self.blocks[name] = block
        for parent in parents:
            self.tips.discard(parent)
        self.tips.add(name)
        if body is not None:
            self.bodies[digest(body)] = body
            self.body_of[name] = digest(body)
        return "accepted"

    def take(self, event: Event) -> Outcome:
        if isinstance(event, Arrived):
            return self.admit(event.block, event.body)
        self.bodies[event.digest] = event.body
        return "accepted"

    def heads(self) -> SortedIds:
        return self.tips.snapshot()

    def unheld(self, ids: Sequence[bytes]) -> Sequence[bytes]:
        return [each for each in ids if each not in self.blocks]

    def parents(self, name: bytes) -> list[bytes]:
        block = self.blocks[name]
        return [block[1 + 32 * i : 33 + 32 * i] for i in range(block[0])]

    def lineage(
        self, heads: Sequence[bytes], held: Collection[bytes], bodies: bool
    ) -> Iterator[tuple[bytes, bytes | None]]:
        seen: set[bytes] = set()
        order: list[bytes] = []
        stack = [(head, False) for head in heads]
        while stack:
            name, left = stack.pop()
            if left:
                order.append(name)
            elif name not in seen and name not in held:
                seen.add(name)
                stack.append((name, True))
                stack += [(parent, False) for parent in self.parents(name)]
        for name in order:
            self.read += 1
            body = self.bodies.get(self.body_of.get(name, b"")) if bodies else None
            yield self.blocks[name], body

    def body(self, wanted: bytes) -> bytes | None:
        return self.bodies.get(wanted)


@dataclass
class Side:
    """A session with its store, and what is on the wire towards it."""

    session: Session
    store: MemoryStore
    inbox: deque[bytes] = field(default_factory=deque)
    frames: FrameReader = field(default_factory=FrameReader)

    def step(self, other: Side) -> bool:
        """Send one payload and take one; answer whether anything moved."""
        payload = self.session.next_payload()
        if payload is not None:
            other.inbox.append(framed(payload))
        if self.inbox:
            for each in self.frames.feed(self.inbox.popleft()):
                for event in self.session.receive(each):
                    self.session.settle(event, self.store.take(event))
            return True
        return payload is not None


def converse(a: Side, b: Side, steps: int = 100_000) -> None:
    """Let two sides talk until neither moves."""
    for _ in range(steps):
        moved = a.step(b)
        if not (b.step(a) or moved):
            return
    raise AssertionError("the sessions do not end")


Pair = Callable[..., tuple[Side, Side]]


@pytest.fixture
def store() -> Callable[[], MemoryStore]:
    return MemoryStore


@pytest.fixture
def pair() -> Pair:
    def make(here: MemoryStore, there: MemoryStore, **options: object) -> tuple[Side, Side]:
        initiator = Session(here, "test", "initiator", **options)  # type: ignore[arg-type]
        responder = Session(there, "test", "responder", **options)  # type: ignore[arg-type]
        return Side(initiator, here), Side(responder, there)

    return make


@pytest.fixture
def talk() -> Callable[[Side, Side], None]:
    return converse
