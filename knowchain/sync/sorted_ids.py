"""A sorted set of ids whose ranges have a fingerprint at hand: prefix sums over numpy.

:class:`SortedIds` never changes, so a session reconciles against one state while the store moves
on. :class:`IdSet` follows the store: changes gather beside the sorted array, and are merged into
the next snapshot in linear time, without sorting again.

Fingerprint of a range (negentropy v1): SHA-256 of (the sum of the ids, read as little-endian
integers, modulo 2^256, in 32 bytes ‖ their count as a varint), cut to 16 bytes.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import Final, Self, TypeAlias

import numpy as np
import numpy.typing as npt

from knowchain.errors import InvalidValue
from knowchain.sync.varint import encode_varint

ID_SIZE: Final = 32
"""Bytes of an id: the SHA-256 digest in a record's id."""
FINGERPRINT_SIZE: Final = 16
INFINITY: Final = b"\xff" * (ID_SIZE + 1)
"""A bound above every id."""

_Indices: TypeAlias = npt.NDArray[np.intp]
_Limbs: TypeAlias = npt.NDArray[np.uint64]

_BLOCK: Final = 16
"""Ids between two stored prefix sums: memory for the sums is an eighth of that of the ids."""
_LIMB: Final = np.dtype("<u4")
"""A limb of an id. Sums of limbs are exact in uint64 for fewer than 2^32 ids."""
_PENDING: Final = 65_536
"""Changes that gather beside the sorted array before they are merged unasked."""


class SortedIds:
    """An immutable sorted set of 32-byte ids; a range ``[lo, hi)`` is a pair of positions.

    Args:
        data: the ids, one after the other, strictly ascending by bytes.

    Raises:
        InvalidValue: not whole ids, or not strictly ascending.
    """

    __slots__ = ("__dict__", "_data", "_keys", "_rows")

    def __init__(self, data: bytes = b"") -> None:
        self._adopt(data)
        if len(self) > 1 and not bool(np.all(self._keys[:-1] < self._keys[1:])):
            raise _unfit_ids("ids in strictly ascending order", data)

    def _adopt(self, data: bytes) -> None:
        if len(data) % ID_SIZE:
            raise _unfit_ids("whole ids of 32 bytes", data)
        self._data: bytes = data
        self._rows: npt.NDArray[np.uint8] = np.frombuffer(data, np.uint8).reshape(-1, ID_SIZE)
        # numpy orders fixed-size byte strings as unsigned bytes, and pads with zeros, which is
        # what a bound shorter than an id means.
        self._keys: npt.NDArray[np.bytes_] = np.frombuffer(data, f"S{ID_SIZE}")

    @classmethod
    def _trusted(cls, data: bytes) -> Self:
        """Adopt ``data`` that is known to be sorted, without looking."""
        made = cls.__new__(cls)
        made._adopt(data)
        return made

    @classmethod
    def from_unsorted(cls, ids: bytes | Iterable[bytes]) -> Self:
        """Sort ids, given one by one or joined; repeated ones count once.

        Raises:
            InvalidValue: an id that is not 32 bytes.
        """
        data = ids if isinstance(ids, bytes) else b"".join(_checked(each) for each in ids)
        if len(data) % ID_SIZE:
            raise _unfit_ids("whole ids of 32 bytes", data)
        keys = np.sort(np.frombuffer(data, f"S{ID_SIZE}"))
        if keys.size > 1:
            repeated = keys[1:] == keys[:-1]
            if bool(repeated.any()):
                keys = np.concatenate((keys[:1], keys[1:][~repeated]))
        return cls._trusted(keys.tobytes())

    def __len__(self) -> int:
        return len(self._rows)

    def __contains__(self, each: object) -> bool:
        if not isinstance(each, bytes) or len(each) != ID_SIZE:
            return False
        at = self.rank(each)
        return self._data[at * ID_SIZE : (at + 1) * ID_SIZE] == each

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.listed(0, len(self)))

    def joined(self, lo: int, hi: int) -> bytes:
        """The ids at positions ``[lo, hi)``, one after the other."""
        return self._data[lo * ID_SIZE : hi * ID_SIZE]

    def listed(self, lo: int, hi: int) -> list[bytes]:
        """The ids at positions ``[lo, hi)``."""
        return split_ids(self.joined(lo, hi))

    def rank(self, bound: bytes) -> int:
        """How many ids lie below ``bound`` (shorter bounds are padded with zeros)."""
        return int(self.ranks([bound])[0])

    def ranks(self, bounds: Sequence[bytes]) -> _Indices:
        """How many ids lie below each of ``bounds``."""
        below = np.searchsorted(self._keys, np.array(bounds, self._keys.dtype))
        endless = [i for i, bound in enumerate(bounds) if len(bound) > ID_SIZE]
        below[endless] = len(self)
        return below

    def bounds_before(self, positions: _Indices) -> list[bytes]:
        """For each position p in ``[1, n)`` the shortest bound between id p − 1 and id p."""
        if not positions.size:
            return []
        after = self._rows[positions]
        sizes = np.argmax(after != self._rows[positions - 1], axis=1) + 1
        return [row.tobytes()[:size] for row, size in zip(after, sizes.tolist(), strict=True)]

    def fingerprints(self, lo: _Indices, hi: _Indices) -> list[bytes]:
        """The fingerprint of each range ``[lo[i], hi[i])``."""
        sums = _carried(self._prefix(hi) - self._prefix(lo)).astype(_LIMB).tobytes()
        counts = (hi - lo).tolist()
        sha256 = hashlib.sha256
        return [
            sha256(sums[i * ID_SIZE : (i + 1) * ID_SIZE] + encode_varint(count)).digest()[:FINGERPRINT_SIZE]
            for i, count in enumerate(counts)
        ]

    @cached_property
    def _block_sums(self) -> _Limbs:
        """Sums of the limbs of all ids before each whole block; shape (blocks + 1, 8)."""
        whole = len(self) // _BLOCK
        limbs = self._rows[: whole * _BLOCK].view(_LIMB).reshape(whole, _BLOCK, 8)
        sums = np.zeros((whole + 1, 8), np.uint64)
        np.cumsum(np.einsum("bil->bl", limbs, dtype=np.uint64), axis=0, out=sums[1:])
        return sums

    def _prefix(self, positions: _Indices) -> _Limbs:
        """Sums of the limbs of all ids before each position; shape (positions, 8)."""
        block, rest = np.divmod(positions, _BLOCK)
        sums: _Limbs = self._block_sums[block].copy()
        if not len(self):
            return sums
        within = np.arange(_BLOCK - 1)
        rows = np.minimum((block * _BLOCK)[:, None] + within, len(self) - 1)
        limbs = self._rows.view(_LIMB)[rows]
        limbs[within >= rest[:, None]] = 0
        sums += limbs.sum(axis=1, dtype=np.uint64)
        return sums

    def changed(self, added: Iterable[bytes], removed: Iterable[bytes]) -> SortedIds:
        """This set without ``removed`` and with ``added``: one linear merge.

        Args:
            added: ids that are not in this set.
            removed: ids that are in this set.
        """
        new = sorted(added)
        gone = sorted(removed)
        cuts = [(p, 1, b"") for p in self.ranks(gone).tolist()] if gone else []
        cuts += [(p, 0, each) for p, each in zip(self.ranks(new).tolist(), new, strict=True)] if new else []
        pieces: list[bytes | memoryview] = []
        data = memoryview(self._data)
        at = 0
        # At one position what is new comes first: it lies below the id that may go from there.
        for position, skip, insert in sorted(cuts):
            pieces += (data[at * ID_SIZE : position * ID_SIZE], insert)
            at = position + skip
        pieces.append(data[at * ID_SIZE :])
        return SortedIds._trusted(b"".join(pieces))


class IdSet:
    """A set of ids that follows a store: cheap changes, linear snapshots.

    Args:
        ids: where to start.
    """

    __slots__ = ("_added", "_base", "_removed")

    def __init__(self, ids: SortedIds | None = None) -> None:
        self._base = SortedIds() if ids is None else ids
        self._added: set[bytes] = set()
        self._removed: set[bytes] = set()

    def __len__(self) -> int:
        return len(self._base) + len(self._added) - len(self._removed)

    def __contains__(self, each: object) -> bool:
        return each in self._added or (each not in self._removed and each in self._base)

    def add(self, each: bytes) -> None:
        """Take in one id; one that is there already changes nothing.

        Raises:
            InvalidValue: not 32 bytes.
        """
        if _checked(each) in self._removed:
            self._removed.discard(each)
        elif each not in self:
            self._added.add(bytes(each))
            self._settle()

    def discard(self, each: bytes) -> None:
        """Take out one id; one that is not there changes nothing."""
        if each in self._added:
            self._added.discard(each)
        elif each in self:
            self._removed.add(bytes(each))
            self._settle()

    def snapshot(self) -> SortedIds:
        """The set as it is now; it never changes, and is the same object until the set does."""
        if self._added or self._removed:
            self._base = self._base.changed(self._added, self._removed)
            self._added.clear()
            self._removed.clear()
        return self._base

    def _settle(self) -> None:
        if len(self._added) + len(self._removed) > _PENDING:
            self.snapshot()


def split_ids(joined: bytes) -> list[bytes]:
    """Cut joined ids into ids."""
    return [joined[i : i + ID_SIZE] for i in range(0, len(joined), ID_SIZE)]


def _carried(sums: _Limbs) -> _Limbs:
    """Sums of 32-bit limbs, as integers modulo 2^256 in limbs below 2^32."""
    low, shift = np.uint64(0xFFFFFFFF), np.uint64(32)
    for limb in range(7):
        sums[:, limb + 1] += sums[:, limb] >> shift
    return sums & low


def _checked(each: bytes) -> bytes:
    if len(each) != ID_SIZE:
        raise _unfit_ids("whole ids of 32 bytes", each)
    return each


def _unfit_ids(wanted: str, data: bytes) -> InvalidValue:
    return InvalidValue(
        "{value} ({size} bytes) are not {wanted}",
        field="ids",
        value=data[:40],
        size=len(data),
        wanted=wanted,
        remedy="give the 32-byte SHA-256 digests of record ids",
    )
