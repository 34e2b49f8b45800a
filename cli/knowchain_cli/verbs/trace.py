"""trace and blast."""

from __future__ import annotations

from typing import Final, Literal

import click

from knowchain.home.blasting import BlastQuestion, blast_radius
from knowchain.home.plain import to_plain
from knowchain.home.tracing import TraceQuestion, trace_record
from knowchain.provenance import render_blast, render_dot, render_mermaid, render_prov, render_text
from knowchain.provenance.columns import plain
from knowchain.provenance.model import Trace
from knowchain_cli.commands import Help, argument, option, pass_session, verb
from knowchain_cli.messages import tracing as text
from knowchain_cli.messages.overview import BLAST, TRACE
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session

__all__ = ["blast", "trace"]

_FORMATS: Final = ("text", "json", "mermaid", "dot", "prov", "provn")


@verb("trace", Help(TRACE, text.TRACE_TEXT, text.TRACE_EXAMPLES))
@argument("record", metavar="ID|NAME")
@option("--up", "direction", flag_value="up", help=text.UP)
@option("--down", "direction", flag_value="down", help=text.DOWN)
@option("--both", "direction", flag_value="both", default=True, help=text.BOTH)
@option("--depth", type=int, metavar="N", help=text.DEPTH)
@option("--most", type=int, metavar="N", default=200, help=text.MOST_TRACED)
@option("--format", "syntax", type=click.Choice(_FORMATS), default="text", help=text.FORMAT)
@option("--lang", "languages", metavar="TAG", multiple=True, help=text.PREFERRED)
@pass_session
def trace(
    session: Session,
    *,
    record: str,
    direction: Literal["up", "down", "both"],
    depth: int | None,
    most: int,
    syntax: str,
    languages: tuple[str, ...],
) -> None:
    """Trace a record."""
    question = TraceQuestion(record, direction, depth, most, languages)
    found = session.ask(trace_record, question)
    if syntax == "json":
        session.screen.json = True
    if not session.screen.answered({"trace": to_plain(found)}):
        session.screen.data(_drawn(session.screen, found, syntax).rstrip("\n"))


def _drawn(screen: Screen, found: Trace, syntax: str) -> str:
    say = Saying(screen)
    match syntax:
        case "mermaid":
            return render_mermaid(found, say=say)
        case "dot":
            return render_dot(found, say=say)
        case "prov":
            return render_prov(found)
        case "provn":
            return render_prov(found, "provn")
    return render_text(found, say=say)


@verb("blast", Help(BLAST, text.BLAST_TEXT, text.BLAST_EXAMPLES))
@argument("subject", metavar="ID|KEY")
@option("--since", metavar="N|ID|DATE", help=text.SINCE)
@option("--most", type=int, metavar="N", default=1000, help=text.MOST_AFFECTED)
@pass_session
def blast(session: Session, *, subject: str, since: str | None, most: int) -> None:
    """List what stands on a record or a key."""
    found = session.ask(blast_radius, BlastQuestion(subject, since, most))
    if not session.screen.answered({"blast": to_plain(found)}):
        session.screen.data(render_blast(found, say=Saying(session.screen)).rstrip("\n"))


class Saying:
    """The catalogue for the library's renderers: what they put together is made safe as a whole."""

    def __init__(self, screen: Screen) -> None:
        self._catalogue = screen.catalogue

    def __call__(self, template: str, /, **fields: object) -> str:
        """The template in the reader's language, filled."""
        values = {name: plain(str(value)) for name, value in fields.items()}
        return self._catalogue.template(template).format_map(values)
