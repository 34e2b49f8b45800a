"""Questions at the terminal."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

__all__ = ["NEW_PASSPHRASE", "PASSPHRASE", "PASSPHRASE_AGAIN", "Message"]

PASSPHRASE: Final = Message("Passphrase of this device's key:")
NEW_PASSPHRASE: Final = Message("New passphrase for this device's key:")
PASSPHRASE_AGAIN: Final = Message("The same again:")
