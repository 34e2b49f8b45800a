"""Profiles at the edges of what the page allows, for an engine in another language.

Each has one fault at most, since the page leaves open which of several is named.
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from ranking_conditions import CONDITIONS
from ranking_worlds import author

PERSON, OTHER = str(author(1)), str(author(2))
HEAD = 'v = 1\nname = "x"\n'
PLAIN = HEAD + "[weights]\nfresh = 1\n"
WHEN = '[[boost]]\nwhen = "true"\nadd = '

NAMES = [
    *("  a  ", "", " ", "a\nb", "a\tb", "a\u0085b", "e\u0301", "\u00a0a", "x\u0000"),
    *("a" * 2000, "a" * 2001, "\U0001f600" * 2000, "e\u0301" * 2000, "\u0958" * 1001),
]

READERS = [
    *(
        'seeds = ["me", "me"]',
        'seeds = ["Me"]',
        'seeds = "me"',
        "seeds = []",
        "seeds = [1]",
        "seeds = {}",
        "foo = 1",
    ),
    *(f'seeds = ["{PERSON.upper()}"]', f'seeds = ["{PERSON[:-1]}j"]', f'seeds = [" {PERSON} "]'),
    *('langs = ["cy", "CY"]', 'langs = ["EN-gb"]', 'langs = ["wels1247"]', 'langs = ["und", "x-a", "mul"]'),
    *(
        'langs = ["mri"]',
        'langs = ["ope"]',
        'langs = ["iw", "in", "sr-Cyrl-RS"]',
        'langs = [""]',
        'langs = [" cy "]',
    ),
    *(
        'langs = ["i-klingon", "zh-min-nan", "zh-yue", "sgn-DE"]',
        'langs = ["zh-cmn-Hans-CN"]',
        'langs = ["cy_GB"]',
    ),
    *('langs = ["en-u-ca-buddhist", "en-a-bb-x-c"]', 'langs = ["de-1996", "de-CH-1901", "en-scotland"]'),
    *('langs = ["qaa", "qaa-Qaaa-QM", "en-XA"]', 'langs = ["zh-cmn"]', 'langs = ["cy", "cy-cy", "Welsh"]'),
    *('blocked = ["me"]', 'blocked = ["zh", "ZH", "wels1247"]', f'blocked = ["{OTHER}", "{PERSON}"]'),
    *(f'seeds = ["{PERSON}"]\nblocked = ["{PERSON}"]', f'blocked = ["{PERSON}"]\nseeds = ["me", "{PERSON}"]'),
    *(
        'topics = ["A", "a"]',
        'topics = ["stra\u00dfe", "STRASSE"]',
        'topics = [" a "]',
        'topics = [""]',
        "topics = [1]",
    ),
    'topics = ["\u0130\u0131\u1e9e\u03c2\u13a0\uab70\u0345", "\u1f80\u0390\u01f0\u0149\u1fb7"]',
    *(f"topics = {json.dumps([f't{n}' for n in range(count)])}" for count in (1000, 1001)),
    *(
        f'labelers = ["{PERSON}", "{PERSON}"]',
        'labelers = ["me"]',
        f'groups = ["{PERSON}"]',
        f'groups = "{PERSON}"',
    ),
]

WEIGHTS = [
    *("", "fresh = 0\ntrust = 0", '"axis.Truth" = 1', '"axis.a_b" = 1', '"axis.9" = 1', '"axis.a-b" = 1'),
    *(
        '"label:x-" = 1',
        '"label:x" = 1',
        '"label:no" = 1',
        '"label:x--a" = 1',
        '"label:x-a-" = 1',
        '"label:x-9" = 1',
    ),
    *('"label.spam" = 1', '"label:spam" = 1', f'"axis.a{"1" * 31}" = 1', f'"axis.a{"1" * 32}" = 1'),
    *(
        "age = 4096",
        "age = 4097",
        "fresh = -99999999999\nage = 1",
        "fresh = 9223372036854775808",
        "constructor = 1",
    ),
    *(
        "fresh = 0x10",
        "fresh = 1_000",
        "fresh = nan",
        "fresh = 1979-05-27",
        "fresh = [1]",
        'fresh = "1"',
        "'fresh' = 1",
    ),
]

RERANKS = [
    *(
        "page = 0",
        "page = 500",
        "page = true",
        "score_min = 68719476736",
        "score_min = -68719476737",
        "foo = 1",
    ),
    *(
        "author_decay = false",
        'author_decay = "yes"',
        "mmr_lambda = -1",
        "calibration_mu = 1000000",
        "lift_min = 0",
    ),
    *("lift_min = 65536", "lift_min = 65537", "explore = 5", "explore = {}", "explore = { every = 1 }"),
    *(
        "explore = { every = 500 }",
        "explore = { every = 5, x = 1 }",
        "floors = []",
        "floors = {}",
        "floors = [1]",
    ),
    'floors = [{ group = "minority", p_milli = 1000 }]',
    'floors = [{ group = "minority", p_milli = 1, x = 1 }]',
    "floors = [{ p_milli = 1 }]",
    *(
        f'floors = [{{ group = "minority", p_milli = 500 }}, {{ group = "outward", p_milli = {part} }}]'
        for part in (500, 501)
    ),
    *(
        f'floors = [{{ group = "minority", p_milli = {part} }}]\nexplore = {{ every = {every} }}'
        for part, every in ((998, 500), (999, 500), (666, 3), (667, 3), (1, 1))
    ),
]

WHOLE = [
    *(
        "",
        " ",
        "[weights]\nfresh = 1\n",
        "\ufeff" + PLAIN,
        PLAIN.replace("\n", "\r\n"),
        "# c\n\n" + PLAIN + "foo = 1",
    ),
    *(PLAIN + "#" + "\U0001f600" * (65_536 - len(PLAIN) - over) for over in (0, 1)),
    PLAIN + "#" + "\u0958" * 40_000,
    *('v = 1.0\nname = "x"', 'v = "1"\nname = "x"', "v = 1\nname = 1\n[weights]\nfresh = 1"),
    *(HEAD + "weights." + line for line in ("fresh = 1", "frsh = 1")),
    *(
        HEAD + "weights = " + value
        for value in ("{fresh = 1}", "{fresh = 1, frsh = 2}", "[]", "3", "{fresh = 1,}")
    ),
    *(
        HEAD + f"{line}\n[weights]\nfresh = 1"
        for line in ("reader = []", '"a.b" = 1', '"reader.langs" = []', "boost = []")
    ),
    *(
        HEAD + f"{line}\n[weights]\nfresh = 1"
        for line in ('reason = ""', 'reason = " y "', 'name = "y"', "__proto__ = 1")
    ),
    *(
        HEAD + f"parent = {json.dumps(value)}\n[weights]\nfresh = 1"
        for value in (PERSON, PERSON + "a", "bafk", 7)
    ),
    *('v = 1\nname = "\\e"', 'v = 1\nname = "\\x41"', "v = 1\nname = 'x'\nt = 07:32", "v = 1\rname = 'x'"),
    *(
        PLAIN + f"[params]\n{line}"
        for line in ("trust_hops = 6", "trust_hops = 7", "trust_hops = 1.0", "axis_kappa = 0")
    ),
    *(
        PLAIN + f"[params]\n{line}"
        for line in ("lang_window_s = 3155760001", "foo = 1", "", "axis_half_life_s = 1")
    ),
    *(
        PLAIN + f"[sources]\n{line}"
        for line in ("recent = 1000001", "recent = 0", "nobody = 1", "recent = -1")
    ),
    *(
        PLAIN + "[rerank]\nexplore = { every = 5 }\n[sources]\n" + line
        for line in ("", "explore = 0", "explore = 7")
    ),
    *(
        PLAIN + f"[filter]\ndrop = {value}"
        for value in ('"true"', '["true", "true"]', '["true", "true "]', "[1]", "[]")
    ),
    PLAIN + '[filter]\ndrop = [\n"true",\n"lang"]',
    PLAIN + '[filter]\ndrop = ["""\ntrue\n&&\ntrue"""]',
    *(PLAIN + WHEN + value for value in ("0", "-1", "true", "68719476736", "68719476737", "1\nfoo = 2")),
    *(PLAIN + (WHEN + "1\n") * count for count in (100, 101)),
    *(
        PLAIN + "[[boost]]\n" + line
        for line in ("", "when = 1\nadd = 1", 'when = "lang"\nadd = 1', "add = 1")
    ),
    PLAIN + '[[boost]]\nwhen = "novelty > 0"\nadd = 1',
    PLAIN + '[[boost]]\nwhen = "true"\n' + WHEN + "1",
    *(
        HEAD + WHEN + "68719476736\n" + WHEN + f"-68719476735\n[weights]\nfresh = {weight}"
        for weight in (1, 2)
    ),
    HEAD + WHEN + "1\n[weights]\nfresh = 0",
    PLAIN
    + '[[rerank.floors]]\ngroup = "minority"\np_milli = 3\n[[rerank.floors]]\ngroup = "outward"\np_milli = 4',
    PLAIN + '[[rerank.floors]]\ngroup = "minority"\np_milli = 3\n[[rerank.floors]]\ngroup = "outward"',
]


def profiles() -> Iterator[str]:
    """All of them, each the text of a whole profile."""
    yield from WHOLE
    yield from (
        f"v = 1\nname = {json.dumps(name, ensure_ascii=False)}\n[weights]\nfresh = 1\n" for name in NAMES
    )
    yield from (f"{HEAD}[weights]\n{lines}\n" for lines in WEIGHTS)
    yield from (f"{PLAIN}[reader]\n{lines}\n" for lines in READERS)
    yield from (f"{PLAIN}[rerank]\n{lines}\n" for lines in RERANKS)
    for condition in CONDITIONS:
        yield f"{PLAIN}[filter]\ndrop = [{json.dumps(condition, ensure_ascii=False)}]\n"
