"""Every setting of a peer: its name, kind, default and purpose; and the frozen value that they make."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from ipaddress import ip_address
from typing import Any, Final, Literal
from urllib.parse import urlsplit

from knowchain import limits
from knowchain.errors import InvalidValue
from knowchain_node.network.config import Limits, check_address
from knowchain_node.pinning.config import TargetConfig, read_targets, read_targets_text, shown_targets

__all__ = [
    "SETTINGS",
    "ApiConfig",
    "BitswapConfig",
    "ContentConfig",
    "DhtConfig",
    "GatewayConfig",
    "KuboRpcConfig",
    "LogConfig",
    "NetworkSection",
    "ParkingConfig",
    "PeerConfig",
    "PinningConfig",
    "RoutingConfig",
    "Setting",
    "composed",
]

API_PORT: Final = 7484
"""Always the same, so that a bookmark, a scrape of metrics and the guides can name it; unassigned at IANA."""
NETWORK_PORT: Final = 7485

LogFormat = Literal["auto", "text", "json"]
LogLevel = Literal["debug", "info", "warning", "error"]
Keep = Literal["none", "followed", "all"]


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """Where and to whom the API answers."""

    host: str
    port: int
    names: tuple[str, ...]
    token_for_reads: bool
    connections: int
    max_upload_bytes: int


@dataclass(frozen=True, slots=True)
class NetworkSection:
    """How the peer meets others."""

    enabled: bool
    listen: tuple[str, ...]
    bootstrap: tuple[str, ...]
    mdns: bool
    mdns_interface: str
    limits: Limits


@dataclass(frozen=True, slots=True)
class ContentConfig:
    """Whose files are fetched, and how many bytes of them."""

    keep: Keep
    max_bytes: int


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Where the trustless gateway listens, and how much it gives at once."""

    listen: str
    url: str
    connections: int
    streams: int
    max_car_bytes: int


@dataclass(frozen=True, slots=True)
class KuboRpcConfig:
    """Where scripts written for Kubo are answered, and how much is done at once."""

    listen: str
    connections: int
    requests: int
    max_upload_bytes: int


@dataclass(frozen=True, slots=True)
class BitswapConfig:
    """Whether others are given blocks over bitswap."""

    serve: bool


@dataclass(frozen=True, slots=True)
class DhtConfig:
    """Whether peers of private networks tell each other who has what."""

    lan: bool


@dataclass(frozen=True, slots=True)
class RoutingConfig:
    """Who is asked who has what."""

    delegated: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class PinningConfig:
    """Where things are pinned beside this home."""

    targets: tuple[TargetConfig, ...]


@dataclass(frozen=True, slots=True)
class ParkingConfig:
    """How many records may wait for their parents."""

    per_source: int
    bytes: int
    seconds: int


@dataclass(frozen=True, slots=True)
class LogConfig:
    """What is told, and in which form."""

    level: LogLevel
    format: LogFormat


@dataclass(frozen=True, slots=True)
class PeerConfig:
    """The settings of a peer: read once, never changed."""

    api: ApiConfig
    network: NetworkSection
    sync_interval_seconds: int
    content: ContentConfig
    gateway: GatewayConfig
    kubo_rpc: KuboRpcConfig
    bitswap: BitswapConfig
    dht: DhtConfig
    routing: RoutingConfig
    pinning: PinningConfig
    erasure_delay_days: int
    parking: ParkingConfig
    log: LogConfig


# --- kinds of values -----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Kind:
    """How a value is read; both raise ValueError with the words for what is wanted."""

    read: Callable[[object], object]
    """From what TOML holds."""
    read_text: Callable[[str], object]
    """From the environment or the command line."""
    shown: Callable[[object], object] = lambda value: value
    """What of a value that won't do may stand in a message."""


def _number(low: int, high: int) -> Kind:
    wanted = f"a whole number from {low} to {high}"

    def read(value: object) -> int:
        if type(value) is not int or not low <= value <= high:
            raise ValueError(wanted)
        return value

    def read_text(text: str) -> int:
        try:
            return read(int(text.replace("_", "")))
        except ValueError:
            raise ValueError(wanted) from None

    return Kind(read, read_text)


def _choice(*choices: str) -> Kind:
    def read(value: object) -> object:
        if value not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return value

    return Kind(read, read)


def _read_flag(value: object) -> object:
    if type(value) is not bool:
        raise ValueError("true or false")
    return value


_YES: Final = frozenset({"true", "yes", "on", "1"})
_NO: Final = frozenset({"false", "no", "off", "0"})


def _flag_text(text: str) -> object:
    word = text.lower()
    return _read_flag(word in _YES if word in _YES | _NO else None)


def _text(wanted: str, check: Callable[[str], bool]) -> Kind:
    def read(value: object) -> object:
        if not isinstance(value, str) or not check(value):
            raise ValueError(wanted)
        return value

    return Kind(read, read)


def _list(wanted: str, check: Callable[[str], bool]) -> Kind:
    def read(value: object) -> object:
        if not isinstance(value, list) or not all(isinstance(one, str) and check(one) for one in value):
            raise ValueError(wanted)
        return tuple(value)

    return Kind(read, lambda text: read([part.strip() for part in text.split(",") if part.strip()]))


def _is_ip(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _is_host_name(text: str) -> bool:
    return 0 < len(text) <= 253 and text.isascii() and all(c.isalnum() or c in "-." for c in text)


def _is_multiaddress(text: str) -> bool:
    try:
        check_address(text)
    except InvalidValue:
        return False
    return True


def _is_peer_address(text: str) -> bool:
    return _is_multiaddress(text) and "/p2p/" in text


def _is_listener(text: str) -> bool:
    host, _, port = text.rpartition(":")
    return not text or (_is_ip(host.strip("[]")) and port.isascii() and port.isdigit() and int(port) < 65536)


def _is_loopback_listener(text: str) -> bool:
    host = text.rpartition(":")[0].strip("[]")
    return _is_listener(text) and (not text or ip_address(host).is_loopback)


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
        return not text or (
            parts.scheme in ("http", "https") and bool(parts.hostname) and 0 <= (parts.port or 0) < 65536
        )
    except ValueError:
        return False


_LISTENER: Final = _text("an IP address and a port, such as 127.0.0.1:7486, or nothing", _is_listener)
_LOOPBACK: Final = _text(
    "a port of this machine alone, such as 127.0.0.1:5001, or nothing", _is_loopback_listener
)
_FLAG: Final = Kind(_read_flag, _flag_text)
_TARGETS: Final = Kind(read_targets, read_targets_text, shown_targets)
_ADDRESSES: Final = _list("a list of multiaddresses, such as /ip4/0.0.0.0/tcp/7485", _is_multiaddress)
_PEERS: Final = _list("a list of peers, such as /ip4/192.0.2.7/tcp/7485/p2p/12D3KooW…", _is_peer_address)


# --- the settings --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting."""

    key: str
    kind: Kind
    default: object
    what: str
    """What it is for, in a line."""


def _limit_settings() -> Sequence[Setting]:
    defaults = Limits()
    return [
        Setting(
            f"network.limits.{one.name}",
            _number(0 if one.name == "memory" else 1, 2**40),
            getattr(defaults, one.name),
            _LIMIT_WORDS[one.name],
        )
        for one in fields(Limits)
    ]


_LIMIT_WORDS: Final = {
    "connections": "connections in all",
    "reserved_outbound": "of these, kept for dials of our own",
    "connections_per_ip": "inbound connections from one IP address",
    "connections_per_peer": "connections with one peer",
    "handshakes": "inbound connections that have not yet proven a peer id",
    "handshake_seconds": "seconds that an inbound connection has for it",
    "streams_per_connection": "streams that a peer may hold open on one connection",
    "streams_per_second": "streams that a peer may open in a second; more wait, a flood ends its connection",
    "streams": "streams of knowchain's protocols in all",
    "streams_per_peer": "of these, opened by one peer",
    "stream_idle_seconds": "seconds without a byte after which a stream ends",
    "silent_seconds": "seconds without a byte after which a connection ends",
    "gossip_messages_per_second": "gossip messages a second read from one peer",
    "gossip_bytes_per_second": "gossip bytes a second read from one peer",
    "verdict_seconds": "seconds that a gossip message waits for its verdict",
    "heartbeat_seconds": "seconds between two heartbeats of the gossip router",
    "memory": "bytes of memory that the network's process may hold; 0 for no limit",
}

SETTINGS: Final[tuple[Setting, ...]] = (
    Setting("api.host", _text("an IP address of this machine", _is_ip), "127.0.0.1",
            "address the API listens on; beyond loopback every request needs the token"),
    Setting("api.port", _number(0, 65535), API_PORT, "port of the API; 0 lets the system choose"),
    Setting("api.names", _list("a list of host names", _is_host_name), (),
            "names under which the API may be called, for instance behind a proxy"),
    Setting("api.token_for_reads", _FLAG, False, "whether reading needs the token on loopback, too"),
    Setting("api.connections", _number(8, 65536), 256, "connections to the API at once"),
    Setting("api.max_upload_bytes", _number(2**20, 2**50), 2**40, "bytes of one upload"),
    Setting("network.enabled", _FLAG, True, "whether the peer meets others at all"),
    Setting("network.listen", _ADDRESSES, (f"/ip4/0.0.0.0/tcp/{NETWORK_PORT}",),
            "multiaddresses the peer listens on for others; an empty list only dials"),
    Setting("network.bootstrap", _PEERS, (), "peers to stay connected with"),
    Setting("network.mdns", _FLAG, True, "whether peers in the local network are found and greeted"),
    Setting("network.mdns_interface", _text("an IPv4 address of this machine, or nothing",
            lambda text: not text or _is_ip(text)), "", "the one interface that mDNS uses, by its address"),
    *_limit_settings(),
    Setting("sync.interval_seconds", _number(5, 86_400), 180, "seconds between two syncs with the same peer"),
    Setting("content.keep", _choice("none", "followed", "all"), "followed",
            "whose files are fetched: nobody's, those of whom or what you follow, everybody's"),
    Setting("content.max_bytes", _number(0, 2**60), 0,
            "bytes of files here, own ones counted, beyond which none are fetched; 0 for no bound"),
    Setting("gateway.listen", _LISTENER, "",
            "address and port, such as 0.0.0.0:7486, where anybody may fetch what is held; empty: nowhere"),
    Setting("gateway.url", _text("a URL that begins with http:// or https://, or nothing", _is_url), "",
            "where the gateway is reached from outside, for instance through a proxy"),
    Setting("gateway.connections", _number(8, 65536), 256, "connections to the gateway at once"),
    Setting("gateway.streams", _number(1, 1024), 32, "CARs that the gateway gives at once"),
    Setting("gateway.max_car_bytes", _number(2**22, 2**50), 2**40, "bytes of one CAR"),
    Setting("kubo_rpc.listen", _LOOPBACK, "",
            "loopback address and port, such as 127.0.0.1:5001, for the RPC of Kubo; empty: nowhere"),
    Setting("kubo_rpc.connections", _number(8, 65536), 64, "connections to it at once"),
    Setting("kubo_rpc.requests", _number(1, 1024), 16, "commands that it carries out at once"),
    Setting("kubo_rpc.max_upload_bytes", _number(2**20, 2**50), 2**40, "bytes of one upload to it"),
    Setting("bitswap.serve", _FLAG, True,
            "whether connected peers of any kind are given what is held, block by block, over bitswap"),
    Setting("dht.lan", _FLAG, False,
            "whether peers in the local network are told what is kept here, and asked what they have"),
    Setting("routing.delegated", _list("a list of URLs", lambda text: bool(text) and _is_url(text)), (),
            "routers that `content fetch` asks who has what, such as https://router.example"),
    Setting("pinning.targets", _TARGETS, (),
            "Kubo nodes and pinning services that keep what this home gives out"),
    Setting("erasure.delay_days", _number(0, 3650), 30,
            "days before erased words are destroyed, so that a thief of a key can't burn an archive"),
    Setting("parking.per_source", _number(1, 2**20), limits.PARKED_PER_SOURCE,
            "records of one source that may wait for a parent"),
    Setting("parking.bytes", _number(2**20, 2**40), limits.PARKED_BYTES, "bytes of waiting records in all"),
    Setting("parking.seconds", _number(1, 86_400), limits.PARKED_SECONDS, "seconds that a record waits"),
    Setting("log.level", _choice("debug", "info", "warning", "error"), "info", "what is told at least"),
    Setting("log.format", _choice("auto", "text", "json"), "auto",
            "text for people, json for programs; auto: text on a terminal"),
)  # fmt: skip


def composed(values: Mapping[str, Any]) -> PeerConfig:
    """The frozen settings, from checked values by key.

    Raises:
        InvalidValue: two settings that don't go together.
    """

    def section(name: str) -> dict[str, Any]:
        prefix = f"{name}."
        return {
            key.removeprefix(prefix): value
            for key, value in values.items()
            if key.startswith(prefix) and "." not in key.removeprefix(prefix)
        }

    return PeerConfig(
        api=ApiConfig(**section("api")),
        network=NetworkSection(**section("network"), limits=Limits(**section("network.limits"))),
        sync_interval_seconds=values["sync.interval_seconds"],
        content=ContentConfig(**section("content")),
        gateway=GatewayConfig(**section("gateway")),
        kubo_rpc=KuboRpcConfig(**section("kubo_rpc")),
        dht=DhtConfig(**section("dht")),
        bitswap=BitswapConfig(**section("bitswap")),
        routing=RoutingConfig(**section("routing")),
        pinning=PinningConfig(**section("pinning")),
        erasure_delay_days=values["erasure.delay_days"],
        parking=ParkingConfig(**section("parking")),
        log=LogConfig(**section("log")),
    )
