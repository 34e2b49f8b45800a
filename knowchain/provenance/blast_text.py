"""The blast radius as text: how far, whose, and by what, the nearest first."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import groupby
from typing import Final

from knowchain.provenance.blast import Affected, Blast
from knowchain.provenance.columns import cut, plain
from knowchain.provenance.dates import day
from knowchain.provenance.describing import short_id
from knowchain.provenance.relations import wording
from knowchain.provenance.text import Say, english

__all__ = ["render_blast"]

_COLUMNS: Final = 80
_ROOTS: Final = 10


def render_blast(blast: Blast, *, columns: int = _COLUMNS, say: Say = english) -> str:
    """Lines of at most ``columns`` columns, but for whole ids, ended by line breaks."""
    return "".join(line + "\n" for line in _lines(blast, columns, say))


def _lines(blast: Blast, columns: int, say: Say) -> Iterator[str]:
    yield from _subject(blast, columns, say)
    yield ""
    if not blast.affected_count:
        yield say("No record that is held here stands on it.")
    else:
        yield say("Records that stand on it: {count}", count=blast.affected_count)
        for relation, count in blast.by_relation.items():
            yield f"  {count:>7}  {plain(say(wording(relation).up))}"
        yield ""
        yield say("Whose they are")
        for name, count in blast.by_author.items():
            yield cut(f"  {count:>7}  {plain(name)}", columns)
        yield from _distances(blast, columns, say)
    if blast.witness_count:
        yield ""
        yield say("Had seen it, and take nothing from it: {count}", count=blast.witness_count)
        for one in blast.witnesses:
            yield from _record(one, columns, say)
    if blast.identity_changes:
        yield ""
        yield say("Identity records that the key signed; `knowchain keys log` says whether they stand")
        yield from (f"  {rid}" for rid in blast.identity_changes)
    if blast.full:
        yield ""
        yield say("There are more than can be counted: the numbers are too low.")


def _subject(blast: Blast, columns: int, say: Say) -> Iterator[str]:
    if blast.cause == "key":
        yield plain(blast.subject)
        yield say("  records that count, from {since} on: {count}", since=blast.since, count=blast.root_count)
    for root in blast.roots[:_ROOTS]:
        yield cut(f"  {plain(root.title or '—')} · {say(root.kind or '?')} · {short_id(root.id)}", columns)
    if blast.root_count > _ROOTS:
        yield say("  … and {count} more", count=blast.root_count - _ROOTS)


def _distances(blast: Blast, columns: int, say: Say) -> Iterator[str]:
    for distance, group in groupby(blast.affected, lambda one: one.distance):
        yield ""
        yield say("At distance {distance} ({count})", distance=distance, count=blast.by_distance[distance])
        for name, records in groupby(group, lambda one: one.author_name):
            listed = list(records)
            same = say(" — the same hand") if listed[0].same_author else ""
            yield cut(f"  {plain(name)}{same}", columns)
            for one in listed:
                yield from _record(one, columns, say)
    left = blast.affected_count - len(blast.affected)
    if left > 0:
        yield ""
        yield say("{count} more are counted and not listed: give --most a greater number.", count=left)


def _record(one: Affected, columns: int, say: Say) -> Iterator[str]:
    how = ", ".join(plain(say(wording(relation).up)) for relation in one.relations)
    flags = f" [{', '.join(say(flag) for flag in one.flags)}]" if one.flags else ""
    yield cut(f"    {plain(one.title or '—')}{flags}", columns)
    yield cut(f"      {how} · {say(one.kind)} · {day(one.claimed)} · {short_id(one.id)}", columns)
