"""Where things are in a home folder."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["Layout"]


@dataclass(frozen=True, slots=True)
class Layout:
    """The files of one home.

    ::

        lock            held by the one process that has the home open
        store.sqlite    records, bodies, indexes, names, settings
        keys/           device.key in use; retired-….key after a rotation
        content/        file blocks: packs, index, audit log
        pins.sqlite     what is to be pinned elsewhere, and how far that is; optional
        config.toml     the operator's settings; optional
        token           what the API asks of whoever changes something; made by the peer
        kubo-rpc.token  what Kubo's RPC asks of everybody; made by the peer that offers it
    """

    root: Path

    @property
    def lock(self) -> Path:
        """The lock file."""
        return self.root / "lock"

    @property
    def store(self) -> Path:
        """The record store."""
        return self.root / "store.sqlite"

    @property
    def keys(self) -> Path:
        """The folder of key files."""
        return self.root / "keys"

    @property
    def device_key(self) -> Path:
        """The key file of this device."""
        return self.keys / "device.key"

    @property
    def next_key(self) -> Path:
        """A new device key, from before its record is signed until it takes its place."""
        return self.keys / "next.key"

    @property
    def content(self) -> Path:
        """The folder of file blocks."""
        return self.root / "content"

    @property
    def pins(self) -> Path:
        """The pins elsewhere."""
        return self.root / "pins.sqlite"

    @property
    def config(self) -> Path:
        """The operator's settings."""
        return self.root / "config.toml"

    @property
    def token(self) -> Path:
        """The API's token."""
        return self.root / "token"

    @property
    def kubo_rpc_token(self) -> Path:
        """The token of Kubo's RPC."""
        return self.root / "kubo-rpc.token"

    @property
    def exists(self) -> bool:
        """Whether there is a home here."""
        return self.store.is_file()
