"""Vectors of ranking as JSON: written by the referee, read by whoever claims to follow the page.

``python tests/library/ranking/ranking_vectors.py`` writes them anew; the tests hold both engines to them.
"""

from __future__ import annotations

import json
import random
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).parent))

from ranking_worlds import DAY, NOW, SETS, author, rid

from knowchain.errors import InvalidValue
from knowchain.identifiers import Cid, RecordId, parse_record_id
from knowchain.ranking.facts import (
    Drop,
    Evaluation,
    Fact,
    Label,
    Statement,
    Viewer,
    ViewpointGroup,
    Viewpoints,
    World,
)
from knowchain.ranking.feed import Feed, Judgement, Placed
from knowchain.ranking.likeness import fingerprint
from knowchain.ranking.numbers import TABLE, fresh, ilog2q
from knowchain.ranking.presets import PRESETS, preset
from knowchain.ranking.profile import Profile
from knowchain.ranking.profile_text import read_profile
from knowchain.ranking.referee import Referee
from knowchain.ranking.snapshot import manifest_of

FOLDER = Path(__file__).parents[2] / "vectors" / "ranking"
Json = dict[str, Any]

# --- to and from JSON --------------------------------------------------------------------------------


def world_of(world: Json) -> World:
    """Facts and whatever was said."""
    facts = [
        Fact(
            id=parse_record_id(each["id"]),
            kind=each["kind"],
            author=parse_record_id(each["author"]),
            time=each["time"],
            drop=Drop(each["drop"]) if "drop" in each else None,
            sources=records(each, "sources"),
            languages=tuple(each.get("languages", ())),
            collections=records(each, "collections"),
            topics=tuple(each.get("topics", ())),
            uses=records(each, "uses"),
        )
        for each in world["facts"]
    ]
    return World(
        facts,
        [
            Statement(
                **said(each), weight=each["weight"], block=each.get("block", False), until=each.get("until")
            )
            for each in world["statements"]
        ],
        parse_record_id(world["snapshot"]),
        [
            Evaluation(
                **said(each),
                axis=each["axis"],
                value=each["value"],
                languages=tuple(each.get("languages", ())),
            )
            for each in world["evaluations"]
        ],
        [
            Label(
                **said(each), label=each["label"], negated=each.get("negated", False), until=each.get("until")
            )
            for each in world["labels"]
        ],
        [viewpoints_of(each) for each in world["viewpoints"]],
        {parse_record_id(each): int(bits, 16) for each, bits in world["fingerprints"].items()},
    )


def records(each: Json, name: str) -> tuple[RecordId, ...]:
    """A list of ids."""
    return tuple(map(parse_record_id, each.get(name, ())))


def said(each: Json) -> Json:
    """What all that is said has."""
    ids = {name: parse_record_id(each[name]) for name in ("id", "author", "subject")}
    return {**ids, "time": each["time"]}


def viewpoints_of(each: Json) -> Viewpoints:
    """A record of groups."""
    return Viewpoints(
        parse_record_id(each["id"]),
        tuple(
            ViewpointGroup(
                tuple((parse_record_id(who), part) for who, part in group["members"]), group["minimum"]
            )
            for group in each.get("groups", ())
        ),
    )


def viewer_of(case: Json) -> Viewer:
    """The viewer of a case."""
    viewer = case["viewer"]
    return Viewer(
        me=parse_record_id(viewer["me"]) if "me" in viewer else None,
        people=frozenset(map(parse_record_id, viewer.get("people", ()))),
        collections=frozenset(map(parse_record_id, viewer.get("collections", ()))),
        languages=tuple(viewer.get("languages", ())),
        topics=frozenset(viewer.get("topics", ())),
        history={parse_record_id(each): times for each, times in viewer.get("history", {}).items()},
        salt=bytes.fromhex(viewer.get("salt", "")),
        owed=viewer.get("owed", {}),
    )


def plain(value: object) -> Any:
    """A fact, statement or viewer as JSON holds it; what is empty is left out."""
    if isinstance(value, Drop):
        return value.value
    if isinstance(value, Cid):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if hasattr(value, "_asdict"):
        value = value._asdict()
    elif hasattr(value, "__dataclass_fields__"):
        value = {name: getattr(value, name) for name in value.__dataclass_fields__}
    if isinstance(value, Mapping):
        return {
            str(plain(name)): plain(each)
            for name, each in value.items()
            if each is not None and each is not False and each not in ((), frozenset(), b"", {})
        }
    if isinstance(value, frozenset):
        return sorted(plain(each) for each in value)
    if isinstance(value, tuple | list):
        return [plain(each) for each in value]
    return value


def placed_json(placed: Placed) -> Json:
    """An item as the vectors have it."""
    return {
        "id": str(placed.id),
        "rank": placed.rank,
        "place": placed.place,
        "moves": [plain(each) for each in placed.moves],
        "score": placed.score,
        "contributions": [list(each) for each in placed.contributions],
        "sources": list(placed.sources),
        "hops": [placed.evidence.verified, placed.evidence.claimed],
        "mass": placed.evidence.mass,
        "grounds": {
            name: [ground.total, *map(str, ground.records)]
            for name, ground in placed.evidence.grounds.items()
        },
    }


def feed_json(feed: Feed) -> Json:
    """A feed as the vectors have it."""
    return {
        "works": feed.works,
        "candidates": feed.candidates,
        "given": dict(feed.given),
        "dropped": {drop.value: count for drop, count in sorted(feed.dropped.items())},
        "items": [placed_json(item) for item in feed.items],
        "history": None if feed.history is None else feed.history.hex(),
        "unmet": dict(feed.unmet),
        "owed": None if feed.owed is None else dict(feed.owed),
    }


def judgement_json(judged: Judgement | None) -> Json | None:
    """A judgement as the vectors have it."""
    if judged is None:
        return None
    if judged.drop is not None:
        return {"drop": judged.drop.value, **({"condition": judged.condition} if judged.condition else {})}
    assert judged.placed is not None
    return {
        "rank": judged.placed.rank,
        "place": judged.placed.place,
        "score": judged.placed.score,
        "short_of": judged.short_of,
    }


def profile_json(profile: Profile) -> Json:
    """What a profile means; of conditions, their texts."""
    means = {name: plain(value) for name, value in asdict(replace(profile, drop=(), boosts=())).items()}
    means["drop"] = [condition.text for condition in profile.drop]
    means["boosts"] = [[boost.when.text, boost.add] for boost in profile.boosts]
    means["rerank"] = {
        **asdict(profile.rerank),
        "floors": [[f.group, f.p_milli] for f in profile.rerank.floors],
    }
    return means


# --- the cases -----------------------------------------------------------------------------------------

PROFILES = {
    "everything": """
v = 1
name = "everything"
[reader]
langs = ["cy"]
seeds = ["me", "{seed}"]
blocked = ["{blocked}", "zh"]
topics = ["Harbour"]
labelers = ["{labeler}"]
groups = "{groups}"
[filter]
drop = ["lang == 'cy' && provenance < 32768", "axis.truth < -1000 && !followed"]
[weights]
age = 1
"axis.clear" = 50
"axis.truth" = 1000
bridge = 1200
contribution = 600
fresh = 900
"label:spam" = -3000
lang_lift = 800
novelty = 300
outward = 400
popularity = -200
provenance = 700
trust = 1500
[sources]
explore = 3
outward = 10
[rerank]
page = 10
""",
    "what people said": """
v = 1
name = "opinions"
[reader]
seeds = ["me", "{seed}"]
labelers = ["{labeler}"]
groups = "{groups}"
[weights]
"axis.beauty" = 1000
bridge = 1200
contribution = 600
"label:spam" = -300
outward = 400
popularity = 200
[params]
axis_half_life_s = 8640000
axis_kappa = 100
contribution_half_life_s = 864000
[sources]
recent = 0
outward = 10
[rerank]
page = 40
""",
    "narrow sources": """
v = 1
name = "narrow"
[weights]
trust = 1000
provenance = -300
[params]
trust_hops = 1
[sources]
topic = 1
explore = 2
recent = 3
trust = 4
language = 2
follows = 5
[rerank]
page = 5
score_min = 100
""",
}
PROFILES["everything that moves"] = """
v = 1
name = "moved"
[reader]
seeds = ["me", "{seed}"]
[weights]
"axis.truth" = 300
fresh = 900
provenance = 400
trust = 1500
[[boost]]
when = "lang == 'cy' && provenance > 32768"
add = 300
[[boost]]
when = "age > 1000000 || 'song' in topics"
add = -150
[rerank]
page = 20
author_decay = true
mmr_lambda = 700
calibration_mu = 900
floors = [{ group = "minority", p_milli = 200 }, { group = "outward", p_milli = 300 }]
explore = { every = 5 }
lift_min = 20000
score_min = -500
"""
PROFILES["decay alone"] = """
v = 1
name = "decay"
[weights]
fresh = 900
lang_lift = -300
[rerank]
author_decay = true
page = 12
"""
PROFILES["drawn and owed"] = """
v = 1
name = "drawn"
[reader]
seeds = ["me", "{seed}"]
[weights]
trust = 1000
[rerank]
page = 30
floors = [{ group = "outward", p_milli = 500 }]
explore = { every = 2 }
"""
REFUSED = [
    ("not TOML", "v = 1\nname =\n"),
    ("no version", 'name = "x"\n[weights]\nfresh = 1\n'),
    ("a newer version", 'v = 2\nname = "x"\n'),
    ("a version that is true", 'v = true\nname = "x"\n'),
    ("no name", "v = 1\n[weights]\nfresh = 1\n"),
    ("an unknown key", 'v = 1\nname = "x"\nwieghts = 3\n'),
    ("an unknown table", 'v = 1\nname = "x"\n[wieghts]\nfresh = 1\n'),
    ("an unknown signal", 'v = 1\nname = "x"\n[weights]\nfrsh = 1\n'),
    ("an axis without a name", 'v = 1\nname = "x"\n[weights]\n"axis." = 1\n'),
    ("a label without a name", 'v = 1\nname = "x"\n[weights]\n"label:" = 1\n'),
    ("a decay that is a number", 'v = 1\nname = "x"\n[weights]\nfresh = 1\n[rerank]\nauthor_decay = 1\n'),
    ("a key that moves nothing", 'v = 1\nname = "x"\n[weights]\nfresh = 1\n[rerank]\nauthor_dekay = true\n'),
    ("a likeness beyond range", 'v = 1\nname = "x"\n[weights]\nfresh = 1\n[rerank]\nmmr_lambda = 1000001\n'),
    (
        "floors of one group",
        'v = 1\nname = "x"\n[weights]\nfresh = 1\n[rerank]\n'
        'floors = [{ group = "minority", p_milli = 1 }, { group = "minority", p_milli = 2 }]\n',
    ),
    (
        "a floor of nothing",
        'v = 1\nname = "x"\n[weights]\nfresh = 1\n[rerank]\nfloors = [{ group = "minority" }]\n',
    ),
    (
        "more owed than there is",
        'v = 1\nname = "x"\n[weights]\nfresh = 1\n[rerank]\n'
        'floors = [{ group = "minority", p_milli = 901 }]\nexplore = { every = 10 }\n',
    ),
    (
        "a second boost without a condition",
        'v = 1\nname = "x"\n[weights]\nfresh = 1\n[[boost]]\nwhen = "age > 3"\nadd = 3\n[[boost]]\nadd = 3\n',
    ),
    (
        "a second boost with a bad condition",
        'v = 1\nname = "x"\n[weights]\nfresh = 1\n[[boost]]\nwhen = "age > 3"\nadd = 3\n'
        '[[boost]]\nwhen = "age >"\nadd = 3\n',
    ),
    (
        "an overflow by a boost",
        'v = 1\nname = "x"\n[weights]\nfresh = 68719476737\n[[boost]]\nwhen = "age > 3"\nadd = 68719476735\n',
    ),
    ("a filter", 'v = 1\nname = "x"\n[weights]\nfresh = 1\n[filter]\ndrop = ["lang = 3"]\n'),
    ("a fraction", 'v = 1\nname = "x"\n[weights]\nfresh = 0.9\n'),
    ("a truth", 'v = 1\nname = "x"\n[weights]\nfresh = true\n'),
    ("no weights", 'v = 1\nname = "x"\n'),
    ("weights of 0", 'v = 1\nname = "x"\n[weights]\nfresh = 0\n'),
    ("an overflow", 'v = 1\nname = "x"\n[weights]\nfresh = 137438953472\n'),
    ("an overflow of the sum", 'v = 1\nname = "x"\n[weights]\nfresh = 68719476736\ntrust = -68719476736\n'),
    ("a half-life of nothing", 'v = 1\nname = "x"\n[weights]\nfresh = 1\n[params]\nfresh_half_life_s = 0\n'),
    ("a language by its name", 'v = 1\nname = "x"\n[weights]\nfresh = 1\n[reader]\nlangs = ["Welsh"]\n'),
    ("a language twice", 'v = 1\nname = "x"\n[weights]\nfresh = 1\n[reader]\nlangs = ["cy", "cy"]\n'),
    ("a key for a person", 'v = 1\nname = "x"\n[weights]\nfresh = 1\n[reader]\nseeds = ["did:key:z6Mk"]\n'),
    ("a page too long", 'v = 1\nname = "x"\n[weights]\nfresh = 1\n[rerank]\npage = 501\n'),
    (
        "a seed that is blocked",
        'v = 1\nname = "x"\n[weights]\nfresh = 1\n[reader]\nseeds = ["{seed}"]\nblocked = ["{seed}"]\n',
    ),
]


def filled(text: str) -> str:
    """A profile with its people and records."""
    named = {
        "seed": author(1),
        "blocked": author(5),
        "labeler": author(2),
        "groups": rid("vector groups"),
    }
    for name, each in named.items():
        text = text.replace(f"{{{name}}}", str(each))
    return text


def fault_of(text: str) -> list[object]:
    """[line, key] of the fault for which a profile is refused; no line where it is not TOML."""
    try:
        read_profile(text)
    except InvalidValue as fault:
        return [fault.fields.get("line"), fault.fields["field"]]
    raise AssertionError(f"accepted: {text}")


def made_world(seed: int, works: int) -> tuple[list[Fact], list[Statement]]:
    """Works with every drop, sources, languages and dates around each bound."""
    chance = random.Random(seed)
    names = [rid("vector", seed, n) for n in range(works)]
    edges = [NOW, NOW + 1, NOW - 1, NOW - 2 * DAY, NOW - 28 * DAY, NOW - 28 * DAY + 1, 0]
    facts = [
        Fact(
            id=names[n],
            kind=chance.choice(["work"] * 4 + ["event"]),
            author=author(chance.randrange(7)),
            time=chance.choice([NOW - chance.randrange(60 * DAY), chance.choice(edges)]),
            drop=chance.choice([None] * 12 + list(Drop)[:7]),
            sources=tuple(
                sorted(chance.sample([*names[:n], rid("gone")], min(n, chance.choice([0, 0, 1, 3]))))
            ),
            languages=chance.choice(SETS),
            collections=chance.choice([(), (), (rid("c", 0),)]),
            topics=chance.choice([(), (), ("song",), ("harbour",)]),
            uses=tuple(sorted(chance.sample(names[:n], min(n, chance.choice([0, 0, 1, 2]))))),
        )
        for n in range(works)
    ]
    statements = []
    for n in range(works // 2):
        weight = chance.choice([255, 85, 255, 85, 0, -85, -255])
        statements.append(
            Statement(
                id=rid("statement", seed, n),
                author=author(chance.randrange(7)),
                subject=author(chance.randrange(8)),
                time=NOW - chance.randrange(-5, 90) * DAY,
                weight=weight,
                block=weight == -255 and chance.random() < 0.3,
                until=chance.choice([None, None, NOW, NOW + DAY, NOW - DAY]),
            )
        )
    return facts, statements


def said_in(seed: int, works: int) -> tuple[list[Evaluation], list[Label], list[Viewpoints]]:
    """What people said of the works of a made world."""
    chance = random.Random(f"said {seed}")
    names = [rid("vector", seed, n) for n in range(works)] or [rid("gone")]
    evaluations = [
        Evaluation(
            id=rid("evaluation", seed, n),
            author=author(chance.randrange(8)),
            subject=chance.choice(names[-20:]),
            time=NOW - chance.randrange(-5 * DAY, 400 * DAY),
            axis=chance.choice(["truth", "truth", "beauty", "clear"]),
            value=chance.randint(-2, 2),
            languages=chance.choice(SETS),
        )
        for n in range(works * 4)
    ]
    labels = [
        Label(
            id=rid("label", seed, n),
            author=author(2 + chance.randrange(2)),
            subject=chance.choice([*names[-8:], author(chance.randrange(7))]),
            time=NOW - chance.randrange(-5, 90) * DAY,
            label=chance.choice(["spam", "x-own"]),
            negated=chance.random() < 0.3,
            until=chance.choice([None, None, NOW, NOW + DAY]),
        )
        for n in range(works // 2)
    ]
    members = [
        tuple(
            sorted((author(n), chance.choice([1000, 700, 300])) for n in range(8) if n % 2 == side or n < 2)
        )
        for side in (0, 1)
    ]
    groups = tuple(ViewpointGroup(each, minimum) for each, minimum in zip(members, (0, 20), strict=True))
    return evaluations, labels, [Viewpoints(rid("vector groups"), groups)]


def big_world(seed: int, works: int) -> World:
    """A made world with all that was said in it."""
    facts, statements = made_world(seed, works)
    chance = random.Random(f"likeness {seed}")
    like = chance.getrandbits(64)
    prints = {
        fact.id: like ^ chance.choice([0, 1, 0xFF, 0xFFFFFF, 2**63])
        if chance.random() < 0.5
        else chance.getrandbits(64)
        for fact in facts
        if fact.kind == "work" and chance.random() < 0.9
    }
    return World(facts, statements, rid("vector snapshot", seed), *said_in(seed, works), prints)


def feeds() -> Json:
    """Worlds, and whole feeds of each."""
    viewer = Viewer(
        me=author(0),
        people=frozenset({author(2)}),
        collections=frozenset({rid("c", 0)}),
        languages=("en",),
        topics=frozenset({"song"}),
        history={rid("vector", seed, n): n for seed in (3, 4) for n in range(1, 19, 3)},
        salt=b"sixteen  bytes !",
        owed={"cy": 100_000, "ga": 5, "zh": -70_000},
    )
    texts = {name: filled(text) for name, text in PROFILES.items()}
    texts |= {f"preset {name}": preset(name) for name in PRESETS}
    made = {f"{works} records": big_world(seed, works) for seed, works in ((1, 0), (2, 1), (3, 12), (4, 60))}
    cases = []
    for title, world in made.items():
        for name, text in texts.items():
            for reader in (viewer, Viewer()) if name == "everything" else (viewer,):
                referee = Referee(world, read_profile(text), reader, as_of=NOW)
                judged = {str(f.id): judgement_json(referee.judge(f.id)) for f in world.facts}
                cases.append(
                    {
                        "name": f"{title}, {name}, {'a reader' if reader.me else 'nobody'}",
                        "world": title,
                        "profile": text,
                        "viewer": plain(reader),
                        "as_of": NOW,
                        "feed": feed_json(referee.feed()),
                        "judgements": judged,
                    }
                )
    return {
        "about": "docs/spec/ranking.md, 6 to 8; hops: [verified, claimed]; grounds: [total, records]",
        "worlds": {title: world_json(world) for title, world in made.items()},
        "cases": cases,
    }


def world_json(world: World) -> Json:
    """A world as the vectors have it."""
    lists = ("facts", "statements", "evaluations", "labels")
    return {
        "snapshot": str(world.snapshot),
        **{name: [plain(each) for each in getattr(world, name)] for name in lists},
        "viewpoints": [
            {
                "id": str(each.id),
                "groups": [
                    {"members": [[str(who), part] for who, part in group.members], "minimum": group.minimum}
                    for group in each.groups
                ],
            }
            for each in world.viewpoints
        ],
        "fingerprints": {str(each): f"{bits:016x}" for each, bits in sorted(world.fingerprints.items())},
    }


def numbers() -> Json:
    """TBL, fresh and ilog2q."""
    ages = [-1, 0, 1, 31, 32, 63, 64, 65, 127, 128, 1000, 1088, 64 * 17 - 1, 64 * 17, 2**40]
    xs = [
        1,
        2,
        3,
        5,
        7,
        65_535,
        65_536,
        65_537,
        2**30 - 1,
        2**30,
        2**31 - 1,
        2**31,
        2**40,
        2**53 + 1,
        2**62 - 1,
    ]
    return {
        "about": "docs/spec/ranking.md, section 2; fresh: [age, half-life, value]; ilog2q: [x, value]",
        "table": list(TABLE),
        "fresh": [[age, life, fresh(age, life)] for life in (1, 7, 64, 172_800_000) for age in ages],
        "ilog2q": [[x, ilog2q(x)] for x in xs],
    }


def snapshots() -> Json:
    """Manifests."""
    cases: list[Json] = []
    for name, heads, absent in (("nothing", 0, 0), ("one head", 1, 0), ("some of both", 3, 2)):
        lists = [rid("head", n) for n in range(heads)], [rid("absent", n) for n in range(absent)]
        made = manifest_of(network="main", heads=lists[0], absent=lists[1])
        cases.append(
            {
                "name": name,
                "network": "main",
                "heads": [str(each) for each in lists[0]],
                "absent": [str(each) for each in lists[1]],
                "snapshot": str(made.cid),
                "blocks": {str(cid): data.hex() for cid, data in made.blocks},
            }
        )
    return {"about": "docs/spec/ranking.md, section 3; blocks are hexadecimal", "cases": cases}


def profiles() -> Json:
    """What is accepted and what is refused."""
    texts = {name: filled(text) for name, text in PROFILES.items()} | {name: preset(name) for name in PRESETS}
    return {
        "about": "docs/spec/ranking.md, section 5: what a profile means; and [line, key] of a fault",
        "valid": [
            {"name": name, "toml": text, "means": profile_json(read_profile(text))}
            for name, text in texts.items()
        ],
        "invalid": [
            {"name": name, "toml": filled(text), "fault": fault_of(filled(text))} for name, text in REFUSED
        ],
    }


def fingerprints() -> Json:
    """Texts and their fingerprints."""
    cases = [
        ["The harbour at dawn"],
        ["The harbour at  dusk", "A song of the harbour"],
        ["Y môr a'r mynydd"],
        ["Y mo\u0302r a'r mynydd"],
        ["STRASSE\u2003straße"],
        ["水边的歌"],
        ["ab"],
        ["a", "b"],
        [],
        ["long " * 2_000],
    ]
    found = [[texts, fingerprint(texts)] for texts in cases]
    return {
        "about": "docs/spec/ranking.md, section 4: [texts, fingerprint in hexadecimal, or null]",
        "cases": [[texts, None if bits is None else f"{bits:016x}"] for texts, bits in found],
    }


def files() -> dict[str, Json]:
    """Every file of vectors by its name."""
    return {
        "numbers.json": numbers(),
        "snapshots.json": snapshots(),
        "profiles.json": profiles(),
        "feeds.json": feeds(),
        "fingerprints.json": fingerprints(),
    }


def written(document: Json) -> str:
    """The text of a file."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def main(folder: Path, _arguments: Sequence[str] = ()) -> None:
    """Write them."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, document in files().items():
        (folder / name).write_text(written(document), encoding="utf-8")


if __name__ == "__main__":
    main(FOLDER)
