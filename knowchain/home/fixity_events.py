"""Checks of files as signed events: what this archive found of the works that it signed.

The ledger of the blocks knows each check of each block; an event says to others, in the words of PREMIS,
that a work's files were read again and what came of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Final, Literal

from knowchain.content.walking import links_of
from knowchain.errors import KnowchainError
from knowchain.home.authoring import author
from knowchain.home.content import file_references
from knowchain.home.home import Home
from knowchain.identifiers import RAW, Cid, RecordId
from knowchain.storage.blocks.fixity import FixityCheck

__all__ = ["sign_checks"]

_SUBJECTS: Final = 60
"""Works that one event of success speaks for; a record has room for 64 references."""
_AGENT: Final = {"name": "knowchain", "role": "executing program"}


def sign_checks(home: Home, failures: Iterable[FixityCheck]) -> tuple[RecordId, ...]:
    """Sign what a scrub of everything found: an event for each work with a bad file, and events that
    name the works whose files are whole.

    Works of others, and works whose files are not here, are passed over.

    Args:
        home: the open home.
        failures: the checks that failed.

    Raises:
        NotAllowed: this device may not sign now.
    """
    bad = {check.cid.multihash: check for check in failures}
    when = f"{datetime.fromtimestamp(home.clock() // 1000, UTC):%Y-%m-%dT%H:%M:%SZ}"
    whole: list[RecordId] = []
    signed: list[RecordId] = []
    for work, roots in _own_works(home):
        found = _examine(home, roots, bad)
        if found == "whole":
            whole.append(work)
        elif isinstance(found, FixityCheck):
            signed.append(author(home, "event", _failure(work, when, found)).id)
    for part in _parts(whole):
        subjects = [str(work) for work in part]
        event = {
            "event": "fixity-check",
            "subject": subjects,
            "when": when,
            "agent": _AGENT,
            "outcome": "success",
        }
        signed.append(author(home, "event", event).id)
    return tuple(signed)


def _parts(works: list[RecordId]) -> Iterator[list[RecordId]]:
    for at in range(0, len(works), _SUBJECTS):
        yield works[at : at + _SUBJECTS]


def _own_works(home: Home) -> Iterator[tuple[RecordId, list[Cid]]]:
    reader, own = home.store.reader(), home.identity
    for work, group in groupby(file_references(home), key=lambda reference: reference[1]):
        stored = reader.record(work)
        if stored is not None and stored.block.header.author == own and stored.block.header.kind == "work":
            yield work, [root for _, _, root in group]


def _examine(
    home: Home, roots: Iterable[Cid], bad: Mapping[bytes, FixityCheck]
) -> FixityCheck | Literal["whole", "away"]:
    """The failed check among the blocks of a work; else whether all of them are here."""
    todo, seen = list(roots), set[Cid]()
    while todo:
        cid = todo.pop()
        if cid in seen:
            continue
        seen.add(cid)
        if (check := bad.get(cid.multihash)) is not None:
            return check
        if not home.content.has(cid):
            return "away"
        if cid.codec != RAW:
            try:
                todo.extend(links_of(cid, home.content.get(cid)))
            except KnowchainError:
                return "away"
    return "whole"


def _failure(work: RecordId, when: str, check: FixityCheck) -> dict[str, object]:
    event: dict[str, object] = {
        "event": "fixity-check",
        "subject": [str(work)],
        "when": when,
        "agent": _AGENT,
        "outcome": "failure",
        "detail": {"en": [f"the block {check.cid}: {check.detail}"]},
    }
    if check.observed and check.observed != check.expected:
        event["fixity"] = {"alg": "sha256", "expected": check.expected, "observed": check.observed}
    return event
