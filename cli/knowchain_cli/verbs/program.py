"""version and completion: about the program itself."""

from __future__ import annotations

import importlib.metadata
import platform
import sqlite3
from typing import Final

import click
from click.shell_completion import get_completion_class

from knowchain_cli.commands import COMPLETION_VARIABLE, Help, argument, pass_session, verb
from knowchain_cli.messages import keeping as text
from knowchain_cli.messages import overview
from knowchain_cli.session import Session

__all__ = ["completion", "version"]

_SHELLS: Final = ("bash", "fish", "zsh")


@verb("version", Help(overview.VERSION, text.VERSION_TEXT, text.VERSION_EXAMPLES))
@pass_session
def version(session: Session) -> None:
    """Tell the version."""
    found = {
        "version": importlib.metadata.version("knowchain"),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
    }
    if not session.screen.answered({**found, "record_format": 1}):
        program, python, sqlite = found.values()
        session.screen.say(text.VERSION, version=program, python=python, sqlite=sqlite)


@verb("completion", Help(overview.COMPLETION, text.COMPLETION_TEXT, text.COMPLETION_EXAMPLES))
@argument("shell", metavar="bash|zsh|fish", type=click.Choice(_SHELLS))
@pass_session
def completion(session: Session, *, shell: str) -> None:
    """Print the completion of a shell."""
    made = get_completion_class(shell)
    assert made is not None
    script = made(click.get_current_context().find_root().command, {}, "knowchain", COMPLETION_VARIABLE)
    if not session.screen.answered({"script": script.source()}):
        session.screen.script(script.source())
