"""Forks: two records of one key and one sequence number, a proof that the two signatures carry."""

from __future__ import annotations

from typing import NamedTuple

from knowchain.errors import InvalidRecord
from knowchain.identifiers import PublicKey
from knowchain.records.block import Block, read_block, verify_block
from knowchain.records.header import Header

__all__ = ["ForkProof", "check_fork_proof"]


class ForkProof(NamedTuple):
    """Two blocks that one key signed for one place in its chain; anyone can check it alone."""

    key: PublicKey
    seq: int
    first: Block
    second: Block


def check_fork_proof(one: bytes, other: bytes) -> ForkProof:
    """Check that two blocks prove a fork; the result holds them in the order of their ids.

    Raises:
        InvalidRecord: a block is not valid by itself, or ``chain``: the two prove nothing.
    """
    first, second = sorted((read_block(one), read_block(other)), key=lambda block: block.id)
    if first.id == second.id:
        raise InvalidRecord("chain", "both blocks are the same record")
    if not isinstance(first.header, Header) or not isinstance(second.header, Header):
        raise InvalidRecord("chain", "records of an identity's log prove no fork of a key's chain")
    if first.header.key != second.header.key or first.header.seq != second.header.seq:
        raise InvalidRecord("chain", "the blocks differ in key or sequence number")
    verify_block(first)
    verify_block(second)
    return ForkProof(first.header.key, first.header.seq, first, second)
