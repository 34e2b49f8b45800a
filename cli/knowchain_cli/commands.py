"""How verbs are declared: click commands whose every text comes from the catalogue, with examples.

Each verb and group takes the shared options (``--home``, ``--json``, ``--quiet``, ``--passphrase-file``), so
that they may stand anywhere on the line.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from knowchain_cli.catalogue import Message
from knowchain_cli.messages import shared
from knowchain_cli.session import Session

__all__ = [
    "COMPLETION_VARIABLE",
    "CONTEXT",
    "Entry",
    "Example",
    "Help",
    "Root",
    "Verb",
    "VerbGroup",
    "argument",
    "option",
    "pass_session",
    "verb",
]

_NEGATIVE: Final = re.compile(r"-\d+")
_MINUS: Final = "−"
_PIECES: Final = frozenset({"[OPTIONS]"})
"""Of click's usage lines: that there are options, the list of them shows."""
_F = TypeVar("_F", bound=Callable[..., Any])
Example = tuple[str, Message]
"""A line as it is typed, and what it does."""


@dataclass(frozen=True)
class Help:
    """What the help of a verb says."""

    summary: Message
    """One line, for the list of verbs."""
    text: Message
    """A paragraph or two, divided by an empty line."""
    examples: tuple[Example, ...] = ()


@dataclass(frozen=True)
class Entry:
    """A verb of the top level, known before its module is loaded."""

    module: str
    summary: Message
    part: Message
    """The heading under which it is listed."""


def _session(ctx: click.Context) -> Session:
    session: Session = ctx.find_root().obj
    return session


def pass_session(function: _F) -> _F:
    """Give the verb its session as the first argument."""

    def wrapped(*args: Any, **kwargs: Any) -> Any:
        return function(_session(click.get_current_context()), *args, **kwargs)

    wrapped.__name__ = function.__name__
    wrapped.__click_params__ = getattr(function, "__click_params__", [])  # type: ignore[attr-defined]
    return wrapped  # type: ignore[return-value]


class _Option(click.Option):
    """An option whose help is a message."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        record = super().get_help_record(ctx)
        if record is None or not self.help:
            return record
        text = _session(ctx).screen.catalogue.text(Message(self.help))
        choices = f" [{'|'.join(self.type.choices)}]" if isinstance(self.type, click.Choice) else ""
        return record[0].removesuffix(choices), text


def option(*names: str, help: Message, **settings: Any) -> Callable[[_F], _F]:
    """An option."""
    return click.option(*names, cls=_Option, help=help, **settings)


def argument(name: str, **settings: Any) -> Callable[[_F], _F]:
    """An argument; the help of the verb explains it."""
    return click.argument(name, **settings)


# --- the shared options ----------------------------------------------------------------------------------


def _set_json(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        _session(ctx).screen.json = True


def _set_quiet(ctx: click.Context, _param: click.Parameter, value: bool) -> None:
    if value:
        _session(ctx).screen.quiet = True


def _set_home(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value is not None:
        _session(ctx).named_home = Path(value).expanduser()


def _set_passphrase_file(ctx: click.Context, _param: click.Parameter, value: str | None) -> None:
    if value is not None:
        _session(ctx).passphrase_file = Path(value).expanduser()


def _shared_options() -> list[click.Parameter]:
    unseen = {"expose_value": False, "is_eager": True}
    return [
        _Option(["--home"], metavar="DIR", callback=_set_home, help=shared.HOME, **unseen),
        _Option(["--json"], is_flag=True, callback=_set_json, help=shared.JSON, **unseen),
        _Option(["--quiet", "-q"], is_flag=True, callback=_set_quiet, help=shared.QUIET, **unseen),
        _Option(
            ["--passphrase-file"],
            metavar="FILE",
            callback=_set_passphrase_file,
            help=shared.PASSPHRASE_FILE,
            **unseen,
        ),
    ]


# --- help ------------------------------------------------------------------------------------------------


class _Taught(click.Command):
    """A command whose help comes from the catalogue."""

    taught: Help

    def format_help(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        tell = _session(ctx).screen.catalogue.text
        pieces = " ".join(piece for piece in self.collect_usage_pieces(ctx) if piece not in _PIECES)
        if isinstance(self, click.Group):
            pieces = tell(shared.VERB_PIECE)
        formatter.write_usage(ctx.command_path, pieces, tell(shared.USAGE) + " ")
        for paragraph in tell(self.taught.text).split("\n\n"):
            formatter.write_paragraph()
            with formatter.indentation():
                formatter.write_text(paragraph)
        self._format_verbs(ctx, formatter)
        self._format_options(ctx, formatter)
        if self.taught.examples:
            with formatter.section(tell(shared.EXAMPLES)):
                for line, meaning in self.taught.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
                    formatter.indent()
                    formatter.indent()
                    formatter.write_text(tell(meaning))
                    formatter.dedent()
                    formatter.dedent()

    def _format_verbs(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Groups list their verbs here."""

    def _format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        tell = _session(ctx).screen.catalogue.text
        own: list[tuple[str, str]] = []
        everywhere: list[tuple[str, str]] = []
        for param in self.get_params(ctx):
            record = None if isinstance(param, click.Argument) else param.get_help_record(ctx)
            if record is not None:
                (own if param.expose_value else everywhere).append(record)
        for heading, records in ((shared.OPTIONS, own), (shared.EVERYWHERE, everywhere)):
            if records:
                with formatter.section(tell(heading)):
                    formatter.write_dl(records)

    def get_short_help_str(self, limit: int = 45) -> str:  # noqa: ARG002 - click's signature
        return self.taught.summary

    def get_help_option(self, ctx: click.Context) -> click.Option | None:
        found = super().get_help_option(ctx)
        if found is not None:
            found.help = _session(ctx).screen.catalogue.text(shared.HELP)
        return found


class Verb(_Taught):
    """One verb."""

    def __init__(self, *args: Any, taught: Help, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.taught = taught
        self.params += _shared_options()

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """As click does, but ``-2`` is a number: no option of ours is one."""
        return super().parse_args(
            ctx, [_MINUS + each[1:] if _NEGATIVE.fullmatch(each) else each for each in args]
        )


class VerbGroup(_Taught, click.Group):
    """Several verbs under one word, such as ``keys``."""

    def __init__(self, *args: Any, taught: Help, **settings: Any) -> None:
        super().__init__(*args, **settings)
        self.taught = taught
        self.params += _shared_options()

    def verb(self, name: str, taught: Help) -> Callable[[Callable[..., Any]], click.Command]:
        """Declare a verb of this group."""
        return self.command(name, cls=Verb, taught=taught)

    def _format_verbs(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        tell = _session(ctx).screen.catalogue.text
        verbs = [(name, self.get_command(ctx, name)) for name in self.list_commands(ctx)]
        with formatter.section(tell(shared.VERBS)):
            formatter.write_dl(
                [(name, tell(found.taught.summary)) for name, found in verbs if isinstance(found, _Taught)]
            )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if not args[0].startswith("-") and self.get_command(ctx, args[0]) is None:
            raise UnknownVerb(args[0], self.list_commands(ctx), ctx)
        return super().resolve_command(ctx, args)


class UnknownVerb(click.UsageError):
    """No such verb; knows those that there are."""

    def __init__(self, word: str, known: Sequence[str], ctx: click.Context) -> None:
        super().__init__(word, ctx)
        self.word = word
        self.known = known


class Root(VerbGroup):
    """The command itself: its verbs are loaded when they are named, so that the help comes at once.

    Args:
        entries: the verbs by name, in the order in which they are listed.
    """

    def __init__(self, *args: Any, entries: Mapping[str, Entry], **settings: Any) -> None:
        super().__init__(*args, **settings)
        self._entries = entries

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(self._entries)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        entry = self._entries.get(cmd_name)
        if entry is None:
            return None
        module = importlib.import_module(f"knowchain_cli.verbs.{entry.module}")
        command: click.Command = getattr(module, cmd_name, None) or getattr(module, f"{cmd_name}_")
        return command

    def _format_verbs(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        tell = _session(ctx).screen.catalogue.text
        parts: dict[Message, list[tuple[str, str]]] = {}
        for name, entry in self._entries.items():
            parts.setdefault(entry.part, []).append((name, tell(entry.summary)))
        widest = max(len(name) for name in self._entries)
        for part, records in parts.items():
            with formatter.section(tell(part)):
                formatter.write_dl([(name.ljust(widest), text) for name, text in records])


def verb(name: str, taught: Help) -> Callable[[Callable[..., Any]], click.Command]:
    """Declare a verb of the top level."""
    return click.command(name, cls=Verb, taught=taught)


COMPLETION_VARIABLE: Final = "_KNOWCHAIN_COMPLETE"
"""By which a shell asks for completions."""
CONTEXT: Final[dict[str, Any]] = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
