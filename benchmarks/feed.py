"""A feed of 50 from 10^5 works, warm, against a bare numpy weighted sum with partition; and cold.

Warm means that the columns are built: every feed is of another moment, so that all that depends on the
moment is worked out anew, and comes with the reasons of all its items. The yardstick sums four columns
of float64 by their weights and takes the best 50. Cold is the first feed of a store that was just
opened: every record read and decoded once; its yardstick is reading the same blocks and bodies and
nothing else.

Run: python -m benchmarks.feed
"""

from __future__ import annotations

import random
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import thread_time
from typing import Any

import numpy as np
import numpy.typing as npt

from benchmarks.report import Row, print_table
from knowchain.admission import Admission, Incoming
from knowchain.home.gathering import Gathered
from knowchain.identifiers import RecordId, key_id, record_id
from knowchain.ranking import Columns, Engine, Fact, Profile, Statement, Viewer, World, read_profile
from knowchain.ranking.presets import preset
from knowchain.ranking.profile import Rerank
from knowchain.ranking.reasons import because
from knowchain.records import Add, Control, Rank, write_body, write_genesis, write_record
from knowchain.signing import KeyPair
from knowchain.storage.store import RecordStore

NOW = 1_800_000_000_000
DAY = 86_400_000
REPEATS = 31
SNAPSHOT = record_id(b"snapshot")
LANGUAGES = [f"q{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(20 * 26)]


def made_world(works: int, *, authors: int = 1_000, seed: int = 1) -> World:
    """Authors who write in one to three languages, some far more than others, and cite each other."""
    chance = random.Random(seed)
    people = [record_id(b"author %d" % n) for n in range(authors)]
    spoken = [chance.sample(LANGUAGES, chance.choice((1, 1, 1, 2, 3))) for _ in people]
    busy = [1 / (n + 1) for n in range(authors)]
    names = [record_id(b"work %d" % n) for n in range(works)]
    facts = []
    for n, who in enumerate(chance.choices(range(authors), busy, k=works)):
        cited = {names[chance.randrange(n)] for _ in range(chance.choice((0, 0, 1, 2)))} if n else set()
        facts.append(
            Fact(
                id=names[n],
                kind="work",
                author=people[who],
                time=NOW - chance.randrange(90 * DAY),
                sources=tuple(sorted(cited)),
                languages=(chance.choice(spoken[who]),),
            )
        )
    said = [chance.sample(people, 2) for _ in range(10 * authors)]
    statements = [
        Statement(record_id(b"trust %d" % n), source, target, NOW - 100 * DAY, chance.choice((85, 255)))
        for n, (source, target) in enumerate(said)
    ]
    return World(facts, statements, SNAPSHOT)


def at_once(world: World) -> World:
    """The same works, imported by one author within a second: all of one score."""
    one = world.facts[0]
    facts = [
        each._replace(author=one.author, time=NOW, sources=(), languages=("cy",)) for each in world.facts
    ]
    return World(facts, world.statements, world.snapshot)


def bare(columns: npt.NDArray[np.float64], weights: npt.NDArray[np.float64]) -> npt.NDArray[np.intp]:
    """The yardstick: a weighted sum, and the best 50 in order."""
    scores = columns @ weights
    best = np.argpartition(scores, len(scores) - 50)[-50:]
    found: npt.NDArray[np.intp] = best[np.argsort(-scores[best])]
    return found


def timed(work: Callable[[], object]) -> float:
    """Processor seconds of one run in this thread: other work on the machine doesn't count."""
    start = thread_time()
    work()
    return thread_time() - start


def warm(scale: float) -> list[Row]:
    """Feeds of ever other moments, and one new record between two of them."""
    works = max(1_000, int(100_000 * scale))
    world = made_world(works)
    columns = Columns.of(world)
    engine, moving = Engine(columns), read_profile(preset("balanced"))
    profile = replace(moving, rerank=Rerank())
    viewer = Viewer(me=world.facts[0].author, languages=(LANGUAGES[0],))
    rng = np.random.default_rng(2)
    matrix = rng.integers(0, 65_537, (works, 4)).astype(np.float64)
    weights = np.array([900.0, 800.0, 700.0, 1500.0])
    moments: Iterator[int] = iter(range(NOW, NOW + 10**9, 1000))

    def feed() -> None:
        one_feed(engine, profile, viewer, next(moments))

    def feed_that_moves() -> None:
        one_feed(engine, moving, viewer, next(moments))

    equal = Engine(Columns.of(at_once(world)))

    def feed_of_equals() -> None:
        one_feed(equal, profile, viewer, next(moments))

    added = iter(range(10**9))

    def feed_after_one_more() -> None:
        columns.put(world.facts[-1]._replace(id=record_id(b"new %d" % next(added))))
        feed()

    feed()
    feed_of_equals()
    feed_that_moves()
    times: dict[str, list[float]] = {"bare": [], "feed": [], "moves": [], "one more": [], "equals": []}
    for _ in range(REPEATS):
        times["bare"].append(timed(lambda: bare(matrix, weights)))
        times["feed"].append(timed(feed))
        times["moves"].append(timed(feed_that_moves))
        times["one more"].append(timed(feed_after_one_more))
        times["equals"].append(timed(feed_of_equals))
    yard = median(times["bare"])
    return [
        row(f"feed: 50 of {works:,}, warm, with reasons / numpy sum", median(times["feed"]), yard, 10),
        row("feed: the same, with author decay and a floor / numpy sum", median(times["moves"]), yard, 12),
        row("feed: the same after one new record / numpy sum", median(times["one more"]), yard, 10),
        row("feed: all scores equal, after one import / numpy sum", median(times["equals"]), yard, 10),
    ]


def one_feed(engine: Engine, profile: Profile, viewer: Viewer, as_of: int) -> list[Any]:
    """A feed of 50 with the reasons of every item."""
    feed = engine.rank(profile, viewer, as_of=as_of, snapshot=SNAPSHOT).feed(50)
    return [because(each, item.evidence, profile) for item in feed.items for each in item.contributions]


def row(name: str, value: float, yardstick: float, most: float) -> Row:
    """A row in milliseconds."""
    ratio = value / yardstick
    return Row(name, value * 1e3, yardstick * 1e3, ratio, f"≤ {most:g} ×", ratio <= most, "ms")


def blocks(works: int) -> Iterator[Incoming]:
    """Identities, and works of about 300 bytes of body that take turns."""
    keys = [KeyPair((n + 1).to_bytes(32, "big")) for n in range(50)]
    ends: list[RecordId] = []
    for key in keys:
        ranks = Control((Rank(1, (key_id(key.public_key),)),))
        genesis = write_genesis([key], net="main", time=NOW - DAY, ops=[ranks, Add(key_id(key.public_key))])
        ends.append(genesis.id)
        yield Incoming(genesis.data)
    people = list(ends)
    for n in range(works):
        turn, seq = n % len(keys), n // len(keys)
        fields = {
            "title": {"en": [f"Letter number {n} from the harbour office"]},
            "kind": "Text",
            "id": f"local:{n}",
            "access": "public",
            "languages": [{"tag": LANGUAGES[turn]}],
            "description": {"en": ["A letter about ships, tides and the price of slate. " * 3]},
            "subjects": [{"term": "shipping"}],
        }
        body = write_body(fields, author=people[turn], salt=n.to_bytes(16, "big"))  # type: ignore[arg-type]
        block = write_record(
            keys[turn],
            kind="work",
            author=people[turn],
            prev=[ends[turn]],
            seq=seq,
            time=NOW - works + n,
            body=body.link,
        )
        ends[turn] = block.id
        yield Incoming(block.data, body.data)


def cold(scale: float) -> list[Row]:
    """The first feed of a store that was just opened."""
    works = max(1_000, int(20_000 * scale))
    profile = read_profile(preset("balanced"))
    with tempfile.TemporaryDirectory() as folder, RecordStore(Path(folder) / "store.db") as store:
        with Admission(store, network="main", clock=lambda: NOW) as door:
            assert all(answer.ok for answer in door.admit_many(blocks(works), source="bench"))
        reading, first = [], []
        for _ in range(5):
            reading.append(timed(lambda: read_all(store)))
            first.append(timed(lambda: first_feed(store, profile)))
    return [row(f"feed: the first of {works:,} records / reading them", median(first), median(reading), 30)]


def read_all(store: RecordStore) -> int:
    """Every block and body, and nothing done with them."""
    after = size = 0
    with store.snapshot() as reader:
        while page := reader.deliveries(after=after, limit=1_000):
            after = page[-1][0]
            size += sum(len(block) + len(body or b"") for _, _, block, body, _ in page)
    return size


def first_feed(store: RecordStore, profile: Profile) -> list[Any]:
    """Gather everything, then one feed."""
    gathered = Gathered("main")
    with store.snapshot() as reader:
        gathered.bring_up_to_date(reader)
    return one_feed(Engine(gathered.columns), profile, Viewer(), NOW)


def rows(scale: float = 1.0) -> list[Row]:
    """Warm and cold feeds; ``scale`` 1 is the full size."""
    return warm(scale) + cold(scale)


if __name__ == "__main__":
    print_table(rows())
