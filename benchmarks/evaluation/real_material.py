"""Societies on real ground, of the folder that KNOWCHAIN_DATA names: who vouches for whom, what is spoken."""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import math
import os
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from benchmarks.evaluation.society import Member, Society, inhabited, rid

WEB, LANGUAGES, OBJECTS = "debian-web-of-trust.csv", "udhr.jsonl.gz", "cmoa.jsonl.gz"


def folder() -> Path | None:
    """The folder with real material; None if none is named."""
    named = os.environ.get("KNOWCHAIN_DATA")
    found = Path(named) if named else None
    return found if found is not None and (found / WEB).exists() else None


def debian(place: Path, *, works: int = 6_000, seed: int = 1) -> Society:
    """The keys of Debian and who certified whom; languages are those of the translated Declaration of Human
    Rights, and works bear the titles of museum objects. Who publishes what and judges how is made."""
    chance = random.Random(seed)
    pairs = _certified(place / WEB)
    received = Counter(target for _, target in pairs)
    keys = sorted({key for pair in pairs for key in pair})
    usual = sum(math.log1p(received[key]) for key in keys) / len(keys)
    tags = _tags(place / LANGUAGES)
    sizes = [1 / (n + 1) ** 1.1 for n in range(len(tags))]
    members = [_member(chance, key, math.log1p(received[key]) - usual, tags, sizes) for key in keys]
    who = {key: member.id for key, member in zip(keys, members, strict=True)}
    trusting = [(who[signer], who[signed]) for signer, signed in pairs]
    return inhabited(chance, members, trusting, works, 25, _titles(place / OBJECTS))


def _member(
    chance: random.Random, key: str, standing: float, tags: Sequence[str], sizes: Sequence[float]
) -> Member:
    """Who is vouched for by many rather works well, too."""
    languages = [*chance.choices(tags, sizes, k=1), *([tags[0]] if chance.random() < 0.5 else [])]
    return Member(
        rid("key", key),
        tuple(dict.fromkeys(languages)),
        0.6 * standing + 0.8 * chance.gauss(0, 1),
        chance.randrange(2),
    )


def _certified(path: Path) -> list[tuple[str, str]]:
    with path.open(newline="") as lines:
        pairs = {(line["signer"], line["signed"]) for line in csv.DictReader(lines)}
    return sorted(pair for pair in pairs if pair[0] != pair[1])


def _tags(path: Path) -> list[str]:
    """Each once, in the order of the file; the first is the language of most."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return list(dict.fromkeys(json.loads(line)["bcp47"] for line in lines))


def _titles(path: Path) -> list[str]:
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        return [json.loads(line)["title"] or "" for line in itertools.islice(lines, 6_000)]
