"""A session: one run of the command, with what was said on the line, and the way to a home."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Concatenate, Final, ParamSpec, TypeVar

from knowchain.errors import InvalidValue
from knowchain_cli.screen import Screen

if TYPE_CHECKING:
    from knowchain.home import Home
    from knowchain_cli.remote import Remote

__all__ = ["Session"]

_P = ParamSpec("_P")
_Result = TypeVar("_Result")
_LONGEST_PASSPHRASE: Final = 4096


class Session:
    """What the verbs stand on.

    Attributes:
        screen: where answers go.
        named_home: the folder named with ``--home``.
        passphrase_file: the file named with ``--passphrase-file``.
    """

    def __init__(self, screen: Screen) -> None:
        self.screen = screen
        self.named_home: Path | None = None
        self.passphrase_file: Path | None = None

    @property
    def root(self) -> Path:
        """The home's folder: ``--home``, else ``KNOWCHAIN_HOME``, else the usual place of this system."""
        if self.named_home is not None:
            return self.named_home
        if named := os.environ.get("KNOWCHAIN_HOME"):
            return Path(named).expanduser()
        from platformdirs import user_data_path

        return user_data_path("knowchain", appauthor=False)

    @contextlib.contextmanager
    def home(self, purpose: str) -> Iterator[Home]:
        """The open home.

        Raises:
            HomeError: there is none, or it is in use.
        """
        from knowchain.home import Home

        with Home.open(self.root, purpose=purpose, passphrase=self.passphrase) as home:
            yield home

    def ask(
        self, verb: Callable[Concatenate[Home, _P], _Result], *args: _P.args, **kwargs: _P.kwargs
    ) -> _Result:
        """Have the home do one thing: here, or through the running peer that has it open.

        Every verb of the library is a function of the home and of plain values, and answers with plain
        values; so whoever holds the home can be asked in the same words.
        """
        peer = self.running_peer()
        if peer is not None:
            return peer.ask(verb, *args, **kwargs)
        with self.home(verb.__name__) as home:
            return verb(home, *args, **kwargs)

    @contextlib.contextmanager
    def asked(
        self, verb: Callable[Concatenate[Home, _P], Iterator[_Result]], *args: _P.args, **kwargs: _P.kwargs
    ) -> Iterator[Iterator[_Result]]:
        """Ask for what comes piece by piece, and take it within the block."""
        peer = self.running_peer()
        if peer is not None:
            yield iter(peer.ask(verb, *args, **kwargs))
            return
        with self.home(verb.__name__) as home:
            yield verb(home, *args, **kwargs)

    def running_peer(self) -> Remote | None:
        """The peer that holds the home and answers; None if none does.

        Raises:
            HomeError: one does, and this user may not ask it.
        """
        if not (self.root / "api.json").exists():
            return None
        from knowchain_cli.remote import running_peer

        return running_peer(self.root)

    # --- passphrases -----------------------------------------------------------------------------------

    def passphrase(self) -> str:
        """The passphrase of the device key: from the file that was named, or asked for.

        Raises:
            InvalidValue: nobody can be asked, or the file can't be read.
        """
        if self.passphrase_file is not None:
            return _first_line(self.passphrase_file)
        return self._typed()

    def new_passphrase(self, *, prompt: bool) -> str | None:
        """A passphrase for a new key, asked for twice; None if none is wanted.

        Raises:
            InvalidValue: nobody can be asked, or it is empty.
        """
        if self.passphrase_file is not None:
            return _first_line(self.passphrase_file)
        return self._typed(confirm=True) if prompt else None

    def fresh_passphrase(self, file: Path | None, *, prompt: bool) -> str | None:
        """A passphrase for a key that takes the place of another: from a file of its own, or asked for.

        Raises:
            InvalidValue: as :meth:`new_passphrase`.
        """
        if file is not None:
            return _first_line(file)
        return self._typed(confirm=True) if prompt else None

    def _typed(self, *, confirm: bool = False) -> str:
        from knowchain_cli.prompts import ask_passphrase

        return ask_passphrase(self.screen, confirm=confirm)


def _first_line(path: Path) -> str:
    try:
        with path.open(encoding="utf-8") as file:
            line = file.readline(_LONGEST_PASSPHRASE).rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as exc:
        raise InvalidValue(
            "{field}: {value} can't be read: {why}",
            field="--passphrase-file",
            value=path,
            why=getattr(exc, "strerror", None) or "not UTF-8",
            remedy="give a text file whose first line is the passphrase",
        ) from exc
    if not line:
        raise InvalidValue(
            "{field}: the first line of {value} is empty",
            field="--passphrase-file",
            value=path,
            remedy="put the passphrase on the first line",
        )
    return line
