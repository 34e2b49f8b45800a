"""A home: the folder of one person or institution on one device, opened by one process at a time.

It holds the keys, the record store behind its door, and what only the owner knows (petnames,
settings). Everything here works without a network.
"""

from __future__ import annotations

import shutil
import threading
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Final, Self

from knowchain.admission import Admission
from knowchain.admission.parking import Parking
from knowchain.errors import HomeError, NotFound
from knowchain.home.durable import sync_folder
from knowchain.home.keyfile import Passphrase, read_key, read_public_key
from knowchain.home.layout import Layout
from knowchain.identifiers import PublicKey, RecordId, key_id, parse_record_id
from knowchain.signing import KeyPair
from knowchain.storage.blocks.packs import PackBlocks
from knowchain.storage.lock import HomeLock
from knowchain.storage.remote_pins import RemotePins
from knowchain.storage.store import RecordStore

__all__ = ["DEFAULT_NETWORK", "Home", "clock_ms"]

DEFAULT_NETWORK: Final = "main"
IDENTITY_SETTING: Final = "identity"
NETWORK_SETTING: Final = "network"
RESTORED_SETTING: Final = "restored"


def clock_ms() -> int:
    """Now, in milliseconds since 1970, by this machine."""
    return time.time_ns() // 1_000_000


class Home:
    """An open home. Use :meth:`open`, or :func:`knowchain.home.beginning.begin` for a new one.

    Args:
        layout: its folder.
        lock: the held lock on it.
        store: its record store.
        clock: milliseconds since 1970.
        passphrase: asked if the device key is encrypted and something is to be signed.
        parking: where records wait for their parents; by default within the usual bounds.
    """

    def __init__(
        self,
        layout: Layout,
        lock: HomeLock,
        store: RecordStore,
        *,
        clock: Callable[[], int] = clock_ms,
        passphrase: Passphrase | None = None,
        verifiers: int = 2,
        parking: Parking | None = None,
    ) -> None:
        self.layout = layout
        self.store = store
        self.clock = clock
        self.passphrase = passphrase
        self.network = store.reader().setting(NETWORK_SETTING) or DEFAULT_NETWORK
        self.admission = Admission(
            store, network=self.network, clock=clock, verifiers=verifiers, parking=parking
        )
        self.signing: Final = threading.RLock()
        """Held from reading the end of this device's chain until what follows it is on disk: two threads
        that sign at once would fork it."""
        self._lock = lock
        self._device: KeyPair | None = None
        self._content: PackBlocks | None = None
        self._remote_pins: RemotePins | None = None
        self._opening = threading.Lock()

    @classmethod
    def open(
        cls,
        root: Path,
        *,
        purpose: str = "",
        passphrase: Passphrase | None = None,
        clock: Callable[[], int] = clock_ms,
        verifiers: int = 2,
        parking: Parking | None = None,
    ) -> Self:
        """Open an existing home.

        Raises:
            HomeError: there is none, another process has it open, or a newer version wrote it.
            StorageFault, Corruption: its store can't be used.
        """
        layout = Layout(root)
        if not layout.exists:
            raise HomeError(
                "there is no home in {path}",
                remedy='run `knowchain init --name "Your Name"`, or name another folder with --home',
                path=root,
            )
        lock = HomeLock(layout.lock, purpose)
        try:
            store = RecordStore(layout.store)
        except BaseException:
            lock.release()
            raise
        home = cls(
            layout, lock, store, clock=clock, passphrase=passphrase, verifiers=verifiers, parking=parking
        )
        home.finish_rotation()
        return home

    def close(self) -> None:
        """Write what is pending and give the home back."""
        self.admission.close()
        self.store.close()
        if self._content is not None:
            self._content.close()
        if self._remote_pins is not None:
            self._remote_pins.close()
        self._lock.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, exc: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    @property
    def content(self) -> PackBlocks:
        """The blocks of files; opened, and made, when first asked for.

        Raises:
            StorageFault, Corruption: the blocks can't be used.
        """
        with self._opening:
            if self._content is None:
                self._content = PackBlocks.open(self.layout.content)
            return self._content

    @property
    def remote_pins(self) -> RemotePins:
        """What is to be pinned elsewhere; the file is opened, and made, when first asked for.

        Raises:
            StorageFault, Corruption, HomeError: the file can't be used.
        """
        with self._opening:
            if self._remote_pins is None:
                self._remote_pins = RemotePins(self.layout.pins, self.clock)
            return self._remote_pins

    # --- who the owner is ------------------------------------------------------------------------

    @property
    def identity(self) -> RecordId:
        """The identity that this home signs for.

        Raises:
            HomeError: the device was not added to an identity yet.
        """
        text = self.store.reader().setting(IDENTITY_SETTING)
        if text is None:
            raise HomeError(
                "this device, {key}, belongs to no identity yet",
                remedy="run `knowchain keys add {key}` on a device that has one, and import its export here",
                key=str(self.device_public_key),
            )
        return parse_record_id(text)

    @property
    def has_identity(self) -> bool:
        """Whether this home can sign for an identity."""
        return self.store.reader().setting(IDENTITY_SETTING) is not None

    @property
    def device_public_key(self) -> PublicKey:
        """The public key of this device; asks for no passphrase."""
        return (
            self._device.public_key if self._device is not None else read_public_key(self.layout.device_key)
        )

    @property
    def device(self) -> KeyPair:
        """The signing key of this device; asks for the passphrase if the key is encrypted."""
        if self._device is None:
            self._device = read_key(self.layout.device_key, self.passphrase)
        return self._device

    def install_next_key(self) -> None:
        """Put the key file that was written aside into place, and keep the old one."""
        old = key_id(read_public_key(self.layout.device_key)).hex()[:16]
        self.layout.device_key.replace(self.layout.keys / f"retired-{old}.key")
        self.layout.next_key.replace(self.layout.device_key)
        sync_folder(self.layout.keys)
        self._device = None

    def finish_rotation(self) -> None:
        """Complete a rotation that a crash interrupted between the signed record and the key file."""
        if not self.layout.next_key.exists() or not self.has_identity:
            return
        fresh = key_id(read_public_key(self.layout.next_key))
        if any(fresh in state.devices for state in self.store.reader().standing().state(self.identity)):
            self.install_next_key()

    def use_device(self, key: KeyPair) -> None:
        """Sign with a key that is open already; its file says the same."""
        self._device = key

    def forget_device_key(self) -> None:
        """Drop the opened key from memory: the file changed, or a while passed."""
        self._device = None

    def adopt_identity(self, identity: RecordId) -> None:
        """Sign for ``identity`` from now on: its log is held and names this device's key.

        Raises:
            NotFound: its log is not held here.
        """
        if not self.store.reader().log(identity):
            raise NotFound(
                "the identity {id} is not held", remedy="import its records first", id=str(identity)
            )
        self.store.set_setting(IDENTITY_SETTING, str(identity))


def remove_tree(folder: Path) -> None:
    """Remove a folder that was not finished; nothing of worth is in it."""
    shutil.rmtree(folder, ignore_errors=True)
