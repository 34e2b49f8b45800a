"""Sync: two peers compare their chain heads and send each other what is missing. Sans-I/O.

Source: docs/spec/sync.md.
"""

from knowchain.sync.frames import FrameReader, framed
from knowchain.sync.holdings import Arrived, BodyArrived, Counters, Event, Holdings, Outcome
from knowchain.sync.limits import SyncLimits
from knowchain.sync.reconciler import Reconciler, Reply, Role
from knowchain.sync.session import Session
from knowchain.sync.sorted_ids import IdSet, SortedIds

__all__ = [
    "Arrived",
    "BodyArrived",
    "Counters",
    "Event",
    "FrameReader",
    "Holdings",
    "IdSet",
    "Outcome",
    "Reconciler",
    "Reply",
    "Role",
    "Session",
    "SortedIds",
    "SyncLimits",
    "framed",
]
