"""A snapshot: what a feed was made from, named by one CID.

The manifest lists the heads (who has them has all records, docs/spec/records.md section 10) and the
bodies that were not held; so two peers can compare what they ranked, and see what is missing.

Source: docs/spec/ranking.md, section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from knowchain import codec
from knowchain.codec import Value
from knowchain.identifiers import DAG_CBOR, Cid, RecordId, cid_of

__all__ = ["CHUNK", "MANIFEST_VERSION", "Manifest", "manifest_of"]

MANIFEST_VERSION: Final = 1
CHUNK: Final = 20_000
"""Links in one block of a list: 41 bytes each, so that no block passes 1 MiB."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """A snapshot's manifest as blocks."""

    cid: Cid
    """The snapshot: the CID of the root."""
    blocks: tuple[tuple[Cid, bytes], ...]
    """The root, then the lists that it links."""


def manifest_of(*, network: str, heads: Iterable[RecordId], absent: Iterable[RecordId]) -> Manifest:
    """The manifest of what is held.

    Args:
        network: its name.
        heads: the held records that no held record names as a parent; in any order.
        absent: the bodies that a standing record links and that are not held; in any order.
    """
    blocks: list[tuple[Cid, bytes]] = []
    root: dict[str, Value] = {
        "v": MANIFEST_VERSION,
        "network": network,
        "heads": _listed(heads, blocks),
        "absent": _listed(absent, blocks),
    }
    data = codec.encode(root)
    cid = cid_of(data, DAG_CBOR)
    return Manifest(cid, ((cid, data), *blocks))


def _listed(ids: Iterable[RecordId], blocks: list[tuple[Cid, bytes]]) -> Value:
    """A list's size and the links of its blocks, which are added to ``blocks``."""
    ordered = sorted(set(ids))
    chunks: list[Value] = []
    for chunk in _chunks(ordered):
        data = codec.encode(list(chunk))
        cid = cid_of(data, DAG_CBOR)
        blocks.append((cid, data))
        chunks.append(cid)
    return {"count": len(ordered), "chunks": chunks}


def _chunks(ordered: Sequence[RecordId]) -> Iterator[Sequence[RecordId]]:
    for start in range(0, len(ordered), CHUNK):
        yield ordered[start : start + CHUNK]
