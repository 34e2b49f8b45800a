"""Receipts read, refused and re-run in another language: the same verdict, at the same place."""

from __future__ import annotations

import hashlib
import json
import random
import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from ranking_drawn import Drawn
from ranking_vectors import world_json
from ranking_worlds import DAY, NOW, author, rid

from knowchain import codec
from knowchain.errors import InvalidValue
from knowchain.ranking.columns import Columns
from knowchain.ranking.engine import Engine
from knowchain.ranking.facts import Viewer, World
from knowchain.ranking.profile_text import read_profile
from knowchain.ranking.receipt_reading import ReceiptFile, read_receipt
from knowchain.ranking.receipts import Receipt, commitments, differences, receipt_of, write_receipt
from knowchain.ranking.snapshot import Manifest, manifest_of
from knowchain.signing import KeyPair

Json = dict[str, Any]
Run = Callable[[Path], subprocess.CompletedProcess[str]]
KEYS = KeyPair(bytes(32))
VERDICTS = {"match", "differs", "missing input", "refused"}


def _set(key: str, value: object) -> Callable[[Json], None]:
    return lambda file: file["receipt"].__setitem__(key, value)


def _open(name: str, of: Any, salt: bytes = b"salt") -> Callable[[Json], None]:
    """Commit to something, and open it."""

    def change(file: Json) -> None:
        file["receipt"]["private"] = {name: hashlib.sha256(salt + codec.encode(of)).digest()}
        file["opened"] = {name: {"salt": salt, "of": of}}

    return change


ONE, OTHER = sorted((author(1), author(2)))
NOTHING: Json = {"people": [], "collections": [], "languages": [], "topics": []}
FORGERIES: dict[str, Callable[[Json], None]] = {
    "an unknown key": _set("x", 1),
    "no work": lambda file: file["receipt"].pop("works"),
    "another version": _set("v", 2),
    "another engine": _set("engine", "knowchain-ranking/2"),
    "other tables": _set("tables", bytes(32)),
    "a moment that cannot be": _set("as_of", 2**53),
    "no limit": _set("limit", 0),
    "a place beyond 500": _set("items", [[ONE, 1, 501]]),
    "a place that is none": _set("items", [[ONE, 1, 0]]),
    "an item without a place": _set("items", [[ONE, 1]]),
    "a short hash": _set("explain_root", bytes(31)),
    "no profile": _set("profile", "v = 1"),
    "a key of another kind": _set("key", b"\x80\x24" + bytes(33)),
    "a block twice": lambda file: file["manifest"].append(file["manifest"][-1]),
    "no blocks": lambda file: file["manifest"].clear(),
    "blocks in another order": lambda file: file["manifest"].reverse() if len(file["manifest"]) > 1 else None,
    "nothing committed to": _set("private", {}),
    "something else committed to": _set("private", {"x": bytes(32)}),
    "nothing followed, with a salt": _open("follows", NOTHING),
    "nothing followed": _open("follows", NOTHING, b""),
    "nothing seen": _open("history", [], b""),
    "people out of order": _open("follows", {**NOTHING, "people": [OTHER, ONE]}),
    "a topic twice": _open("follows", {**NOTHING, "topics": ["song", "song"]}),
    "a language twice": _open("follows", {**NOTHING, "languages": ["cy", "cy"]}),
    "half of what is followed": _open("follows", {"people": []}),
    "works out of order": _open("history", [[OTHER, 1], [ONE, 1]]),
    "a work seen twice over": _open("history", [[ONE, 1], [ONE, 2]]),
    "a work never seen": _open("history", [[ONE, 0]]),
}


class Ranked:
    """A drawn world that has a manifest, ranked for a reader."""

    def __init__(self, seed: int) -> None:
        drawn = Drawn(seed)
        chance = random.Random(f"receipt {seed}")
        heads, absent = drawn.some(drawn.records, 9), drawn.some([rid("body", n) for n in range(9)], 9)
        self.chance = chance
        self.manifest: Manifest = manifest_of(network="main", heads=heads, absent=absent)
        self.world: World = replace(drawn.world(), snapshot=self.manifest.cid)
        self.viewer = self._viewer(drawn)
        self.salt = b"s" * 32 if self._follows() else b""
        self.text = drawn.profile()
        self.limit = chance.choice([1, 5, 100])
        self.receipt = self.receipt_for(self.viewer, self.salt, NOW, self.limit).signed_by(KEYS)

    def _viewer(self, drawn: Drawn) -> Viewer:
        viewer = replace(drawn.viewer(), me=author(0))
        if self.chance.random() < 0.4:  # nothing followed, nothing seen
            return Viewer(me=author(0))
        return viewer

    def _follows(self) -> bool:
        viewer = self.viewer
        return any((viewer.people, viewer.collections, viewer.languages, viewer.topics))

    def receipt_for(self, viewer: Viewer, salt: bytes, as_of: int, limit: int) -> Receipt:
        """What a receipt of such a feed must say."""
        profile = read_profile(self.text)
        engine = Engine(Columns.of(self.world))
        ranking = engine.rank(profile, viewer, as_of=as_of, snapshot=self.manifest.cid)
        return receipt_of(
            self.text,
            profile,
            viewer,
            ranking.feed(limit),
            reader=author(0),
            limit=limit,
            masses=ranking.masses(),
            salt=salt,
        )

    def file(self, receipt: Receipt, *, opened: bool = True) -> bytes:
        """As it is written."""
        return write_receipt(receipt, self.manifest, self.viewer if opened else None, self.salt)

    def audit(self, data: bytes) -> Json:
        """What the page says of a file, by the library."""
        try:
            given = read_receipt(data)
            return self._verdict(given)
        except InvalidValue:
            return {"verdict": "refused"}

    def _verdict(self, given: ReceiptFile) -> Json:
        stated, opened = given.receipt, given.opened
        nothing = commitments(read_profile(stated.profile), Viewer(), b"")
        lacking = [n for n in stated.private if n not in opened and stated.private[n] != nothing.get(n)]
        if lacking:
            return {"verdict": "missing input", "lacking": lacking}
        if set(stated.private) != set(nothing):
            return {"verdict": "differs", "differs": ["private"], "at": None}
        history = opened.get("history", Viewer())
        viewer = replace(
            opened.get("follows", Viewer()),
            me=stated.reader,
            history=history.history,
            salt=history.salt,
            owed=stated.ledger_before or {},
        )
        at, differs = differences(stated, self.receipt_for(viewer, b"", stated.as_of, stated.limit))
        return {"verdict": "differs" if differs else "match", "differs": sorted(differs), "at": at}

    # --- lies --------------------------------------------------------------------------------------

    def files(self) -> Iterator[tuple[str, bytes]]:
        """The honest file, closed and opened; signed lies; and bytes that were changed."""
        yield "closed", self.file(self.receipt, opened=False)
        yield "opened", (honest := self.file(self.receipt))
        for name, lie in self._lies():
            yield name, self.file(replace(self.receipt, **lie).signed_by(KEYS))
        for _ in range(4):
            at = self.chance.randrange(len(honest))
            yield (
                f"byte {at}",
                honest[:at] + bytes([honest[at] ^ self.chance.randint(1, 255)]) + honest[at + 1 :],
            )
        yield from self._forged(honest)
        yield "a byte more", honest + b"\0"
        yield "a byte less", honest[:-1]

    def _forged(self, honest: bytes) -> Iterator[tuple[str, bytes]]:
        """Files of another form, each signed as it is."""
        for name, change in FORGERIES.items():
            file: Json = codec.decode(honest, max_depth=12)  # type: ignore[assignment]
            change(file)
            stated = file["receipt"]
            signed = codec.encode({key: value for key, value in stated.items() if key != "sig"}, max_depth=12)
            stated["sig"] = KEYS.sign(b"knowchain feed receipt 1\n" + signed)
            yield name, codec.encode(file, max_depth=12)

    def _lies(self) -> Iterator[tuple[str, Json]]:
        told = self.receipt
        if told.items:
            one, *others = told.items
            yield "another score", {"items": (one._replace(score=one.score + 1), *others)}
            yield "an item less", {"items": told.items[:-1]}
            yield "another order", {"items": tuple(reversed(told.items))}
        yield "a work more", {"works": told.works + 1}
        yield "a candidate more", {"candidates": told.candidates + 1}
        yield "another drop", {"dropped": {**told.dropped, "filter": told.dropped.get("filter", 0) + 1}}
        yield "another source", {"given": {**told.given, "recent": told.given["recent"] + 1}}
        yield "a rule unmet", {"unmet": {**told.unmet, "explore": 77}}
        yield "other trust", {"trust_root": None if told.trust_root else bytes(32)}
        yield "other reasons", {"explain_root": bytes(32)}
        yield "other debts", {"ledger_after": {**(told.ledger_after or {}), "ga": 3}}
        if told.ledger_before is not None:
            yield "other debts before", {"ledger_before": {**told.ledger_before, "cy": -70_000}}
        yield "another moment", {"as_of": told.as_of + DAY}
        yield "another limit", {"limit": told.limit + 1}


def drawn_receipts(seeds: Sequence[int]) -> Json:
    """Worlds, files, and what the library says of them."""
    worlds, cases = {}, []
    for seed in seeds:
        ranked = Ranked(seed)
        worlds[str(seed)] = world_json(ranked.world)
        for name, data in ranked.files():
            cases.append(
                {
                    "name": f"{seed}, {name}",
                    "world": str(seed),
                    "file": data.hex(),
                    "audit": ranked.audit(data),
                }
            )
    return {"worlds": worlds, "cases": cases}


def hold_to_drawn(folder: Path, run: Run, seeds: Sequence[int]) -> None:
    """Draw receipts, and hold the engine to what the library says of them."""
    drawn = drawn_receipts(seeds)
    assert {each["audit"]["verdict"] for each in drawn["cases"]} == VERDICTS
    (folder / "receipts.json").write_text(json.dumps(drawn), encoding="utf-8")
    done = run(folder)
    assert (done.returncode, done.stdout) == (0, f"receipts {len(drawn['cases'])}\n"), (
        done.stdout + done.stderr
    )


def test_receipts_get_the_same_verdict_in_another_language(run: Run, tmp_path: Path) -> None:
    hold_to_drawn(tmp_path, run, range(8))


@pytest.mark.slow
@pytest.mark.parametrize("start", range(1_000, 3_000, 200))
def test_thousands_of_receipts_get_the_same_verdict(run: Run, tmp_path: Path, start: int) -> None:
    hold_to_drawn(tmp_path, run, range(start, start + 200))
