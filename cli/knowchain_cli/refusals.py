"""Errors become messages and exit codes here, and nowhere else.

0: done. 1: a negative answer, a refusal, a failure. 2: wrong usage or input. 130: interrupted.
141: whoever read the output closed it.
With ``--json`` an error is ``{"error": {"code", "message", "remedy", …}}`` on the standard output.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from difflib import get_close_matches
from typing import Final, TypeAlias

import click

from knowchain.errors import InvalidBody, InvalidRecord, InvalidValue, KnowchainError, SyncError, shown
from knowchain_cli.catalogue import Catalogue, Message, Word
from knowchain_cli.commands import UnknownVerb
from knowchain_cli.messages import refusing
from knowchain_cli.screen import Screen

__all__ = ["CUT_OFF", "DONE", "FAILED", "INTERRUPTED", "WRONG", "refuse", "refuse_usage"]

DONE: Final = 0
FAILED: Final = 1
WRONG: Final = 2
INTERRUPTED: Final = 130
CUT_OFF: Final = 141
_SENTENCES: Final = frozenset({"advice", "near", "reason", "why"})
"""Fields of errors that may hold a sentence of the library's own."""


def refuse(screen: Screen, error: KnowchainError) -> int:
    """Tell an error of the library; the exit code."""
    if not screen.answered({"error": _document(error, screen.catalogue)}):
        problems = error.problems if isinstance(error, InvalidBody) else (error,)
        if isinstance(error, InvalidBody):
            screen.complain(refusing.BODY, kind=Word(str(error.fields["kind"])))
        for problem in problems:
            _tell(screen, problem.template, problem.remedy_template, problem.fields)
    return WRONG if isinstance(error, InvalidValue | InvalidBody) else FAILED


def refuse_usage(screen: Screen, error: click.ClickException) -> int:
    """Tell that a line was not understood; the exit code."""
    template, remedy, fields = _usage(error)
    text = screen.catalogue.text
    document = {"code": "usage", "message": text(template, **fields), "remedy": text(remedy, **fields)}
    field = {"field": fields["field"]} if "field" in fields else {}
    if not screen.answered({"error": document | field}):
        _tell(screen, template, remedy, fields)
    return WRONG


def _tell(screen: Screen, template: str, remedy: str, given: Mapping[str, object]) -> None:
    fields = {name: Word(str(value)) if name in _SENTENCES else value for name, value in given.items()}
    screen.complain(refusing.ERROR, message=_Ready(screen.catalogue.text(template, **fields)))
    if remedy:
        screen.complain(refusing.REMEDY, remedy=_Ready(screen.catalogue.text(remedy, **fields)))


class _Ready(Message):
    """A text that has passed the catalogue."""


def _document(error: KnowchainError, catalogue: Catalogue) -> dict[str, object]:
    document: dict[str, object] = {
        "code": error.code,
        "message": catalogue.text(error.template, **error.fields),
        "remedy": catalogue.text(error.remedy_template, **error.fields),
    }
    if isinstance(error, InvalidValue):
        document |= {"field": error.fields["field"], "value": error.fields["value"]}
    if isinstance(error, InvalidRecord | SyncError):
        document["reason"] = error.reason
    if isinstance(error, InvalidBody):
        document["problems"] = [_document(problem, catalogue) for problem in error.problems]
        document["field"] = error.problems[0].fields["field"]
    return document


_Usage: TypeAlias = tuple[Message, Message, dict[str, object]]
"""What is wrong, what to do, and the fields of both."""


def _usage(error: click.ClickException) -> _Usage:
    """click's errors in our own words, with what was meant where that can be guessed."""
    ctx = getattr(error, "ctx", None)
    path = ctx.command_path if ctx is not None else "knowchain"
    if isinstance(error, UnknownVerb):
        return _unknown(refusing.UNKNOWN_VERB, error.word, error.known, path)
    if isinstance(error, click.NoSuchOption):
        params = ctx.command.get_params(ctx) if ctx is not None else []
        known = [name for param in params for name in param.opts if name.startswith("--")]
        return _unknown(refusing.UNKNOWN_OPTION, error.option_name, known, path)
    if isinstance(error, click.MissingParameter):
        return refusing.MISSING, refusing.SEE_HELP, {"field": _spelled(error.param), "path": path}
    if isinstance(error, click.BadParameter):
        return _bad_value(error, path)
    if isinstance(error, click.BadOptionUsage):
        return refusing.NO_VALUE, refusing.SEE_HELP, {"field": error.option_name, "path": path}
    return (
        refusing.NOT_UNDERSTOOD,
        refusing.SEE_HELP,
        {"why": shown(error.format_message(), 300), "path": path},
    )


def _unknown(message: Message, word: str, known: Sequence[str], path: str) -> _Usage:
    near = get_close_matches(word, known, 1)
    fields: dict[str, object] = {"field": shown(word), "near": near[0] if near else "", "path": path}
    return message, refusing.DID_YOU_MEAN if near else refusing.SEE_HELP, fields


def _bad_value(error: click.BadParameter, path: str) -> _Usage:
    param = error.param
    fields: dict[str, object] = {"field": _spelled(param), "path": path, "why": shown(error.message, 300)}
    if param is not None and isinstance(param.type, click.Choice):
        return (
            refusing.NO_CHOICE,
            refusing.CHOICES,
            fields | {"choices": ", ".join(map(str, param.type.choices))},
        )
    return refusing.BAD_VALUE, refusing.SEE_HELP, fields


def _spelled(param: click.Parameter | None) -> str:
    if param is None:
        return ""
    return (
        max(param.opts, key=len)
        if isinstance(param, click.Option)
        else (param.metavar or param.name or "").upper()
    )
