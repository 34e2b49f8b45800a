"""A process that forks writers, so that a kill costs no start of an interpreter.

Reads lines ``PATH SEED`` and forks a writer for each, which admits records to the store at PATH until it
is killed, saying what it does in lines on standard output:

``pid N``, then ``r ID`` when a block was handed in, and ``a ID`` when it was acknowledged. When the writer
is dead the nursery says ``end``.

Run with ``once PATH COUNT [unsynced]`` it writes COUNT records one by one in this process, and ends.
``unsynced`` turns SQLite's syncing off, which a test must notice.
"""

from __future__ import annotations

import os
import random
import sys
from pathlib import Path

TESTS = Path(__file__).parents[2]
sys.path.append(str(TESTS / "vectors"))

from making.people import Key, add, control, genesis, record, rid  # noqa: E402

from knowchain.admission import Admission, Incoming  # noqa: E402
from knowchain.identifiers import record_id  # noqa: E402
from knowchain.records import write_body  # noqa: E402
from knowchain.storage.store import RecordStore  # noqa: E402


def say(word: str, thing: object) -> None:
    """One line, in one write, so that a kill never leaves half of it."""
    os.write(1, f"{word} {thing}\n".encode())


def items(seed: str) -> list[Incoming]:
    """A genesis and a chain with bodies and a fork now and then; the same for the same seed."""
    rnd = random.Random(seed)
    key = Key(f"writer {seed}")
    blocks = [genesis(key, [control((1, [key])), add(key)])]
    made = [Incoming(blocks[0])]
    chain: list[tuple[bytes, int]] = []
    for n in range(400):
        at = rnd.choice(chain[-3:]) if chain and rnd.random() < 0.2 else chain[-1] if chain else None
        parent, seq = (rid(blocks[0]), 0) if at is None else (at[0], at[1] + 1)
        body = None
        if rnd.random() < 0.5:
            author = record_id(blocks[0])
            body = write_body({"n": n, "x": bytes(rnd.randrange(3000))}, author=author, salt=bytes(16)).data
        block = record(key, rid(blocks[0]), [parent], seq, body=body, time=n)
        chain.append((rid(block), seq))
        made.append(Incoming(block, body))
    return made


def write_until_killed(path: Path, seed: str) -> None:
    """Admit in batches of random size, several of them on their way at once."""
    rnd = random.Random(seed + " batches")
    with RecordStore(path) as store, Admission(store, network="main", clock=lambda: 1) as door:
        todo = items(seed)
        while todo:
            batches = []
            for _ in range(rnd.choice((1, 1, 2, 3))):
                size = rnd.choice((1, 1, 2, 5, 40))
                batch, todo = todo[:size], todo[size:]
                for item in batch:
                    say("r", record_id(item.block))
                batches.append((batch, door.submit(batch, source="local")))
            for batch, done in batches:
                for item, answer in zip(batch, done.result(), strict=True):
                    assert answer.ok, answer
                    say("a", f"{record_id(item.block)} {answer.body}")


def write_once(path: Path, count: int, *, synced: bool) -> None:
    """Admit one by one, saying so before and after each."""
    with RecordStore(path) as store, Admission(store, network="main", clock=lambda: 1) as door:
        if not synced:
            store.connection.execute("PRAGMA synchronous = OFF")
        for item in items("once")[:count]:
            say("r", record_id(item.block))
            answer = door.admit(item.block, item.body, source="local")
            assert answer.ok, answer
            say("a", record_id(item.block))


def main() -> None:
    """Fork a writer for each line."""
    for line in sys.stdin:
        path, seed = line.split()
        child = os.fork()
        if not child:
            say("pid", os.getpid())
            write_until_killed(Path(path), seed)
            os._exit(0)
        os.waitpid(child, 0)
        say("end", child)


if __name__ == "__main__":
    if sys.argv[1:2] == ["once"]:
        write_once(Path(sys.argv[2]), int(sys.argv[3]), synced=sys.argv[4:] != ["unsynced"])
    else:
        main()
