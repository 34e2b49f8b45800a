"""What the network part counts, for ``/metrics`` and for tests."""

from __future__ import annotations

from dataclasses import astuple, dataclass, field, fields

from knowchain_node.network.errors import SeamBroken

__all__ = ["ChildCounters", "Counters"]


@dataclass(slots=True)
class ChildCounters:
    """What the child counts; every field is a total since the child started."""

    gossip_received: int = 0
    """Messages taken from other peers, before anything was looked at."""
    gossip_duplicates: int = 0
    """… of these, known already or waiting for a verdict."""
    gossip_malformed: int = 0
    """… without exactly one topic that we joined, too large, or with broken envelopes."""
    gossip_unsigned: int = 0
    """… whose libp2p signature is missing or wrong."""
    gossip_delayed: int = 0
    """Messages and envelopes that were read late, because their peer was over its rate."""
    gossip_without_credit: int = 0
    """… for which the parent gave no credit in time."""
    gossip_unjudged: int = 0
    """… that the parent gave no verdict on in time."""
    gossip_forwarded: int = 0
    """Hand-overs of a message to one other peer, our own included."""
    gossip_skipped: int = 0
    """Hand-overs left out because the peer's queue stayed long."""
    control_refused: int = 0
    """Control messages of the router that were left undone because they ask for too much."""
    contained: int = 0
    """Failures inside libp2p that would have ended the host."""
    connections_refused: int = 0
    """Connections refused or ended by our limits or by a ban."""
    handshakes_displaced: int = 0
    """Inbound connections ended before they proved a peer id, to make room for newer ones."""
    windows_exceeded: int = 0
    """Connections ended because the peer sent more than its receive window."""
    streams_refused: int = 0
    """Streams refused or reset by our limits."""
    dials: int = 0
    """Dials of our own."""
    dials_failed: int = 0
    """… that ended without a connection."""
    bytes_in: int = 0
    """Bytes read from the network."""
    bytes_out: int = 0
    """Bytes written to the network."""

    def as_numbers(self) -> tuple[int, ...]:
        """The counters in the order of their fields, as they cross the seam."""
        return astuple(self)

    @classmethod
    def from_numbers(cls, numbers: tuple[int, ...]) -> ChildCounters:
        """Read what :meth:`as_numbers` wrote.

        Raises:
            SeamBroken: there are more or fewer numbers than counters.
        """
        if len(numbers) != len(fields(cls)):
            raise SeamBroken("{count} counters came over the seam", count=len(numbers))
        return cls(*numbers)

    def plus(self, other: ChildCounters) -> ChildCounters:
        """Field by field, for totals over several lives of the child."""
        return ChildCounters(*(a + b for a, b in zip(self.as_numbers(), other.as_numbers(), strict=True)))


@dataclass(slots=True)
class Counters:
    """What the parent counts since the service was made."""

    frames_in: int = 0
    frames_out: int = 0
    bytes_in: int = 0
    bytes_out: int = 0
    starts: int = 0
    """Lives of the child that reached ``Started``."""
    restarts: int = 0
    """Lives of the child that ended without our wish."""
    killed_silent: int = 0
    """… of these, killed by the watchdog."""
    accepted: int = 0
    ignored: int = 0
    rejected: int = 0
    unread: int = 0
    """Messages ignored because no one took them from :meth:`NetworkService.messages`."""
    published: int = 0
    events_dropped: int = 0
    """Events that a slow listener lost."""
    stderr_dropped: int = 0
    """Lines of the child's error output that were not logged."""
    former: ChildCounters = field(default_factory=ChildCounters)
    """Totals of the child's former lives."""
    current: ChildCounters = field(default_factory=ChildCounters)
    """What the living child said last."""

    @property
    def child(self) -> ChildCounters:
        """What all lives of the child counted together, as far as they told."""
        return self.former.plus(self.current)

    def life_ended(self) -> None:
        """Add the counters of a life that ended to the former ones."""
        self.former, self.current = self.child, ChildCounters()
