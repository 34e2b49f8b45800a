"""The entry of the command: streams, language, errors and exit codes. The verbs are elsewhere."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

import click

from knowchain.errors import KnowchainError, StorageFault
from knowchain_cli import refusals
from knowchain_cli.catalogue import ENGLISH, chosen_catalogue
from knowchain_cli.commands import COMPLETION_VARIABLE, CONTEXT, Root
from knowchain_cli.messages import refusing
from knowchain_cli.overview import ENTRIES, OVERVIEW
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session

__all__ = ["main", "run"]


def main() -> NoReturn:
    """Run the command for this process's arguments and end the process."""
    for stream in (sys.stdout, sys.stderr, sys.stdin):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(
                encoding="utf-8", errors="backslashreplace" if stream is not sys.stdin else None
            )
    signal.signal(signal.SIGTERM, _interrupt)
    code = run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _let_go_of_output()
        code = refusals.CUT_OFF
    except OSError as exc:
        _let_go_of_output()
        code = _system_refused(Screen(ENGLISH), exc)
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Carry out one line; the exit code."""
    screen = Screen()
    try:
        screen = Screen(chosen_catalogue())
        return _carry_out(arguments, screen)
    except KnowchainError as exc:
        return refusals.refuse(screen, exc)
    except BrokenPipeError:
        # Whoever read the answer has had enough of it: nothing to say.
        _let_go_of_output()
        return refusals.CUT_OFF
    except OSError as exc:
        return _system_refused(screen, exc)
    except KeyboardInterrupt:
        screen.complain(refusing.INTERRUPTED)
        return refusals.INTERRUPTED


def _carry_out(arguments: Sequence[str], screen: Screen) -> int:
    root = Root("knowchain", entries=ENTRIES, taught=OVERVIEW, context_settings=CONTEXT)
    if instruction := os.environ.get(COMPLETION_VARIABLE):
        from click.shell_completion import shell_complete

        return shell_complete(root, {"obj": Session(screen)}, "knowchain", COMPLETION_VARIABLE, instruction)
    try:
        with root.make_context("knowchain", list(arguments), obj=Session(screen)) as context:
            answer = root.invoke(context)
        return answer if isinstance(answer, int) else refusals.DONE
    except click.exceptions.Exit as exc:
        return exc.exit_code
    except click.exceptions.NoArgsIsHelpError as exc:
        screen.script(exc.format_message())
        return refusals.WRONG if exc.ctx.parent is not None else refusals.DONE
    except click.Abort as exc:
        raise KeyboardInterrupt from exc
    except click.ClickException as exc:
        screen.json = screen.json or "--json" in arguments  # it may stand behind what was not understood
        return refusals.refuse_usage(screen, exc)


def _interrupt(_number: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _let_go_of_output() -> None:
    """Python flushes its streams at the end; a broken one must not make it complain."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _system_refused(screen: Screen, exc: OSError) -> int:
    """What the library can't name any better: a folder that may not be entered, an output that is full."""
    place = exc.filename if isinstance(exc.filename, str) else "-"
    fault = StorageFault(
        "the system refused at {place}: {why}",
        remedy="check that the place exists, has room, and may be used by this user",
        place=place,
        why=exc.strerror or str(exc),
    )
    return refusals.refuse(screen, fault)
