"""Authoring: the owner's words become a record, signed with the key of this home."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from knowchain.home import Signed, author
from knowchain_node.api.endpoint import Call, Endpoint

__all__ = ["ENDPOINTS"]


@dataclass(frozen=True, slots=True)
class Words:
    """What is to be signed: a kind of docs/spec/bodies.md, and its fields as people write them."""

    kind: str
    fields: Mapping[str, object]


async def _author(call: Call) -> Signed:
    words = await call.body(Words)
    return await call.run(author, call.home, words.kind, words.fields)


ENDPOINTS: Final = (
    Endpoint(
        "POST", "/api/v1/author", _author, "Sign a record with the key of this home.", Signed,
        takes=Words, statuses=(201,), changes=True,
    ),
)  # fmt: skip
