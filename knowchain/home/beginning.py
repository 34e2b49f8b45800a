"""Beginning: a new home, with a new identity or as a further device of one."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from knowchain.admission import Verdict
from knowchain.errors import HomeError, InvalidValue, StorageFault, SystemFault
from knowchain.home.authoring import author
from knowchain.home.durable import sync_folder
from knowchain.home.home import (
    DEFAULT_NETWORK,
    IDENTITY_SETTING,
    NETWORK_SETTING,
    Home,
    clock_ms,
    remove_tree,
)
from knowchain.home.keyfile import write_key
from knowchain.home.layout import Layout
from knowchain.home.names import check_name
from knowchain.home.recovery import write_recovery
from knowchain.identifiers import PublicKey, RecordId, key_id
from knowchain.records import Add, Control, Rank, write_genesis
from knowchain.records.header import is_name
from knowchain.signing import KeyPair
from knowchain.storage.lock import HomeLock
from knowchain.storage.store import RecordStore

__all__ = ["Beginning", "begin", "begin_device", "ranks"]


_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Beginning:
    """A home that was made."""

    root: Path
    device: PublicKey
    identity: RecordId | None = None
    profile: RecordId | None = None
    """The record that carries the display name."""
    recovery_file: Path | None = None
    reserve_file: Path | None = None


def begin(
    root: Path,
    *,
    name: str,
    recovery_file: Path,
    reserve_file: Path | None = None,
    network: str = DEFAULT_NETWORK,
    passphrase: str | None = None,
    clock: Callable[[], int] = clock_ms,
) -> Beginning:
    """Make a home with a new identity.

    The device key gets the lowest rank, so that it can add a phone by itself; above it stands the
    recovery key, whose secret goes to a file that is taken away; above both, on request, a reserve.

    Args:
        root: the folder of the home; must not hold anything yet.
        name: the display name, published in the first record.
        recovery_file: where the recovery secret is written; must not exist, and not lie in the home.
        reserve_file: where a reserve secret is written; None for no reserve rank.
        network: the network of the identity.
        passphrase: encrypts the device key.
        clock: milliseconds since 1970.

    Raises:
        InvalidValue: a name or path that won't do.
        HomeError: there is a home, or something else, in ``root``.
        StorageFault: the disk refused. In every case nothing is left behind.
    """
    check_name(name, "name")
    if not is_name(network):
        raise InvalidValue(
            "{value} can't name a network",
            field="network",
            value=network,
            remedy="use a-z, 0-9 and -, up to 32",
        )
    secret_files = [path for path in (recovery_file, reserve_file) if path is not None]
    _check_secret_files(root, secret_files)
    device, recovery = KeyPair.generate(), KeyPair.generate()
    reserve = None if reserve_file is None else KeyPair.generate()
    layers = [key for key in (reserve, recovery, device) if key is not None]
    genesis = write_genesis(
        [device],
        net=network,
        ops=[Control(ranks(key.public_key for key in layers)), Add(key_id(device.public_key))],
        time=clock(),
    )

    def fill(home: Home) -> RecordId:
        answer = home.admission.admit(genesis.data, source="local")
        if answer.verdict is not Verdict.ACCEPTED:
            raise SystemFault(
                "the genesis was {verdict}: {detail}", verdict=answer.verdict, detail=answer.detail
            )
        home.store.set_setting(IDENTITY_SETTING, str(genesis.id))
        return author(home, "profile", {"name": name}).id

    written: list[Path] = []
    try:
        for path, key, rank in ((recovery_file, recovery, "recovery"), (reserve_file, reserve, "reserve")):
            if path is not None and key is not None:
                write_recovery(path, key, name=name, identity=str(genesis.id), rank=rank)
                written.append(path)
        profile = _build(root, device, network, passphrase, clock, fill)
    except BaseException:
        for path in written:
            path.unlink(missing_ok=True)
        raise
    return Beginning(root, device.public_key, genesis.id, profile, recovery_file, reserve_file)


def begin_device(
    root: Path,
    *,
    network: str = DEFAULT_NETWORK,
    passphrase: str | None = None,
    clock: Callable[[], int] = clock_ms,
) -> Beginning:
    """Make a home for a further device of an existing identity.

    It has a key and no identity. When the identity's log arrives (``import``) and names the key, the
    home signs for it.

    Raises:
        HomeError, StorageFault: as :func:`begin`.
    """
    device = KeyPair.generate()
    _build(root, device, network, passphrase, clock, lambda _home: None)
    return Beginning(root, device.public_key)


def ranks(keys: Iterable[PublicKey]) -> tuple[Rank, ...]:
    """One rank of one key for each public key, highest first."""
    return tuple(Rank(1, (key_id(key),)) for key in keys)


def _build(
    root: Path,
    device: KeyPair,
    network: str,
    passphrase: str | None,
    clock: Callable[[], int],
    fill: Callable[[Home], _T],
) -> _T:
    """Make a home aside and rename it into place when it is whole."""
    if root.exists() and (not root.is_dir() or any(root.iterdir())):
        raise HomeError(
            "{path} is not empty",
            remedy="open the home that is there, or name another folder with --home",
            path=root,
        )
    aside = Layout(root.with_name(f".{root.name}.{os.getpid()}.new"))
    try:
        aside.keys.mkdir(mode=0o700, parents=True)
        aside.root.chmod(0o700)
        write_key(aside.device_key, device, passphrase)
        lock, store = HomeLock(aside.lock, "init"), RecordStore(aside.store)
        store.set_setting(NETWORK_SETTING, network)
        with Home(aside, lock, store, clock=clock) as home:
            home.use_device(device)
            result = fill(home)
        sync_folder(aside.root)
        aside.root.replace(root)
        sync_folder(root.parent)
    except OSError as exc:
        raise StorageFault(
            "the home {path} can't be made: {why}",
            remedy="choose a folder that this user may write, on a disk with room",
            path=root,
            why=exc.strerror or str(exc),
        ) from exc
    finally:
        remove_tree(aside.root)
    return result


def _check_secret_files(root: Path, files: Iterable[Path]) -> None:
    """A secret that lies in the home is lost and stolen together with it."""
    for path in files:
        if path.exists():
            raise InvalidValue(
                "{value} exists already", field="recovery-file", value=path, remedy="choose another file name"
            )
        if not path.parent.is_dir():
            raise InvalidValue(
                "the folder of {value} does not exist",
                field="recovery-file",
                value=path,
                remedy="make it first, or choose another",
            )
        if root.resolve() in path.resolve().parents:
            raise InvalidValue(
                "{value} lies in the home",
                field="recovery-file",
                value=path,
                remedy="choose a place outside: best, a medium that you take away",
            )
