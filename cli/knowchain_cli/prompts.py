"""Asking the person at the terminal. Nobody else is asked: a script gets an error that says what to give."""

from __future__ import annotations

import getpass
import sys

from knowchain.errors import InvalidValue
from knowchain_cli.messages import prompting
from knowchain_cli.screen import Screen

__all__ = ["ask_passphrase"]


def ask_passphrase(screen: Screen, *, confirm: bool) -> str:
    """Ask for a passphrase, unseen; twice for a new one.

    Raises:
        InvalidValue: there is no terminal, it is empty, or the two differ.
    """
    if not sys.stdin.isatty():
        raise InvalidValue(
            "{field} is needed and nobody can be asked for it",
            field="passphrase",
            remedy="put it on the first line of a file, and name that with --passphrase-file",
        )
    typed = _read(screen, prompting.NEW_PASSPHRASE if confirm else prompting.PASSPHRASE)
    if not typed:
        raise InvalidValue("{field}: nothing was typed", field="passphrase", remedy="run it again")
    if confirm and _read(screen, prompting.PASSPHRASE_AGAIN) != typed:
        raise InvalidValue("{field}: the two differ", field="passphrase", remedy="run it again")
    return typed


def _read(screen: Screen, message: prompting.Message) -> str:
    try:
        return getpass.getpass(screen.catalogue.text(message) + " ", stream=sys.stderr)
    except EOFError as exc:
        raise KeyboardInterrupt from exc
