"""A DAG that comes from others block by block: what was asked for is taken, and what lacks is known."""

from __future__ import annotations

from knowchain.content.blocks import check_block, is_checkable, is_identity
from knowchain.content.bounds import MAX_WALK
from knowchain.content.walking import links_of
from knowchain.errors import ContentError
from knowchain.identifiers import Cid

__all__ = ["Gathering"]


class Gathering:
    """What of the DAG under ``root`` came, in an order in which no block comes before what links to it.

    Memory grows with the number of blocks, about 150 bytes each.

    Args:
        root: what is wanted, with everything that it links to.
        max_blocks: beyond which the DAG is refused.
        max_bytes: likewise.
    """

    def __init__(self, root: Cid, *, max_blocks: int = MAX_WALK, max_bytes: int = 2**50) -> None:
        self.root = root
        self._max_blocks = max_blocks
        self._max_bytes = max_bytes
        self._lacking: dict[Cid, None] = {}
        self._came: set[Cid] = set()
        self.bytes = 0
        """Of the blocks that came."""
        self._want([root])

    def __len__(self) -> int:
        """How many blocks came."""
        return len(self._came)

    @property
    def lacking(self) -> tuple[Cid, ...]:
        """What is wanted next, in the order in which it was found; empty when all of it came."""
        return tuple(self._lacking)

    @property
    def is_whole(self) -> bool:
        """Whether all of it came."""
        return not self._lacking

    def take(self, cid: Cid, block: bytes) -> bool:
        """Take a block; False for one that came before.

        Raises:
            ContentError: it was not asked for, is not what its CID names, is no node of its codec, or there
                is more than the bounds allow.
        """
        return self.follow(cid, block) is not None

    def follow(self, cid: Cid, block: bytes) -> list[Cid] | None:
        """Take a block, and answer what is wanted since; None for one that came before.

        Raises:
            ContentError: as :meth:`take`.
        """
        if cid in self._came:
            return None
        if cid not in self._lacking:
            raise ContentError(
                "block {cid} came, and nothing before it links to it",
                remedy="ask for the content from somebody else",
                cid=str(cid),
            )
        check_block(cid, block)
        self.bytes += len(block)
        if self.bytes > self._max_bytes or len(self._came) == self._max_blocks:
            raise ContentError(
                "more than {blocks} blocks or {bytes} bytes lie under {root}",
                remedy="take a part of it, or raise the bound",
                blocks=self._max_blocks,
                bytes=self._max_bytes,
                root=str(self.root),
            )
        del self._lacking[cid]
        self._came.add(cid)
        return self._want(links_of(cid, block))

    def _want(self, links: list[Cid]) -> list[Cid]:
        """Note what is wanted; answers what of it was not before."""
        fresh: list[Cid] = []
        for link in links:
            if link in self._came or link in self._lacking:
                continue
            if is_identity(link):
                self._came.add(link)
                fresh += self._want(links_of(link, link.digest))
            elif is_checkable(link):
                self._lacking[link] = None
                fresh.append(link)
            else:
                check_block(link, b"")  # says that its hash function is not verified here
        return fresh
