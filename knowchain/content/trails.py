"""Where a path leads, and over which blocks: through folders, plain and sharded, and through DAG-CBOR.

Source: the path resolution of the IPFS path gateway specification.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from knowchain import codec
from knowchain.codec import Value
from knowchain.content import nodes
from knowchain.content.blocks import BlockSource, verified
from knowchain.content.bounds import MAX_DEPTH
from knowchain.content.directories import entry_of
from knowchain.content.remedies import MADE_WRONG
from knowchain.errors import CodecError, ContentError, InvalidValue, NotFound, shown
from knowchain.identifiers import DAG_CBOR, Cid

__all__ = ["Trail", "follow"]


@dataclass(frozen=True, slots=True)
class Trail:
    """Where a path led.

    Attributes:
        end: the block at the end of the path.
        above: the blocks on the way, the root first, without the end; shards of folders among them.
        roots: the CID at the root and at each segment that leads to a block of its own.
        within: the rest of the path, within the end, which is then DAG-CBOR; empty if a block is at the path.
    """

    end: Cid
    above: tuple[Cid, ...]
    roots: tuple[Cid, ...]
    within: tuple[str, ...] = ()


class _Recorder:
    """Remembers what was asked for, so that a proof of the path can be given."""

    def __init__(self, source: BlockSource) -> None:
        self._source = verified(source)
        self.asked: list[Cid] = []

    def get(self, cid: Cid) -> bytes:
        self.asked.append(cid)
        return self._source.get(cid)


def follow(source: BlockSource, root: Cid, segments: Sequence[str]) -> Trail:
    """Follow a path from ``root``.

    In DAG-CBOR a segment is a key of a map or a position in a list, in shortest decimal form; a link is
    followed as it comes. Symlinks are not followed.

    Args:
        source: where the blocks are; each is checked.
        root: where the path begins.
        segments: names, at most 256.

    Raises:
        InvalidValue: too many segments.
        NotFound: nothing is at the path, or a block on the way is not in ``source``.
        ContentError: a block on the way is not what it should be.
    """
    if len(segments) > MAX_DEPTH:
        raise InvalidValue(
            "the path {value} has {count} segments",
            field="path",
            value="/".join(segments),
            count=len(segments),
            limit=MAX_DEPTH,
            remedy="give at most {limit}",
        )
    recorder = _Recorder(source)
    roots, cid, at = [root], root, 0
    while at < len(segments):
        if cid.codec == DAG_CBOR:
            link, after = _through_dag_cbor(recorder, cid, segments, at)
            if link is None:
                return Trail(cid, tuple(recorder.asked[:-1]), tuple(roots), tuple(segments[at:]))
            at = after
        else:
            link, at = _entry(recorder, cid, segments, at), at + 1
        cid = link
        roots.append(cid)
    return Trail(cid, tuple(recorder.asked), tuple(roots))


def _entry(source: BlockSource, cid: Cid, segments: Sequence[str], at: int) -> Cid:
    folder = nodes.load(source, cid)
    link = entry_of(source, folder, segments[at]) if folder.is_folder else None
    if link is None:
        raise _nothing(segments, at)
    return link.cid


def _through_dag_cbor(
    source: BlockSource, cid: Cid, segments: Sequence[str], at: int
) -> tuple[Cid | None, int]:
    """The first link that the path meets in the block, and how many segments are behind; or None."""
    block = source.get(cid)
    try:
        value: Value = codec.decode(block)
    except CodecError as exc:
        raise ContentError(
            "block {cid} is not of its codec: {why}", remedy=MADE_WRONG, cid=str(cid), why=str(exc)
        ) from exc
    for position in range(at, len(segments)):
        value = _step(value, segments, position)
        if isinstance(value, Cid):
            return value, position + 1
    return None, len(segments)


def _step(value: Value, segments: Sequence[str], at: int) -> Value:
    segment = segments[at]
    if isinstance(value, dict) and segment in value:
        return value[segment]
    if isinstance(value, list) and segment.isascii() and segment.isdecimal() and len(segment) < 8:
        position = int(segment)
        if str(position) == segment and position < len(value):
            return value[position]
    raise _nothing(segments, at)


def _nothing(segments: Sequence[str], at: int) -> NotFound:
    return NotFound(
        "nothing is at '{where}'",
        remedy="check the path; the folder above lists what it holds",
        where=shown("/".join(segments[: at + 1])),
    )
