"""The figures of a peer as Prometheus reads them; imported when they are first asked for."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import fields
from typing import TYPE_CHECKING, Any, Final, get_args

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, HistogramMetricFamily
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

from knowchain.admission import Admission
from knowchain.home import Home
from knowchain.home.pinning import pinning_targets
from knowchain.storage.pin_states import PinState
from knowchain_node.metrics import BUCKETS, GatewayCounts, KuboRpcCounts, Metrics
from knowchain_node.network.counters import ChildCounters, Counters

if TYPE_CHECKING:
    from knowchain_node.api.ports import PeerPort

__all__ = ["exposition"]

_PARENT: Final = (
    "starts",
    "restarts",
    "killed_silent",
    "published",
    "events_dropped",
    "frames_in",
    "frames_out",
)
_SYNC_TOTALS: Final = {
    "rounds": "Rounds of reconciliation.",
    "bytes_in": "Bytes that sync sessions read.",
    "bytes_out": "Bytes that sync sessions wrote.",
    "records_in": "Records that came in sync sessions.",
    "records_out": "Records that went out in sync sessions.",
}


def exposition(home: Home, metrics: Metrics, peer: PeerPort | None) -> tuple[bytes, str]:
    """Everything in the exposition format, and its content type. Blocks: call it in a thread."""
    registry = CollectorRegistry()
    registry.register(_Figures(home, metrics, peer))
    return generate_latest(registry), CONTENT_TYPE_LATEST


class _Figures:
    """A collector: reads every figure once."""

    def __init__(self, home: Home, metrics: Metrics, peer: PeerPort | None) -> None:
        self._home = home
        self._metrics = metrics
        self._peer = peer

    def describe(self) -> list[Any]:
        """Nothing is fixed beforehand: what there is, is found when it is read."""
        return []

    def collect(self) -> Iterator[Any]:
        """Every figure that is read, not counted along the way."""
        yield from self._store()
        yield from self._content()
        yield from self._pinning()
        yield from self._machine()
        yield from _latency(self._metrics)
        if self._metrics.gateway.url:
            yield from _gateway(self._metrics.gateway)
        if self._metrics.kubo_rpc.url:
            yield from _kubo_rpc(self._metrics.kubo_rpc)
        if self._peer is not None:
            yield from _network(self._peer.network.counters)
            yield from _activity(self._peer)

    def _store(self) -> Iterator[Any]:
        reader = self._home.store.reader()
        records = GaugeMetricFamily("knowchain_records", "Records held, by kind.", labels=["kind"])
        for kind, count in reader.counts_by_kind().items():
            records.add_metric([kind], count)
        yield records
        missing = sum(1 for _ in reader.missing_bodies())
        yield _gauge("knowchain_bodies_missing", "Bodies that a record links and that are not here.", missing)
        yield _gauge("knowchain_outbox_records", "Own records to be announced.", len(reader.outbox(limit=-1)))
        yield from _admission(self._home.admission)

    def _content(self) -> Iterator[Any]:
        if not self._home.layout.content.is_dir():
            return
        totals = self._home.content.totals()
        blocks = GaugeMetricFamily("knowchain_content_blocks", "Blocks of files.", labels=["where"])
        size = GaugeMetricFamily("knowchain_content_bytes", "Bytes of files.", labels=["where"])
        for where, count, total in (
            ("packs", totals.packed, totals.packed_bytes),
            ("originals", totals.original, totals.original_bytes),
        ):
            blocks.add_metric([where], count)
            size.add_metric([where], total)
        yield from (blocks, size)
        yield _gauge("knowchain_content_dead_bytes", "Let go of, and still on the disk.", totals.dead_bytes)

    def _pinning(self) -> Iterator[Any]:
        targets = [one for one in pinning_targets(self._home) if one.declared]
        if not targets:
            return
        pins = GaugeMetricFamily("knowchain_pins", "Pins at targets, by state.", labels=["target", "state"])
        failing = GaugeMetricFamily(
            "knowchain_pinning_failures",
            "Attempts in a row to which a target gave no answer.",
            labels=["target"],
        )
        for one in targets:
            failing.add_metric([one.name], one.tries)
            for state in get_args(PinState):
                pins.add_metric([one.name, state], one.pins.get(state, 0))
        yield from (pins, failing)

    def _machine(self) -> Iterator[Any]:
        root = self._home.layout.root
        yield _gauge("knowchain_disk_free_bytes", "Room on the home's disk.", shutil.disk_usage(root).free)
        yield _gauge(
            "knowchain_event_loop_lag_seconds",
            "Greatest lateness since the last scrape.",
            self._metrics.take_lag(),
        )
        times = os.times()
        yield _counter("knowchain_cpu_seconds", "Processor time of this process.", times.user + times.system)


def _admission(door: Admission) -> Iterator[Any]:
    verdicts = CounterMetricFamily(
        "knowchain_admission_verdicts", "Verdicts on blocks.", labels=["verdict", "reason"]
    )
    for (verdict, reason), count in sorted(door.verdicts.items()):
        verdicts.add_metric([verdict.value, reason or "none"], count)
    yield verdicts
    yield _gauge("knowchain_admission_queue", "Batches that wait for the writer.", door.waiting)
    yield _gauge("knowchain_parked_records", "Records that wait for a parent.", len(door.parking))
    yield _gauge("knowchain_parked_bytes", "Bytes of records that wait for a parent.", door.parking.bytes)


def _latency(metrics: Metrics) -> Iterator[Any]:
    family = HistogramMetricFamily(
        "knowchain_api_seconds",
        "Time from a request's head to the end of its answer.",
        labels=["method", "path", "status"],
    )
    for labels, told in metrics.latencies():
        names = [*map(str, BUCKETS), "+Inf"]
        family.add_metric(labels, list(zip(names, told.cumulative(), strict=True)), told.seconds)
    yield family


def _kubo_rpc(counts: KuboRpcCounts) -> Iterator[Any]:
    yield _counter("knowchain_kubo_rpc_commands", "Commands of Kubo's RPC that were called.", counts.commands)
    yield _counter("knowchain_kubo_rpc_failures", "Of these, refused or failed.", counts.failures)


def _gateway(counts: GatewayCounts) -> Iterator[Any]:
    yield _counter("knowchain_gateway_answers", "Answers of the trustless gateway.", counts.answers)
    yield _counter("knowchain_gateway_failures", "Of these, refused or not found.", counts.failures)
    yield _counter("knowchain_gateway_bytes", "Bytes of blocks and CARs that it gave.", counts.bytes_out)


def _network(counters: Counters) -> Iterator[Any]:
    verdicts = CounterMetricFamily(
        "knowchain_gossip_verdicts", "Verdicts on gossip messages.", labels=["verdict"]
    )
    for verdict in ("accepted", "ignored", "rejected", "unread"):
        verdicts.add_metric([verdict], getattr(counters, verdict))
    yield verdicts
    for name in (
        "starts",
        "restarts",
        "killed_silent",
        "published",
        "events_dropped",
        "frames_in",
        "frames_out",
    ):
        yield _counter(
            f"knowchain_network_{name}", f"Of the network's process: {name}.", getattr(counters, name)
        )
    child = counters.child
    for field in fields(ChildCounters):
        yield _counter(
            f"knowchain_network_child_{field.name}",
            f"Told by the network's process: {field.name}.",
            getattr(child, field.name),
        )


def _activity(peer: PeerPort) -> Iterator[Any]:
    status = peer.status()
    yield _gauge("knowchain_peers_connected", "Connected peers.", len(peer.network.connected))
    yield _gauge("knowchain_peers_banned", "Peers that are shut out.", len(peer.network.banned))
    yield _gauge("knowchain_network_up", "Whether the network's process is up.", int(peer.network.is_up))
    for part in ("sync", "gossip", "content", "bitswap", "dht"):
        told = status.get(part)
        if isinstance(told, dict):
            yield from _numbers(f"knowchain_{part}", told)


def _numbers(prefix: str, told: dict[str, object]) -> Iterator[Any]:
    """Every number in what a part tells of itself."""
    for name, value in told.items():
        if isinstance(value, dict) and name == "totals":
            yield from _numbers(prefix, value)
        elif type(value) in (int, float):
            help_text = _SYNC_TOTALS.get(name, f"Told by {prefix.removeprefix('knowchain_')}: {name}.")
            yield _gauge(f"{prefix}_{name}", help_text, value)  # type: ignore[arg-type]
        elif isinstance(value, list | tuple) and name == "running":
            yield _gauge(f"{prefix}_{name}", "Sessions that run.", len(value))


def _gauge(name: str, what: str, value: float) -> Any:
    return GaugeMetricFamily(name, what, value=value)


def _counter(name: str, what: str, value: float) -> Any:
    return CounterMetricFamily(name, what, value=value)
