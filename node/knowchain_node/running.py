"""A peer as a process: from its settings to its end. The API answers first; the network comes up then."""

from __future__ import annotations

import asyncio
import importlib
import logging
import signal
from collections.abc import Callable
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
from knowchain_node.api.listener import bound_socket, listening
from knowchain_node.api.service import Service
from knowchain_node.api.tokens import kept_token
from knowchain_node.config import Effective, read_environment, read_file, read_line, settled
from knowchain_node.logs import keep_secret
from knowchain_node.replication.news import News
from knowchain_node.settings import PeerConfig

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
    sock = bound_socket(api.host, api.port)
    async with listening(service, sock, home.layout, most=api.connections) as url:
        if not ip_address(api.host).is_loopback:
            _log.warning("the API is open to other machines, without encryption: put a TLS proxy before it")
        _log.info("the API answers", extra={"url": url, "home": str(home.layout.root)})
        started(Running(url, home.layout.root, home.layout.token))
        watching = asyncio.create_task(service.metrics.watch_loop(), name="lag")
        meeting = asyncio.create_task(_meet(service, home, config, stop), name="peer")
        try:
            await stop.wait()
            _log.info("ending")
        finally:
            stop.set()
            watching.cancel()
            service.ending.set()
            await _ended(meeting)


async def _ended(meeting: asyncio.Task[None]) -> None:
    _, left = await asyncio.wait({meeting}, timeout=_GRACE)
    if left:
        _log.warning("the network part did not end in %d s", _GRACE)
        meeting.cancel()
        await asyncio.wait({meeting}, timeout=1.0)
    elif not meeting.cancelled() and (error := meeting.exception()) is not None:
        _log.error("the network part ended badly: %s", error)


async def _meet(service: Service, home: Home, config: PeerConfig, stop: asyncio.Event) -> None:
    """Run the part that meets others, beside the API, which stays up whatever happens here."""
    if not config.network.enabled:
        return
    try:
        make = await asyncio.to_thread(_made, home, config)
        async with make() as running:
            service.peer = running
            await stop.wait()
            service.peer, service.state = None, "it is ending"
    except KnowchainError as exc:
        service.state = str(exc)
        _log.error("the peer can't meet others: %s", exc)


def _made(home: Home, config: PeerConfig) -> Callable[[], Peer]:
    """What makes the peer; its libraries are loaded here, in a thread, while the API answers already."""
    module = importlib.import_module("knowchain_node.peer")
    network_config = importlib.import_module("knowchain_node.network").NetworkConfig
    section = config.network
    network = network_config(
        seed=module.transport_seed(home),
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
            followed=lambda record: following.is_followed(home.store.reader(), record),
            sync_seconds=float(config.sync_interval_seconds),
            erasure_delay_ms=config.erasure_delay_days * _DAY_MS,
        )
        return peer

    return make
