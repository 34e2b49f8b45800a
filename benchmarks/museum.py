"""A museum in one command, against bare PyNaCl signing and checking as many records in the same run.

With ``KNOWCHAIN_DATA`` naming the folder with the real material it is the Carnegie Museum of Art's 28,258
objects; without it an invented collection takes their place, and the name of the row says so.
"""

from __future__ import annotations

import itertools
import json
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

import nacl.signing

from benchmarks.report import Row, print_table
from knowchain.archive.tables import read_map, shipped_map
from knowchain.home import Home, begin
from knowchain.home.museum import Counts, TableImport, import_table
from knowchain.home.museum.planning import Planner
from knowchain.home.museum.table_file import opened
from knowchain.identifiers import DAG_CBOR, RecordId, cid_of

_MAP: Final = "cmoa-json"
_OBJECTS: Final = 28_258
_TARGET: Final = 0.35
_MEMORY: Final = 200
_SAMPLE: Final = 3_000


class _Run(NamedTuple):
    """One import: what came of it, and what it took."""

    counts: Counts
    wall: float
    signing: float
    """Processor seconds of the process that signs."""
    planning: float
    """Processor seconds of those that plan."""
    memory: float
    """Greatest memory of the process's own, in MiB: the mapped database is the system's to take back."""


def bare(count: int) -> tuple[float, float]:
    """Wall and processor seconds for PyNaCl to sign and check ``count`` messages of a header's size."""
    key, message = nacl.signing.SigningKey.generate(), b"x" * 400
    wall, spent = time.perf_counter(), time.process_time()
    for _ in range(_SAMPLE):
        key.verify_key.verify(message, key.sign(message).signature)
    wall, spent = time.perf_counter() - wall, time.process_time() - spent
    return wall / _SAMPLE * count, spent / _SAMPLE * count


def table(folder: Path, scale: float) -> tuple[Path, str]:
    """The table, and what it is."""
    count, real = max(1_500, int(_OBJECTS * scale)), os.environ.get("KNOWCHAIN_DATA")
    source = Path(real, "cmoa.jsonl.gz") if real else None
    if source is not None and scale >= 1:
        return source, "museum"
    path = folder / "objects.jsonl"
    with path.open("w", encoding="utf-8") as file:
        if source is None:
            file.writelines(json.dumps(each) + "\n" for each in itertools.islice(_invented(), count))
        else:
            with opened(source) as found:
                # The rows of the real table are flat by now; the map finds them under the same names.
                file.writelines(
                    json.dumps(_nested(row.fields)) + "\n" for row in itertools.islice(found.rows, count)
                )
    return path, "museum" if source is not None else "invented museum (KNOWCHAIN_DATA is not set)"


def _nested(fields: object) -> object:
    assert isinstance(fields, dict), "a row's cells"
    creators: dict[str, dict[str, str]] = {}
    plain = {}
    for name, text in fields.items():
        if name.startswith("creator[") and "]." in name:
            place, _, part = name.partition("].")
            creators.setdefault(place, {})[part] = text
        elif "[" not in name:
            plain[name] = text
    return {**plain, "creator": list(creators.values())}


def _invented() -> Iterator[dict[str, object]]:
    for number in itertools.count(1):
        yield {
            "id": f"invented:{number}",
            "title": f"View of the harbour, number {number}",
            "creator": [{"full_name": f"Painter {number % 700}", "role": "artist"}],
            "creation_date": f"c. {1800 + number % 150}",
            "medium": "oil on canvas",
            "accession_number": f"{number % 90}.{number}",
            "credit_line": "Gift of the invented family",
            "provenance_text": f"Mary Smith, Boston, MA, until {1850 + number % 60}; Museum purchase, 1950.",
        }


def imported(home: Home, path: Path, name: str = _MAP) -> _Run:
    """Import once."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    before, mine, peak = children.ru_utime + children.ru_stime, time.process_time(), [0.0]
    start = time.perf_counter()
    done = import_table(home, TableImport(str(path), map=name), lambda _: peak.append(_own_memory()))
    wall = time.perf_counter() - start
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    spent = children.ru_utime + children.ru_stime - before
    return _Run(done.counts, wall, time.process_time() - mine, spent, max(peak))


def _own_memory() -> float:
    """Memory of this process that is not a mapped file's, in MiB; 0 where the system doesn't say."""
    try:
        lines = Path("/proc/self/status").read_text().splitlines()
    except OSError:
        return 0.0
    return sum(int(line.split()[1]) for line in lines if line.startswith("RssAnon:")) / 1024


def planning_alone(path: Path, rows_: int = 2_000) -> dict[str, float]:
    """Where planning's time goes: processor microseconds a row."""
    planner = Planner(read_map(shipped_map(_MAP)), "trial", RecordId(cid_of(b"\xa0", DAG_CBOR)))
    marks = [time.process_time()]
    with opened(path) as found:
        read = list(itertools.islice(found.rows, rows_))
    marks.append(time.process_time())
    drafts = [planner.draft(row) for row in read]
    marks.append(time.process_time())
    for draft in drafts:
        planner.compose(draft)
    marks.append(time.process_time())
    spans = [(b - a) / max(1, len(read)) * 1e6 for a, b in itertools.pairwise(marks)]
    return dict(zip(("reading", "drafting", "composing"), spans, strict=True))


def rows(scale: float = 1.0) -> list[Row]:
    """The import, the same again, and its memory; ``scale`` 1 is the whole museum."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path, what = table(folder, scale)
        begin(folder / "home", name="Museum", recovery_file=folder / "recovery.key")
        with Home.open(folder / "home") as home:
            before = bare(1)
            first = imported(home, path)
            after = bare(1)
            second = imported(home, path)
        _tell(path, first)
    created, again = first.counts.created, second.counts.created
    bare_wall, bare_spent = ((before[at] + after[at]) / 2 * created for at in (0, 1))
    ratio = bare_wall / first.wall
    label = f"{what}: {first.counts.works:,} works, {created:,} records"
    free = max(first.signing, first.planning)
    most = max(first.memory, second.memory)
    return [
        Row(label, first.wall, bare_wall, ratio, f">= {_TARGET}", ratio >= _TARGET, "s"),
        Row("  the longer of signing and planning, all in processor time", free, bare_spent,
            bare_spent / free, "(told)", True, "s"),
        Row("  the same table again: records created", again, created, again / created, "0", again == 0),
        Row("  memory of the process that signs", most, _MEMORY, most / _MEMORY, "<= 200 MiB",
            most <= _MEMORY, "MiB"),
    ]  # fmt: skip


def _tell(path: Path, run: _Run) -> None:
    spans = ", ".join(f"{name} {span:.0f} µs" for name, span in planning_alone(path).items())
    print(f"planning takes {run.planning:.1f} s of a processor, signing and keeping {run.signing:.1f} s")
    print(f"planning a row: {spans}")


if __name__ == "__main__":
    print_table(rows(float(sys.argv[1]) if len(sys.argv) > 1 else 1.0))
