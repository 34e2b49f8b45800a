"""The set of accepted records in memory: for judging a bundle alone, and the measure of the store."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence

from knowchain.chains.holdings import WITHDRAWING, Entry, LogEntry, Pointer
from knowchain.chains.identity import IdentityState
from knowchain.chains.links import Parent, added_keys, author_of, check_identity_link, check_link
from knowchain.chains.runs import Place, Run
from knowchain.identifiers import PublicKey, RecordId, key_id
from knowchain.records.block import Block, check_network
from knowchain.records.header import Header, IdentityHeader

__all__ = ["RecordSet"]


class RecordSet:
    """The set S of docs/spec/records.md, as :class:`~knowchain.chains.holdings.Holdings`.

    Args:
        network: the network whose identities are accepted (rule S5).
    """

    def __init__(self, network: str = "main") -> None:
        self.network = network
        self._blocks: dict[RecordId, Block] = {}
        self._states: dict[RecordId, IdentityState] = {}
        self._logs: dict[RecordId, list[LogEntry]] = defaultdict(list)
        self._places: dict[RecordId, Place] = {}
        self._runs: dict[PublicKey, dict[int, Run]] = defaultdict(dict)
        self._pointers: dict[RecordId, list[Pointer]] = defaultdict(list)

    def __contains__(self, rid: object) -> bool:
        return rid in self._blocks

    def __iter__(self) -> Iterator[RecordId]:
        return iter(self._blocks)

    def __len__(self) -> int:
        return len(self._blocks)

    def block(self, rid: RecordId) -> Block:
        """The block of a held record; KeyError otherwise."""
        return self._blocks[rid]

    def missing(self, block: Block) -> tuple[RecordId, ...]:
        """The parents of ``block`` that are not held (rule C1)."""
        return tuple(rid for rid in block.header.prev if rid not in self._blocks)

    def add(self, block: Block) -> None:
        """Accept a block whose signatures are good and whose parents are held.

        Raises:
            InvalidRecord: ``network``, ``chain`` or ``identity``; the set is unchanged.
        """
        check_network(block.header, self.network)
        parents = [self._parent(rid) for rid in block.header.prev]
        if isinstance(block.header, IdentityHeader):
            self._add_identity(block, block.header, parents)
        else:
            check_link(block.header, parents)
            self._add_ordinary(block, block.header)
        self._blocks[block.id] = block

    def _parent(self, rid: RecordId) -> Parent:
        header = self._blocks[rid].header
        identity = isinstance(header, IdentityHeader)
        return Parent(identity, author_of(rid, header), header.key, header.seq, added_keys(header))

    def _add_identity(self, block: Block, header: IdentityHeader, parents: Sequence[Parent]) -> None:
        prev = header.prev[0] if header.prev else None
        link = check_identity_link(
            block.id,
            header,
            parents[0] if parents else None,
            None if prev is None else self._states.get(prev),
        )
        self._states[block.id] = link.state
        self._logs[author_of(block.id, header)].append(LogEntry(block.id, prev, header.seq, link.rank))

    def _add_ordinary(self, block: Block, header: Header) -> None:
        runs = self._runs[header.key]
        parents = () if header.seq == 0 else tuple(self._places[rid] for rid in header.prev)
        if len(parents) == 1 and runs[parents[0].run].end == parents[0].seq:
            run = runs[parents[0].run]._replace(end=header.seq)
        else:
            run = Run(len(runs), header.author, header.seq, header.seq, parents)
        runs[run.id] = run
        self._places[block.id] = Place(run.id, header.seq)
        for ref in header.refs:
            self._pointers[ref.target].append(Pointer(ref.relation, block.id))

    # --- Holdings --------------------------------------------------------------------------------

    def entry(self, rid: RecordId) -> Entry | None:
        """The ordinary record of that id."""
        place = self._places.get(rid)
        if place is None:
            return None
        header = self._blocks[rid].header
        assert isinstance(header, Header)
        withdraws = any(ref.relation in WITHDRAWING for ref in header.refs)
        return Entry(rid, header.author, header.key, key_id(header.key), place, withdraws)

    def log(self, author: RecordId) -> Sequence[LogEntry]:
        """Every held record of an identity's log."""
        return self._logs.get(author, ())

    def log_author(self, rid: RecordId) -> RecordId | None:
        """The identity in whose log the record of that id stands."""
        return author_of(rid, self._blocks[rid].header) if rid in self._states else None

    def state(self, rid: RecordId) -> IdentityState:
        """The identity's state at a record of its log."""
        return self._states[rid]

    def runs(self, key: PublicKey) -> Iterable[Run]:
        """The runs of a key's chain."""
        return self._runs[key].values() if key in self._runs else ()

    def pointers(self, rid: RecordId, relations: Iterable[str]) -> Iterable[Pointer]:
        """The held records that refer to ``rid`` by one of ``relations``."""
        wanted = frozenset(relations)
        return [p for p in self._pointers.get(rid, ()) if p.relation in wanted]
