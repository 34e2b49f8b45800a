"""A snapshot: what a feed was made from, named by one CID.

The manifest lists the heads (who has them has all records, docs/spec/records.md section 10) and the
bodies that were not held; so two peers can compare what they ranked, and see what is missing.

Source: docs/spec/ranking.md, section 3.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

from knowchain import codec
from knowchain.codec import Value
from knowchain.errors import CodecError, InvalidValue
from knowchain.identifiers import DAG_CBOR, Cid, RecordId, as_record_id, cid_of, is_record_id

__all__ = ["CHUNK", "MANIFEST_VERSION", "Listed", "Manifest", "manifest_of", "read_manifest"]

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


class Listed(NamedTuple):
    """What a manifest lists."""

    cid: Cid
    network: str
    heads: tuple[RecordId, ...]
    absent: tuple[RecordId, ...]


def read_manifest(blocks: Sequence[bytes]) -> Listed:
    """What the blocks of a manifest list: the root, then the blocks that it links, in their order.

    Raises:
        InvalidValue: they are not the blocks that :func:`manifest_of` makes of anything.
    """
    try:
        return _read(blocks)
    except CodecError as exc:
        raise _no_manifest() from exc


def _read(blocks: Sequence[bytes]) -> Listed:
    root = codec.decode(blocks[0]) if blocks else None
    known = isinstance(root, dict) and root.get("v") == MANIFEST_VERSION
    if not isinstance(root, dict) or not known or not isinstance(root.get("network"), str):
        raise _no_manifest()
    by_cid = {cid_of(data, DAG_CBOR): data for data in blocks[1:]}
    lists = [tuple(_links(root.get(name), by_cid)) for name in ("heads", "absent")]
    made = manifest_of(network=str(root["network"]), heads=lists[0], absent=lists[1])
    if [data for _, data in made.blocks] != list(blocks):
        raise _no_manifest()
    return Listed(made.cid, str(root["network"]), *lists)


def _links(listed: Value, by_cid: Mapping[Cid, bytes]) -> Iterator[RecordId]:
    chunks = listed.get("chunks") if isinstance(listed, dict) else None
    for chunk in chunks if isinstance(chunks, list) else ():
        data = by_cid.get(chunk) if isinstance(chunk, Cid) else None
        links = None if data is None else codec.decode(data)
        if not isinstance(links, list) or not all(is_record_id(each) for each in links):
            raise _no_manifest()
        for each in links:
            assert isinstance(each, Cid)
            yield as_record_id(each)


def _no_manifest() -> InvalidValue:
    return InvalidValue(
        "{field}: these blocks are no manifest of a snapshot",
        field="manifest",
        value="",
        remedy="take the file from its source again",
    )


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
