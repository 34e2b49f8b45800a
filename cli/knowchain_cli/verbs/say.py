"""note, evaluate, trust, retract and reinstate: records about records and people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import click

from knowchain.errors import InvalidValue
from knowchain.home import saying
from knowchain.home.plain import to_plain
from knowchain.home.saying import Reinstatement, Said, Saying, Withdrawal
from knowchain_cli.catalogue import Word
from knowchain_cli.commands import Help, argument, option, pass_session, verb
from knowchain_cli.describing import check_tags, fields_given, language_map, tool
from knowchain_cli.messages import overview
from knowchain_cli.messages import saying as text
from knowchain_cli.messages.refusing import WARNING
from knowchain_cli.session import Session

__all__ = ["evaluate", "note", "reinstate", "retract", "trust"]

_AXES: Final = {
    "truth": text.AXIS_TRUTH,
    "goodness": text.AXIS_GOODNESS,
    "beauty": text.AXIS_BEAUTY,
    "wisdom": text.AXIS_WISDOM,
    "sacredness": text.AXIS_SACREDNESS,
}
_REASONS: Final = (
    "mistake",
    "superseded",
    "duplicate",
    "rights",
    "privacy",
    "community-request",
    "court-order",
    "safety",
    "stolen-key",
    "reinstatement",
    "other",
)
_DECLARED: Final = ("low", "high")


class Level(click.ParamType[int]):
    """From −2 to 2, with either minus sign."""

    name = "level"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        """The number; its bounds are the library's to check."""
        try:
            return int(str(value).replace("−", "-"))
        except ValueError:
            self.fail("give a whole number from −2 to 2", param, ctx)


# --- note --------------------------------------------------------------------------------------------------


@verb("note", Help(overview.NOTE, text.NOTE_TEXT, text.NOTE_EXAMPLES))
@argument("record", metavar="ID")
@argument("words", metavar="[TEXT]", required=False)
@option("--text", "-t", "more", multiple=True, metavar="[LANG:]TEXT", help=text.TEXT)
@option("--lang", "-l", metavar="TAG", help=text.LANG)
@option(
    "--motivation",
    "-m",
    default="annotation",
    metavar="annotation|review|quote|citation|translation",
    help=text.MOTIVATION,
)
@option("--title", multiple=True, metavar="[LANG:]TEXT", help=text.TITLE)
@option("--exact", metavar="PASSAGE", help=text.EXACT)
@option("--locator", metavar="WHERE", help=text.LOCATOR)
@option("--from", "source", metavar="TAG", help=text.FROM)
@option("--to", "target", metavar="TAG", help=text.TO)
@option("--disputes", is_flag=True, help=text.DISPUTES)
@option("--made-with", multiple=True, metavar="TOOL|KIND|ROLE[|HUMAN]", help=text.MADE_WITH)
@option("--field", multiple=True, metavar="NAME=JSON", help=text.FIELD)
@pass_session
def note(session: Session, *, record: str, words: str | None, **given: Any) -> None:
    """Say something about a record."""
    texts = [*([words] if words is not None else []), *given["more"]]
    language = given["lang"] or given["target"]
    locator = given["locator"]
    quoted = given["exact"] is not None
    fields: dict[str, object] = {
        "motivation": given["motivation"],
        "subject": [record],
        "text": _in_language(session, texts, language),
        "title": _in_language(session, given["title"], language),
        "selector": _present({"exact": given["exact"], "locator": locator}) if quoted else None,
        "locator": None if quoted else locator,
        "translation": _present({"from": given["source"], "to": given["target"]}),
        "disputes": [record] if given["disputes"] else None,
        "made_with": [tool(each) for each in given["made_with"]],
    }
    _say(session, Saying("note", _present(fields) | fields_given(given["field"])))


# --- evaluate ----------------------------------------------------------------------------------------------


def _axes(function: Any) -> Any:
    for axis, meaning in reversed(_AXES.items()):
        function = option(f"--{axis}", type=Level(), metavar="−2…2", help=meaning)(function)
    return function


@verb("evaluate", Help(overview.EVALUATE, text.EVALUATE_TEXT, text.EVALUATE_EXAMPLES))
@argument("record", metavar="ID")
@_axes
@option("--axis", multiple=True, metavar="NAME=VALUE", help=text.AXIS)
@option("--reason", "-r", multiple=True, metavar="[LANG:]TEXT", help=text.REASON)
@option("--lang", "-l", metavar="TAG", help=text.LANG)
@option("--low", metavar="[LANG:]TEXT", help=text.LOW)
@option("--high", metavar="[LANG:]TEXT", help=text.HIGH)
@option("--in", "languages", multiple=True, metavar="TAG", help=text.TAKEN_IN)
@option("--made-with", multiple=True, metavar="TOOL|KIND|ROLE[|HUMAN]", help=text.MADE_WITH)
@pass_session
def evaluate(session: Session, *, record: str, axis: Sequence[str], **given: Any) -> None:
    """Judge a record."""
    values = {name: given[name] for name in _AXES if given[name] is not None}
    values |= dict(_axis(each) for each in axis)
    if not values:
        raise InvalidValue(
            "{field} is missing: say on which axis you judge",
            field="--axis",
            remedy="add such as --truth 2, or --axis NAME=VALUE",
        )
    check_tags(given["languages"], "--in")
    reason = _in_language(session, given["reason"], given["lang"])
    ends = {
        end: _in_language(session, [given[end]], given["lang"]) for end in _DECLARED if given[end] is not None
    }
    shared = {
        "subject": [record],
        "reason": reason,
        "languages": list(given["languages"]),
        "made_with": [tool(each) for each in given["made_with"]],
    }
    sayings = [
        Saying(
            "evaluation",
            _present(
                {**shared, "axis": name, "value": value, "declares": ends if name not in _AXES else None}
            ),
        )
        for name, value in values.items()
    ]
    _say(session, *sayings)


def _axis(words: str) -> tuple[str, int]:
    name, sign, value = words.partition("=")
    try:
        if not sign:
            raise ValueError
        return name, int(value.replace("−", "-"))
    except ValueError as exc:
        raise InvalidValue(
            "{field}: {value} is not NAME=VALUE",
            field="--axis",
            value=words,
            remedy="write such as truth=2, with a whole number from −2 to 2",
        ) from exc


# --- trust -------------------------------------------------------------------------------------------------


@verb("trust", Help(overview.TRUST, text.TRUST_TEXT, text.TRUST_EXAMPLES))
@argument("who", metavar="WHO")
@argument("level", metavar="[−2…2]", type=Level(), required=False)
@option("--block", is_flag=True, help=text.BLOCK)
@option("--reason", "-r", multiple=True, metavar="[LANG:]TEXT", help=text.REASON)
@option("--lang", "-l", metavar="TAG", help=text.LANG)
@option("--topic", multiple=True, metavar="TOPIC", help=text.TOPIC)
@option("--for-language", multiple=True, metavar="TAG", help=text.SCOPE_LANGUAGE)
@option("--for-axis", multiple=True, metavar="AXIS", help=text.SCOPE_AXIS)
@option("--for-kind", multiple=True, metavar="KIND", help=text.SCOPE_KIND)
@option("--expires", metavar="TIME", help=text.EXPIRES)
@pass_session
def trust(session: Session, *, who: str, level: int | None, block: bool, **given: Any) -> None:
    """Say how far you rely on somebody."""
    scope = _present(
        {
            "topics": list(given["topic"]),
            "languages": list(given["for_language"]),
            "axes": list(given["for_axis"]),
            "kinds": list(given["for_kind"]),
        }
    )
    fields: dict[str, object] = {
        "subject": who,
        "scope": scope,
        "reason": _in_language(session, given["reason"], given["lang"]),
        "expires": given["expires"],
    }
    amount = {"level": level} if level is not None else {}
    _say(session, Saying("trust", _present(fields) | amount | ({"block": True} if block else {})))


# --- retract, reinstate ------------------------------------------------------------------------------------


@verb("retract", Help(overview.RETRACT, text.RETRACT_TEXT, text.RETRACT_EXAMPLES))
@argument("record", metavar="ID...", nargs=-1, required=True)
@option("--erase", is_flag=True, help=text.ERASE)
@option("--reason", "-r", metavar="REASON", required=True, help=text.RETRACT_REASON)
@option("--lang", "-l", metavar="TAG", help=text.LANG)
@option("--replacement", multiple=True, metavar="ID", help=text.REPLACEMENT)
@pass_session
def retract(session: Session, *, record: Sequence[str], erase: bool, reason: str, **given: Any) -> None:
    """Take records back."""
    word = reason if reason in _REASONS else "other"
    detail = None if reason in _REASONS else _in_language(session, [reason], given["lang"])
    request = Withdrawal(tuple(record), erase, word, detail, tuple(given["replacement"]))
    done = session.ask(saying.withdraw, request)
    _warn(session, done)
    if session.screen.answered({"records": [to_plain(done)]}):
        return
    for rid in done.subject:
        session.screen.say(text.ERASING if erase else text.RETRACTED, record=rid)
    session.screen.say(text.ID, id=done.id)


@verb("reinstate", Help(overview.REINSTATE, text.REINSTATE_TEXT, text.REINSTATE_EXAMPLES))
@argument("record", metavar="ID")
@option("--reason", "-r", multiple=True, metavar="[LANG:]TEXT", help=text.REASON)
@option("--lang", "-l", metavar="TAG", help=text.LANG)
@pass_session
def reinstate(session: Session, *, record: str, reason: Sequence[str], lang: str | None) -> None:
    """Let a record stand again."""
    done = session.ask(saying.reinstate, Reinstatement(record, _in_language(session, reason, lang) or None))
    if session.screen.answered({"records": [to_plain(done)]}):
        return
    session.screen.say(text.REINSTATED, record=record)
    session.screen.say(text.ID, id=done.id)


# --- shared ------------------------------------------------------------------------------------------------


def _present(fields: Mapping[str, object]) -> dict[str, object]:
    return {name: value for name, value in fields.items() if value not in (None, [], {}, ())}


def _in_language(session: Session, texts: Sequence[str], language: str | None) -> dict[str, list[str]]:
    check_tags([language] if language else [])
    found = language_map(texts, language or "und", "--text")
    if language is None and "und" in found:
        session.screen.warn(WARNING, message=text.NO_LANGUAGE)
    return found


def _say(session: Session, *sayings: Saying) -> None:
    """Sign one record or several."""
    done = session.ask(saying.say_all, sayings)
    for each in done:
        _warn(session, each)
    if session.screen.answered({"records": [to_plain(each) for each in done]}):
        return
    for each in done:
        session.screen.say(text.SIGNED, kind=Word(each.kind), id=each.id)


def _warn(session: Session, done: Said) -> None:
    for warning in done.warnings:
        session.screen.warn(WARNING, message=str(warning))
