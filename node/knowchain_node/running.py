"""A peer as a process: from its settings to its end. The API answers first; the network comes up then."""

from __future__ import annotations

import asyncio
import importlib
import logging
import os
import signal
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING, Final

from knowchain.admission.parking import Parking
from knowchain.errors import InvalidValue, KnowchainError, StorageFault
from knowchain.home import Home, Layout
from knowchain.home.keyfile import Passphrase
from knowchain_node.api import passing
from knowchain_node.api.guard import Guard
from knowchain_node.api.listener import answering, bound_socket, listening
from knowchain_node.api.service import Service
from knowchain_node.api.tokens import Token, kept_token, token_in
from knowchain_node.config import Effective, read_environment, read_file, read_line, settled
from knowchain_node.logs import keep_secret
from knowchain_node.network.identity import peer_id_of
from knowchain_node.pinning.opening import Tokens, opened_targets, read_tokens
from knowchain_node.pinning.pinning_service import Way
from knowchain_node.replication.news import News
from knowchain_node.settings import GatewayConfig, PeerConfig
from knowchain_node.transport_key import transport_seed

if TYPE_CHECKING:
    from knowchain_node.peer import Peer

__all__ = ["Running", "effective_settings", "run_peer"]

_log = logging.getLogger("knowchain.peer")
_SIGNALS: Final = (signal.SIGTERM, signal.SIGINT)
_GRACE: Final = 10.0
"""Seconds that the peer's parts have to end before the process ends without them."""
_MOST_CONFIG: Final = 2**20
_DAY_MS: Final = 86_400_000


@dataclass(frozen=True, slots=True)
class Running:
    """A peer that answers."""

    url: str
    home: Path
    token_file: Path


def effective_settings(layout: Layout, environment: dict[str, str], line: list[str]) -> Effective:
    """The settings in force: the home's ``config.toml``, then the environment, then the command line.

    Raises:
        InvalidValue: a setting that won't do; names the place.
        StorageFault: the file can't be read.
    """
    path = layout.config
    try:
        with path.open("rb") as file:
            data = file.read(_MOST_CONFIG)
        text = data.decode()
    except FileNotFoundError:
        text = ""
    except UnicodeDecodeError as exc:
        raise InvalidValue(
            "{field} is no UTF-8, at byte {value}",
            field=str(path),
            value=exc.start,
            remedy="save it as UTF-8",
        ) from exc
    except OSError as exc:
        raise StorageFault(
            "{path} can't be read: {why}", remedy="make it readable", path=path, why=exc.strerror or str(exc)
        ) from exc
    return settled(read_file(text, str(path)), read_environment(environment), read_line(line))


def run_peer(
    root: Path,
    config: PeerConfig,
    *,
    passphrase: Passphrase | None = None,
    started: Callable[[Running], None] = lambda _running: None,
) -> None:
    """Run a peer until SIGTERM or SIGINT.

    Args:
        root: the home's folder.
        config: the settings.
        passphrase: asked for once if the device key is encrypted, so that the peer can sign.
        started: told once the API answers.

    Raises:
        HomeError: no home, or it is in use.
        InvalidValue: the API's address is taken.
        StorageFault, Corruption: the home can't be used.
    """
    parking = Parking(
        per_source=config.parking.per_source,
        total_bytes=config.parking.bytes,
        seconds=config.parking.seconds,
    )
    with Home.open(root, purpose="node", passphrase=passphrase, parking=parking) as home:
        if passphrase is not None:
            _ = home.device
        passing.clear(home)
        asyncio.run(_run(home, config, started))


async def _run(home: Home, config: PeerConfig, started: Callable[[Running], None]) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for one in _SIGNALS:
        loop.add_signal_handler(one, stop.set)
    token = kept_token(home.layout)
    token.tell(keep_secret)
    api = config.api
    guard = Guard.of(token, host=api.host, names=api.names, token_for_reads=api.token_for_reads)
    service = Service(
        home,
        guard,
        News(home.admission, loop),
        max_upload=api.max_upload_bytes,
        networked=config.network.enabled,
    )
    seed = transport_seed(home)
    sock = bound_socket(api.host, api.port)
    tokens = read_tokens(config.pinning.targets, home.layout.root, os.environ)
    gateway_sock = _socket(config.gateway.listen, "gateway.listen", "gateway")
    kubo_sock = _socket(config.kubo_rpc.listen, "kubo_rpc.listen", "RPC of Kubo")
    kubo_token = None if kubo_sock is None else token_in(home.layout.kubo_rpc_token)
    async with listening(service, sock, home.layout, most=api.connections) as url:
        if not ip_address(api.host).is_loopback:
            _log.warning("the API is open to other machines, without encryption: put a TLS proxy before it")
        _log.info("the API answers", extra={"url": url, "home": str(home.layout.root)})
        started(Running(url, home.layout.root, home.layout.token))
        gateway = asyncio.create_task(
            _give(service, home, config.gateway, gateway_sock, seed, stop, bitswap=config.bitswap.serve),
            name="gateway",
        )
        rpc = asyncio.create_task(
            _serve_kubo(service, home, config, kubo_sock, kubo_token, seed, stop), name="kubo-rpc"
        )
        pinning = asyncio.create_task(_pin(service, home, config, tokens), name="pinning")
        watching = asyncio.create_task(service.metrics.watch_loop(), name="lag")
        indexing = asyncio.create_task(_index(service, home), name="index")
        meeting = asyncio.create_task(_meet(service, home, config, seed, stop), name="peer")
        try:
            await stop.wait()
            _log.info("ending")
        finally:
            stop.set()
            watching.cancel()
            indexing.cancel()
            pinning.cancel()
            service.ending.set()
            await asyncio.gather(
                _ended(meeting, "network"),
                _ended(gateway, "gateway"),
                _ended(rpc, "RPC of Kubo"),
                _ended(pinning, "pinning"),
            )


async def _ended(part: asyncio.Task[None], name: str) -> None:
    _, left = await asyncio.wait({part}, timeout=_GRACE)
    if left:
        _log.warning("the %s part did not end in %d s", name, _GRACE)
        part.cancel()
        await asyncio.wait({part}, timeout=1.0)
    elif not part.cancelled() and (error := part.exception()) is not None:
        _log.error("the %s part ended badly: %s", name, error)


async def _index(service: Service, home: Home) -> None:
    """Keep the search index; its libraries are loaded while the API answers already."""
    module = await asyncio.to_thread(importlib.import_module, "knowchain_node.indexing")
    await module.keep_index(home, service.news)


async def _pin(service: Service, home: Home, config: PeerConfig, tokens: Tokens) -> None:
    """Have other programs keep what this home gives out."""
    module = await asyncio.to_thread(importlib.import_module, "knowchain_node.pinning.keeping")

    def origins() -> Sequence[str] | None:
        if not config.network.enabled or not config.network.listen:
            return ()
        return (service.peer.network.listening if service.peer is not None else ()) or None

    async def meet(address: str) -> None:
        if service.peer is not None:
            await service.peer.connect(address)

    configs = config.pinning.targets
    targets = opened_targets(configs, tokens, Way(origins, meet))
    await module.keep_pinned(home, configs, targets, service.news)


def _socket(listen: str, setting: str, what: str) -> socket.socket | None:
    """Bound before anything starts, so that an address that is taken is told at once."""
    if not listen:
        return None
    host, _, port = listen.rpartition(":")
    return bound_socket(host.strip("[]"), int(port), setting=setting, what=what, any_port=f"{host}:0")


async def _give(
    service: Service,
    home: Home,
    config: GatewayConfig,
    sock: socket.socket | None,
    seed: bytes,
    stop: asyncio.Event,
    *,
    bitswap: bool,
) -> None:
    """Run the trustless gateway on its own listener, if there is to be one."""
    if sock is None:
        return
    serving = await asyncio.to_thread(importlib.import_module, "knowchain_node.gateway.serving")
    gateway = serving.Gateway(
        home,
        peer_id_of(seed),
        listening=lambda: service.peer.network.listening if bitswap and service.peer is not None else (),
        url=config.url,
        most_streams=config.streams,
        most_bytes=config.max_car_bytes,
        counts=service.metrics.gateway,
    )
    async with answering(gateway.app(), sock, most=config.connections) as url:
        service.metrics.gateway.url = url
        _log.info("the gateway answers", extra={"url": url})
        await stop.wait()


async def _serve_kubo(
    service: Service,
    home: Home,
    config: PeerConfig,
    sock: socket.socket | None,
    token: Token | None,
    seed: bytes,
    stop: asyncio.Event,
) -> None:
    """Answer scripts that were written for Kubo on their own listener, if there is to be one."""
    if sock is None or token is None:
        return
    token.tell(keep_secret)
    starting = await asyncio.to_thread(importlib.import_module, "knowchain_node.kubo_rpc.serving")
    app = starting.app_of(home, service, config, seed, token)
    async with answering(app, sock, most=config.kubo_rpc.connections) as url:
        service.metrics.kubo_rpc.url = url
        _log.info(
            "the RPC of Kubo answers", extra={"url": url, "token_file": str(home.layout.kubo_rpc_token)}
        )
        await stop.wait()


async def _meet(service: Service, home: Home, config: PeerConfig, seed: bytes, stop: asyncio.Event) -> None:
    """Run the part that meets others, beside the API, which stays up whatever happens here."""
    if not config.network.enabled:
        return
    try:
        make = await asyncio.to_thread(_made, home, config, seed)
        async with make() as running:
            service.peer = running
            await stop.wait()
            service.peer, service.state = None, "it is ending"
    except KnowchainError as exc:
        service.state = str(exc)
        _log.error("the peer can't meet others: %s", exc)


def _made(home: Home, config: PeerConfig, seed: bytes) -> Callable[[], Peer]:
    """What makes the peer; its libraries are loaded here, in a thread, while the API answers already."""
    module = importlib.import_module("knowchain_node.peer")
    network_config = importlib.import_module("knowchain_node.network").NetworkConfig
    section = config.network
    network = network_config(
        seed=seed,
        listen=section.listen,
        keep=section.bootstrap,
        mdns=section.mdns,
        mdns_interface=section.mdns_interface,
        limits=section.limits,
    )
    following = importlib.import_module("knowchain.home.following")

    def make() -> Peer:
        peer: Peer = module.Peer(
            home,
            network,
            keep=config.content.keep,
            most_bytes=config.content.max_bytes,
            followed=lambda record: following.is_followed(home.store.reader(), record),
            sync_seconds=float(config.sync_interval_seconds),
            erasure_delay_ms=config.erasure_delay_days * _DAY_MS,
            bitswap=config.bitswap.serve,
            dht=config.dht.lan,
            routers=config.routing.delegated,
        )
        return peer

    return make
