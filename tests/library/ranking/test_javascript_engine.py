"""A third engine, in JavaScript, written from the page alone: published vectors, and worlds drawn for it."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from ranking_drawn import Drawn
from ranking_edges import profiles
from ranking_vectors import FOLDER, fault_of, feed_json, judgement_json, plain, profile_json, world_json
from ranking_worlds import NOW

from knowchain.errors import InvalidValue
from knowchain.ranking.likeness import fingerprint
from knowchain.ranking.profile_text import read_profile
from knowchain.ranking.referee import Referee

Run = Callable[[Path], subprocess.CompletedProcess[str]]


def drawn_feeds(seeds: Sequence[int], size: int | None = None) -> dict[str, Any]:
    """Worlds, and what the referee says of them, as ``feeds.json`` has it."""
    worlds, cases = {}, []
    for seed in seeds:
        drawn = Drawn(seed, size)
        world, viewer, profile = drawn.world(), drawn.viewer(), drawn.profile()
        referee = Referee(world, read_profile(profile), viewer, as_of=NOW)
        worlds[str(seed)] = world_json(world)
        cases.append(
            {
                "name": f"seed {seed}",
                "world": str(seed),
                "profile": profile,
                "viewer": plain(viewer),
                "as_of": NOW,
                "feed": feed_json(referee.feed()),
                "judgements": {str(each): judgement_json(referee.judge(each)) for each in drawn.records},
            }
        )
    return {"about": "drawn worlds", "worlds": worlds, "cases": cases}


def edges() -> dict[str, Any]:
    """What is made here of profiles at the edges, as ``profiles.json`` has it."""
    found: dict[str, Any] = {"valid": [], "invalid": []}
    for number, toml in enumerate(profiles()):
        case = {"name": f"edge {number}, {toml[-200:]!r}", "toml": toml}
        try:
            found["valid"].append({**case, "means": profile_json(read_profile(toml))})
        except InvalidValue:
            found["invalid"].append({**case, "fault": fault_of(toml)})
    return found


def hold_to_drawn(folder: Path, run: Run, seeds: Sequence[int], size: int | None = None) -> None:
    """Draw worlds, and hold the engine to what the referee says of them."""
    (folder / "feeds.json").write_text(json.dumps(drawn_feeds(seeds, size)), encoding="utf-8")
    done = run(folder)
    assert (done.returncode, done.stdout) == (0, f"feeds {len(seeds)}\n"), done.stdout + done.stderr


def test_the_published_vectors_hold_in_another_language(run: Run) -> None:
    done = run(FOLDER)
    assert done.returncode == 0, done.stdout + done.stderr
    counted = {name: int(count) for name, count in (line.split() for line in done.stdout.splitlines())}
    assert set(counted) == {path.stem for path in FOLDER.glob("*.json")}, "a file that nobody looked at"
    assert all(counted.values())


def test_the_published_masses_of_trust_hold_in_another_language(run: Run) -> None:
    done = run(FOLDER.parent / "trust")
    assert (done.returncode, done.stdout.split()[0]) == (0, "masses"), done.stdout + done.stderr


def test_a_feed_that_is_one_unit_off_is_found(run: Run, tmp_path: Path) -> None:
    feeds = json.loads((FOLDER / "feeds.json").read_text("utf-8"))
    feeds["cases"][-1]["feed"]["items"][3]["contributions"][0][1] += 1
    (tmp_path / "feeds.json").write_text(json.dumps(feeds), encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode == 1
    assert "feed.items.3.contributions.0.1 is " in done.stdout


def test_drawn_worlds_have_the_same_feeds_in_another_language(run: Run, tmp_path: Path) -> None:
    hold_to_drawn(tmp_path, run, range(40))


def test_profiles_at_every_edge_mean_the_same_in_another_language(run: Run, tmp_path: Path) -> None:
    found = edges()
    assert min(map(len, found.values())) > 100
    (tmp_path / "profiles.json").write_text(json.dumps(found), encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


def test_drawn_texts_have_the_same_fingerprints_in_another_language(run: Run, tmp_path: Path) -> None:
    chance = random.Random("texts")
    letters = "abé\u0301ßΣς ΩİıẞᾳΐꭰᎠ水\u2003\u0085\x1f\u200b\U0001f600\n\t\u1e9e\u0345"
    lengths = [chance.randrange(9) for _ in range(200)] + [4_094, 4_095, 4_096, 4_097, 9_000]
    texts = [["".join(chance.choices(letters, k=n)) for _ in range(chance.randrange(4))] for n in lengths]
    found = [(each, fingerprint(each)) for each in texts]
    cases = [[each, None if bits is None else f"{bits:016x}"] for each, bits in found]
    (tmp_path / "fingerprints.json").write_text(json.dumps({"cases": cases}), encoding="utf-8")
    done = run(tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1_000, 11_000, 500))
def test_thousands_of_drawn_worlds_have_the_same_feeds(run: Run, tmp_path: Path, start: int) -> None:
    hold_to_drawn(tmp_path, run, range(start, start + 500))


@pytest.mark.slow
def test_worlds_with_more_works_than_a_pool_holds_have_the_same_feeds(run: Run, tmp_path: Path) -> None:
    hold_to_drawn(tmp_path, run, [1, 2, 3, 8, 9, 11], size=1_500)  # of these, more than 500 are candidates
