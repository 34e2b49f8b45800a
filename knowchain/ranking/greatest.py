"""The greatest of many scores, without putting all of them in order."""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["at_least_the"]

_SLICES: Final = 64


def at_least_the(count: int, scores: npt.NDArray[np.float64]) -> tuple[npt.NDArray[np.intp], float]:
    """The places of all scores that are at least the ``count``-th greatest, and that score.

    The scores are cut into slices; place by place the greatest of all slices is found. Of these maxima the
    ``count``-th is at most the score that is looked for, so that only scores from it on are looked at closer.

    Args:
        count: at least 1, at most how many scores there are.
    """
    width = len(scores) // _SLICES
    if width < 2 * count:
        return _exactly(count, scores, np.arange(len(scores)))
    maxima = scores[: width * _SLICES].reshape(_SLICES, width).max(axis=0)
    floor = np.partition(maxima, width - count)[width - count]
    return _exactly(count, scores, np.flatnonzero(scores >= floor))


def _exactly(
    count: int, scores: npt.NDArray[np.float64], places: npt.NDArray[np.intp]
) -> tuple[npt.NDArray[np.intp], float]:
    some = scores[places]
    least = float(np.partition(some, len(some) - count)[len(some) - count])
    return places[some >= least], least
