"""The errors of the network part, as leaves of the tree in :mod:`knowchain.errors`.

::

    PeerError
    ├── PeerUnreachable   the other peer could not be reached, or does not speak the protocol
    └── StreamBroken      a stream ended before it was finished
    SystemFault
    ├── NetworkDown       the child is starting or restarting; what was asked was not done
    └── SeamBroken        what came over the seam is not a frame, or not allowed now
"""

from __future__ import annotations

from knowchain.errors import PeerError, SystemFault

__all__ = ["NetworkDown", "PeerUnreachable", "SeamBroken", "StreamBroken"]


class PeerUnreachable(PeerError):
    """The other peer could not be reached, refused, or does not speak the protocol asked for."""


class StreamBroken(PeerError):
    """A stream was reset: by the other peer, by a deadline, or because its connection ended."""


class NetworkDown(SystemFault):
    """The network part is starting or restarting; nothing was sent, and it may be tried again."""


class SeamBroken(SystemFault):
    """The other side of the seam sent what it may not send; the side that sees it ends the child's life."""
