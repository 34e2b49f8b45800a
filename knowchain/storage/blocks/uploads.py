"""An upload in flight: it keeps its blocks from the garbage collector until somebody refers to them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from types import TracebackType
from typing import Final, Self

from knowchain.storage.blocks.ledger import Ledger

__all__ = ["Upload"]


class Upload:
    """A lease on blocks, made by :meth:`PackBlocks.begin_upload`.

    Pin, or publish a record that refers to, the root *inside* the ``with``: a clean end gives the lease
    up. An exception leaves it standing until it expires, so that the import can be taken up again.
    """

    def __init__(self, ledger: Ledger, clock: Callable[[], float], label: str, seconds: float) -> None:
        self._ledger = ledger
        self._clock = clock
        self._seconds: Final = seconds
        self.label: Final = label
        self.id: Final = ledger.begin_upload(label, clock() + seconds)

    def lease(self, multihashes: Sequence[bytes]) -> None:
        """Keep these alive too, and the whole upload for its full time from now on.

        Raises:
            StorageFault: the disk refused.
        """
        self._ledger.lease(self.id, multihashes, self._clock() + self._seconds)

    def end(self) -> None:
        """Give the lease up."""
        self._ledger.end_upload(self.id)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        if exc is None:
            self.end()
