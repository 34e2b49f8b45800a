"""The published vectors: both engines, the numbers, the profiles and the snapshots keep to them."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import numpy as np
import pytest
from ranking_vectors import (
    FOLDER,
    fault_of,
    feed_json,
    files,
    judgement_json,
    profile_json,
    viewer_of,
    world_of,
    written,
)

from knowchain import codec
from knowchain.identifiers import cid_of, parse_record_id, record_id
from knowchain.ranking.columns import Columns
from knowchain.ranking.engine import Engine
from knowchain.ranking.likeness import fingerprint
from knowchain.ranking.numbers import TABLE, fresh, fresh_column, ilog2q, ilog2q_column, table_bytes
from knowchain.ranking.profile_text import read_profile
from knowchain.ranking.referee import Referee
from knowchain.ranking.snapshot import CHUNK, manifest_of


def load(name: str) -> dict[str, Any]:
    document: dict[str, Any] = json.loads((FOLDER / name).read_text("utf-8"))
    return document


WORLDS = load("feeds.json")["worlds"]
FEEDS = load("feeds.json")["cases"]
PROFILES = load("profiles.json")


@pytest.mark.parametrize("case", FEEDS, ids=[case["name"] for case in FEEDS])
def test_both_engines_give_the_published_feed(case: dict[str, Any]) -> None:
    world, viewer, profile = world_of(WORLDS[case["world"]]), viewer_of(case), read_profile(case["profile"])
    referee = Referee(world, profile, viewer, as_of=case["as_of"])
    engine = Engine(Columns.of(world))
    fast = engine.rank(profile, viewer, as_of=case["as_of"], snapshot=world.snapshot)
    for ranking in (referee, fast):
        assert feed_json(ranking.feed()) == case["feed"]
        for fact in world.facts:
            assert judgement_json(ranking.judge(fact.id)) == case["judgements"][str(fact.id)]


def test_fingerprints_are_the_published_ones() -> None:
    for texts, bits in load("fingerprints.json")["cases"]:
        assert fingerprint(texts) == (None if bits is None else int(bits, 16))


def test_the_numbers_are_the_published_ones() -> None:
    numbers = load("numbers.json")
    assert numbers["table"] == list(TABLE)
    assert (
        hashlib.sha256(table_bytes()).hexdigest()
        == "b4431b25612250c8d2433a7988618f167145dc7f81274c76702c0ee849701864"
    )
    for age, life, value in numbers["fresh"]:
        assert fresh(age, life) == value
        assert fresh_column(np.array([age]), life).tolist() == [value]
    for x, value in numbers["ilog2q"]:
        assert ilog2q(x) == value
        assert ilog2q_column(np.array([x])).tolist() == [value]


@pytest.mark.parametrize("case", PROFILES["valid"], ids=[case["name"] for case in PROFILES["valid"]])
def test_a_profile_means_what_is_published(case: dict[str, Any]) -> None:
    assert profile_json(read_profile(case["toml"])) == case["means"]


@pytest.mark.parametrize("case", PROFILES["invalid"], ids=[case["name"] for case in PROFILES["invalid"]])
def test_a_bad_profile_is_refused_at_its_line(case: dict[str, Any]) -> None:
    assert fault_of(case["toml"]) == case["fault"]


def test_manifests_are_the_published_ones() -> None:
    for case in load("snapshots.json")["cases"]:
        heads, absent = (list(map(parse_record_id, case[name])) for name in ("heads", "absent"))
        made = manifest_of(network=case["network"], heads=reversed(heads), absent=[*absent, *absent])
        assert str(made.cid) == case["snapshot"]
        assert {str(cid): data.hex() for cid, data in made.blocks} == case["blocks"]
        assert all(cid == cid_of(data, 0x71) for cid, data in made.blocks)


def test_the_files_are_what_the_referee_writes() -> None:
    for name, document in files().items():
        assert (FOLDER / name).read_text("utf-8") == written(document), name


def test_no_block_of_a_manifest_passes_a_mebibyte() -> None:
    heads = [record_id(b"head %d" % n) for n in range(CHUNK + 1)]
    made = manifest_of(network="main", heads=heads, absent=heads[:1])
    assert len(made.blocks) == 4, "the root, two lists of heads, one of absent bodies"
    assert max(len(data) for _, data in made.blocks) <= 2**20
    listed = [codec.decode(data) for _, data in made.blocks[1:3]]
    assert [link for links in listed for link in links] == sorted(heads)  # type: ignore[union-attr]
    assert manifest_of(network="other", heads=heads, absent=heads[:1]).cid != made.cid
