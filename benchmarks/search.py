"""Search among 100,000 records, against bare FTS5 on the same index in the same run.

With KNOWCHAIN_DATA the records describe the museum objects there; without it, words of a made-up language
with the frequencies of a natural one.
"""

from __future__ import annotations

import gzip
import itertools
import json
import os
import random
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

from benchmarks.records import _START, _Unsigned
from benchmarks.report import Row, print_table
from knowchain.admission import Parking
from knowchain.admission.answers import BodyOutcome
from knowchain.admission.judging import Judged, RejectedMemory
from knowchain.admission.settling import Settler
from knowchain.identifiers import key_id, record_id
from knowchain.records import Add, Control, Rank, Ref, read_block, write_body, write_genesis, write_record
from knowchain.search.index import SearchIndex
from knowchain.search.querying import Filters, parse_words, ranked
from knowchain.signing import KeyPair
from knowchain.storage.reader import Reader
from knowchain.storage.store import RecordStore

_LIMIT = 20
_ROUNDS = 9
Fields = dict[str, object]


def museum(folder: Path) -> Iterator[Fields]:
    """Descriptions of real objects, each with its maker and history."""
    with gzip.open(folder / "cmoa.jsonl.gz", "rt") as lines:
        for line in lines:
            one = json.loads(line)
            makers = [maker["full_name"] for maker in one["creator"] or [] if maker["full_name"]]
            yield {
                "title": {"en": [(one["title"] or "[untitled]")[:500]]},
                "id": one["id"],
                "agents": [{"name": name, "role": "artist"} for name in makers[:5]],
                "description": {
                    "en": [" ".join(filter(None, (one["medium"], one["provenance_text"])))[:2000]]
                },
            }


def made_up() -> Iterator[Fields]:
    """Descriptions in words whose frequencies follow Zipf's law."""
    rnd = random.Random(3)
    words = ["the", *("".join(rnd.choices("aeioulnrstkm", k=rnd.randint(3, 9))) for _ in range(20_000))]
    weights = list(itertools.accumulate(1 / (rank + 1) for rank in range(len(words))))
    for number in itertools.count():
        text = rnd.choices(words, cum_weights=weights, k=48)
        yield {
            "title": {"en": [" ".join(text[:5])]},
            "id": f"object:{number}",
            "agents": [{"name": " ".join(text[5:7]), "role": "artist"}],
            "description": {"en": [" ".join(text[7:])]},
        }


def load(store: RecordStore, count: int) -> str:
    """Put ``count`` described records into a store, without checking signatures; says of what."""
    data = os.environ.get("KNOWCHAIN_DATA")
    known = Path(data) / "cmoa.jsonl.gz" if data else None
    real = known is not None and known.is_file()
    source = itertools.cycle(museum(Path(str(data)))) if real else made_up()
    key = KeyPair((5).to_bytes(32, "big"))
    ranks = Control((Rank(1, (key_id(key.public_key),)),))
    genesis = write_genesis([key], net="main", time=_START, ops=[ranks, Add(key_id(key.public_key))])
    signer, prev = _Unsigned(key), genesis.id
    settler = Settler(Parking(), RejectedMemory(), lambda: _START)
    group = [Judged(read_block(genesis.data), None, BodyOutcome.NONE, "")]

    def write() -> None:
        with store.write() as transaction:
            settler.prefetch(transaction, group)
            for judged in group:
                settler.settle(transaction, judged, "bench")
        group.clear()

    for number, fields in enumerate(islice(source, count)):
        body = write_body(fields, author=genesis.id, salt=number.to_bytes(16, "big"))  # type: ignore[arg-type]
        block = write_record(
            signer,
            kind="work",
            author=genesis.id,
            prev=[prev],
            seq=number,
            time=_START + number,
            body=body.link,
            refs=[Ref("dcterms:rights", record_id(b"rights"))],
        )
        prev = block.id
        group.append(Judged(block, body.data, BodyOutcome.HELD, ""))
        if len(group) == 5000:
            write()
    write()
    return "museum objects" if real else "made-up descriptions"


def interleaved(work: Callable[[], object], yardstick: Callable[[], object]) -> tuple[float, float, float]:
    """(ratio, seconds, seconds of the yardstick), medians of rounds in turn."""
    ours, bare = [], []
    for _ in range(_ROUNDS):
        for times, run in ((bare, yardstick), (ours, work)):
            start = time.perf_counter()
            run()
            times.append(time.perf_counter() - start)
    ratio = statistics.median(mine / theirs for mine, theirs in zip(ours, bare, strict=True))
    return ratio, statistics.median(ours), statistics.median(bare)


def common_words(store: RecordStore) -> list[str]:
    """The words that stand in most records."""
    connection = store.connection
    connection.execute("CREATE VIRTUAL TABLE temp.words USING fts5vocab (main, search_text, row)")
    sql = """SELECT term FROM temp.words WHERE length(term) > 2 AND term NOT GLOB '*\u00b7*'
             ORDER BY doc DESC LIMIT 3"""
    return [word for (word,) in connection.execute(sql)]


def rows(scale: float = 1.0) -> list[Row]:
    """Common words, a narrowed search, indexing and purging; ``scale`` 1 is 100,000 records."""
    count = max(2000, int(100_000 * scale))
    found: list[Row] = []
    with tempfile.TemporaryDirectory() as folder, RecordStore(Path(folder) / "search.sqlite") as store:
        kind = load(store, count)
        start = time.perf_counter()
        done = SearchIndex(store).catch_up()
        each = (time.perf_counter() - start) / done
        print(f"indexed {done:,} {kind} in {each * done:.1f} s, {each * 1e6:.0f} us each", file=sys.stderr)
        words = common_words(store)
        with store.snapshot() as reader:
            found += [_word(reader, word, count) for word in words]
            found.append(_narrowed(reader, words[0], count))
        start = time.perf_counter()
        with store.derive() as connection:
            connection.execute("PRAGMA secure_delete = ON")
            connection.execute("INSERT INTO search_text (search_text) VALUES ('optimize')")
        print(f"purged in {time.perf_counter() - start:.1f} s", file=sys.stderr)
    return found


def _word(reader: Reader, word: str, count: int) -> Row:
    query = parse_words(word)
    expression, connection = query.expression(), reader.connection
    sql = "SELECT rowid FROM search_text WHERE search_text MATCH ? ORDER BY rank LIMIT ?"
    hits = connection.execute(
        "SELECT count(*) FROM search_text WHERE search_text MATCH ?", (expression,)
    ).fetchone()[0]
    ratio, ours, bare = interleaved(
        lambda: list(islice(ranked(reader, query), _LIMIT)),
        lambda: connection.execute(sql, (expression, _LIMIT)).fetchall(),
    )
    name = f"“{word}”, in {hits:,} of {count:,} records"
    return Row(name, ours * 1e3, bare * 1e3, ratio, "<= 1.5", ratio <= 1.5, "ms")


def _narrowed(reader: Reader, word: str, count: int) -> Row:
    """Kind and claimed time beside a common word."""
    query = parse_words(word)
    filters = Filters(kinds=("work",), since=_START + count // 2)
    sql = "SELECT rowid FROM search_text WHERE search_text MATCH ? ORDER BY rank LIMIT ?"
    ratio, ours, bare = interleaved(
        lambda: list(islice(ranked(reader, query, filters), _LIMIT)),
        lambda: reader.connection.execute(sql, (query.expression(), _LIMIT)).fetchall(),
    )
    return Row(
        f"“{word}”, of one kind and half the time",
        ours * 1e3,
        bare * 1e3,
        ratio,
        "<= 1.5",
        ratio <= 1.5,
        "ms",
    )


if __name__ == "__main__":
    print_table(rows(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
