"""A museum's import that is killed, repeated, rebuilt and shuffled ends in one and the same set of works."""

from __future__ import annotations

import json
import random
import subprocess
import sys
import time
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from knowchain.home import Home, begin
from knowchain.records import read_body
from knowchain.records.bodies import present

COMMAND = Path(sys.executable).with_name("knowchain")
ROWS = 4000
HISTORY = "Mary Smith, Boston, MA, until 1903; John Smith, by descent, 1903."


def rows() -> list[dict[str, Any]]:
    return [
        {
            "id": f"museum:{n}",
            "kind": "PhysicalObject",
            "title": f"Object {n}",
            "access": "public",
            "provenance_text": HISTORY if n % 3 == 0 else "",
        }
        for n in range(ROWS)
    ]


def write(path: Path, objects: list[dict[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(each) + "\n" for each in objects))
    return path


@pytest.fixture
def home(tmp_path: Path) -> Path:
    begin(tmp_path / "home", name="Museum", recovery_file=tmp_path / "recovery")
    return tmp_path / "home"


@pytest.fixture
def table(tmp_path: Path) -> Path:
    return write(tmp_path / "table.jsonl", rows())


def knowchain(home: Path, *words: object) -> dict[str, Any]:
    done = subprocess.run(
        [COMMAND, "--json", "--home", home, *map(str, words)], capture_output=True, timeout=240, check=False
    )
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def publish(home: Path, table: Path) -> dict[str, int]:
    counts: dict[str, int] = knowchain(home, "publish", "--metadata", table)["import"]["counts"]
    return counts


def created(counts: dict[str, int]) -> int:
    return sum(counts[name] for name in ("works", "revised", "events", "rights", "collections"))


def works(home: Path) -> Counter[str]:
    """How often each work's own name stands in a held record."""
    found: Counter[str] = Counter()
    with Home.open(home) as opened:
        reader = opened.store.reader()
        for stored in reader.records(kind="work"):
            data = reader.body(stored.id)
            assert data is not None
            assert stored.block.header.author is not None
            body = read_body(data, stored.block.header, stored.block.header.author)
            found[present("work", body.fields, stored.block.header.refs)["id"]] += 1
    return found


def held(home: Path) -> int:
    with Home.open(home) as opened:
        return opened.store.reader().last_arrival()


def kill_midway(home: Path, table: Path, after: int) -> None:
    """Kill an import when its records have reached the medium in part."""
    process = subprocess.Popen(
        [COMMAND, "--home", home, "publish", "--metadata", table, "-q"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    store = home / "records.db-wal"
    wal = next(iter(home.glob("*-wal")), store)
    end = time.monotonic() + 60
    while time.monotonic() < end and process.poll() is None:
        wal = next(iter(home.glob("*-wal")), store)
        if wal.exists() and wal.stat().st_size > after:
            break
        time.sleep(0.005)  # between two looks at a condition
    process.kill()
    process.wait()


def test_an_import_that_is_killed_again_and_again_ends_whole_and_once(home: Path, table: Path) -> None:
    before = held(home)
    partial = set()
    for after in (300_000, 1_500_000, 3_000_000):
        kill_midway(home, table, after)
        partial.add(held(home))
    publish(home, table)
    assert set(works(home).values()) == {1}
    assert len(works(home)) == ROWS
    assert any(before < count < held(home) for count in partial), "no kill fell into the import"
    assert created(publish(home, table)) == 0


def test_a_store_that_was_rebuilt_knows_what_was_published(home: Path, table: Path) -> None:
    publish(home, table)
    count = held(home)
    knowchain(home, "rebuild")
    again = publish(home, table)
    assert (created(again), again["unchanged"]) == (0, ROWS)
    assert held(home) == count


def test_another_order_fewer_rows_and_one_change(home: Path, table: Path, tmp_path: Path) -> None:
    publish(home, table)
    objects = rows()
    random.Random(1).shuffle(objects)
    del objects[:10]
    assert created(publish(home, write(tmp_path / "shuffled.jsonl", objects))) == 0
    objects[5]["title"] = "Another title"
    changed = publish(home, write(tmp_path / "changed.jsonl", objects))
    assert (created(changed), changed["revised"]) == (1, 1)
    assert len(works(home)) == ROWS


def test_a_second_import_at_the_same_time_is_refused_with_the_reason(home: Path, table: Path) -> None:
    words = [COMMAND, "--home", home, "publish", "--metadata", table]
    both = [subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    ends = [process.communicate(timeout=240) for process in both]
    refused = [end for process, end in zip(both, ends, strict=True) if process.returncode != 0]
    assert len(refused) == 1
    assert b"in use" in refused[0][1]
    assert set(works(home).values()) == {1}
