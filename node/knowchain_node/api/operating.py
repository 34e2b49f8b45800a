"""For operators: is it alive, is it ready, what does it hold and do."""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from importlib.metadata import version
from pathlib import Path
from typing import Final, Literal

from aiohttp import web

from knowchain.home import Home
from knowchain.home.pinning import pinning_targets
from knowchain.home.statistics import Statistics, statistics
from knowchain.identifiers import PublicKey, RecordId
from knowchain_node.api.endpoint import Answer, Call, Endpoint, Media

__all__ = ["ENDPOINTS"]


_ACTIVITIES: Final = ("sync", "gossip", "content", "bitswap", "dht", "gateway", "kubo_rpc", "pinning")


@dataclass(frozen=True, slots=True)
class Health:
    """The process lives and its store answers."""

    status: Literal["ok"] = "ok"


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether the peer does all that it is for.

    Attributes:
        network: ``up``; ``down`` while the network's process starts again; ``starting``; ``off``.
    """

    ready: bool
    network: Literal["up", "down", "starting", "off"]


@dataclass(frozen=True, slots=True)
class Status:
    """What the peer is and does, in short."""

    version: str
    network: str
    identity: RecordId | None
    device: PublicKey
    peer: str | None
    """The libp2p peer id; None without a network."""
    listening: tuple[str, ...]
    connected: int
    records: int
    parked: int
    activity: dict[str, object]
    """Of sync, gossip, content, bitswap, the DHT, the gateway, Kubo's RPC and pinning, as they tell it."""


async def _health(call: Call) -> Health:
    await call.run(lambda: call.home.store.reader().last_arrival())
    return Health()


async def _ready(call: Call) -> Readiness | Answer:
    service = call.service
    if service.peer is None:
        state: Literal["starting", "off"] = "starting" if service.networked else "off"
        ready = not service.networked
    else:
        state_up = service.peer.network.is_up
        # A peer serves what it holds while the network's process starts again: it is ready.
        return Readiness(ready=True, network="up" if state_up else "down")
    if not ready:
        return Answer(Readiness(ready=False, network=state), 503)
    return Readiness(ready=True, network=state)


async def _status(call: Call) -> Status:
    return await call.run(_read_status, call.home, call)


def _read_status(home: Home, call: Call) -> Status:
    peer = call.service.peer
    activity = {} if peer is None else peer.status()
    if call.service.metrics.gateway.url:
        activity["gateway"] = asdict(call.service.metrics.gateway)
    if call.service.metrics.kubo_rpc.url:
        activity["kubo_rpc"] = asdict(call.service.metrics.kubo_rpc)
    if targets := pinning_targets(home):
        activity["pinning"] = {
            one.name: {"pins": one.pins, "reason": one.reason}
            | ({} if one.next_try is None else {"next_try": one.next_try})
            for one in targets
        }
    listening = activity.pop("listening", [])
    return Status(
        version=version("knowchain"),
        network=home.network,
        identity=home.identity if home.has_identity else None,
        device=home.device_public_key,
        peer=None if peer is None else peer.network.peer_id,
        listening=tuple(listening) if isinstance(listening, list) else (),
        connected=0 if peer is None else len(peer.network.connected),
        records=home.store.reader().last_arrival(),
        parked=len(home.admission.parking),
        activity={name: activity[name] for name in _ACTIVITIES if name in activity},
    )


async def _stats(call: Call) -> Statistics:
    found = await call.run(statistics, call.home)
    return replace(found, home=Path(found.home.name))  # where exactly it is, is for its owner alone


async def _metrics(call: Call) -> web.Response:
    data, content_type = await call.run(_exposition, call)
    return web.Response(body=data, headers={"Content-Type": content_type})


def _exposition(call: Call) -> tuple[bytes, str]:
    from knowchain_node.figures import exposition

    return exposition(call.home, call.service.metrics, call.service.peer)


ENDPOINTS: Final = (
    Endpoint("GET", "/api/v1/health", _health, "Whether the process lives.", Health, open_to_all=True),
    Endpoint(
        "GET", "/api/v1/ready", _ready, "Whether the peer is ready.", Readiness,
        statuses=(200, 503), open_to_all=True,
    ),
    Endpoint("GET", "/api/v1/status", _status, "What the peer is and does.", Status),
    Endpoint("GET", "/api/v1/stats", _stats, "What the home holds, in numbers.", Statistics),
    Endpoint("GET", "/metrics", _metrics, "Figures for Prometheus.",
             Media("text/plain", "the exposition format of Prometheus")),
)  # fmt: skip
