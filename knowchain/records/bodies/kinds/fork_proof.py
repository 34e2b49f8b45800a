"""Fork proofs: two records of one key with one sequence number, which anybody can check alone.

This fixes the body only. That the two blocks prove a fork is for :mod:`knowchain.chains` to say.
"""

from __future__ import annotations

from typing import Final

from knowchain.limits import MAX_BLOCK
from knowchain.records.bodies.kind import Kind
from knowchain.records.bodies.kinds.links import COMMON
from knowchain.records.bodies.place import Place
from knowchain.records.bodies.scalars import Binary
from knowchain.records.bodies.structures import Field, ListOf
from knowchain.records.bodies.values import Stored

__all__ = ["FORK_PROOF"]


def _two_in_order(stored: dict[str, Stored], at: Place) -> None:
    blocks = stored.get("blocks")
    if not isinstance(blocks, list):
        return
    place = at.child("blocks")
    if len(blocks) != 2:
        raise place.error("{value} blocks prove no fork", value=len(blocks), remedy="give two")
    first, second = blocks
    if isinstance(first, bytes) and isinstance(second, bytes) and first >= second:
        raise place.error("the blocks are not in order", value=first, remedy="put the lesser bytes first")


FORK_PROOF: Final = Kind(
    "fork-proof",
    "Two signed blocks of one key with one sequence number.",
    (
        Field(
            "blocks",
            ListOf(Binary(MAX_BLOCK, "bytes ≤ 32768"), limit=2),
            "the two record blocks, whole, in ascending order of their bytes",
            required=True,
        ),
    ),
    COMMON,
    {"blocks": [{"/": {"bytes": "omNyZWOg"}}, {"/": {"bytes": "omNyZWOh"}}]},
    checks=(_two_in_order,),
)
