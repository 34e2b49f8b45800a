"""Targets made from the settings: their tokens are read, and what would give a token away is refused."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from knowchain.errors import InvalidValue
from knowchain.storage.pin_states import Declared
from knowchain_node.logs import keep_secret
from knowchain_node.pinning.config import TargetConfig
from knowchain_node.pinning.exchange import PATIENCE, Exchange
from knowchain_node.pinning.kubo_rpc import Kubo
from knowchain_node.pinning.pinning_service import PinningService, Way
from knowchain_node.pinning.targets import Target

__all__ = ["declared_targets", "opened_targets", "read_tokens"]

_LONGEST: Final = 16_384
Tokens = Mapping[str, str | None]
"""By the name of the target."""


def declared_targets(configs: Sequence[TargetConfig]) -> list[Declared]:
    """The targets as a home keeps them, without their tokens."""
    return [Declared(one.name, one.kind, one.url, one.pins) for one in configs]


def read_tokens(configs: Sequence[TargetConfig], home: Path, environment: Mapping[str, str]) -> Tokens:
    """The token of each target; None for one that needs none. No log shows them from now on.

    Args:
        configs: the targets.
        home: the folder beneath which a relative ``token_file`` lies.
        environment: of this process.

    Raises:
        InvalidValue: a token can't be read, is none, or would cross a network in the clear.
    """
    tokens: dict[str, str | None] = {}
    for one in configs:
        token = _token(one, home, environment)
        if token is not None:
            keep_secret(token)
            keep_secret(token.removeprefix("basic:").removeprefix("bearer:"))
            _check_is_covered(one)
        tokens[one.name] = token
    return tokens


def opened_targets(
    configs: Sequence[TargetConfig],
    tokens: Tokens,
    way: Way,
    *,
    patience: float = PATIENCE,
) -> list[Target]:
    """The targets, ready to be asked; nothing is asked of them yet."""
    targets: list[Target] = []
    for one in configs:
        exchange = Exchange(one.name, one.url, tokens[one.name], patience=patience)
        made = Kubo(one.name, exchange) if one.kind == "kubo" else None
        targets.append(made or PinningService(one.name, exchange, way))
    return targets


def _token(config: TargetConfig, home: Path, environment: Mapping[str, str]) -> str | None:
    if config.token_variable:
        text, place = environment.get(config.token_variable), config.token_variable
        why = "it is not set"
    elif config.token_file:
        path = home / Path(config.token_file).expanduser()
        text, why = _file(path)
        place = str(path)
    else:
        return None
    token = None if text is None else text.strip()
    if token and token.isascii() and token.isprintable() and len(token) <= _LONGEST:
        return token
    if text is not None:
        why = "it is empty" if not token else "it is no line of printable ASCII"
    raise InvalidValue(
        "{field}: the token of {target} can't be read from {value}: {why}",
        field="pinning.targets",
        value=place,
        target=config.name,
        why=why,
        remedy="put the token there, in one line, readable by the user who runs the peer; "
        "or take token_file and token_variable out",
    )


def _file(path: Path) -> tuple[str | None, str]:
    try:
        with path.open(encoding="utf-8") as file:
            return file.read(_LONGEST + 1), ""
    except UnicodeDecodeError:
        return None, "it is no text"
    except OSError as exc:
        return None, exc.strerror or str(exc)


def _check_is_covered(config: TargetConfig) -> None:
    parts = urlsplit(config.url)
    if parts.scheme == "https" or _is_here(parts.hostname or ""):
        return
    raise InvalidValue(
        "{field}: {target} has a token, and {value} would carry it across the network in the clear",
        field="pinning.targets",
        value=config.url,
        target=config.name,
        remedy="give an https:// URL, or reach it through a tunnel on this machine",
    )


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost" or host.endswith(".localhost")
