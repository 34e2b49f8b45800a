"""show: one record in words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from knowchain.chains import Flag
from knowchain.home.plain import to_plain
from knowchain.home.viewing import Link, View, ViewRequest, title_of, view
from knowchain_cli.catalogue import Message, Word
from knowchain_cli.commands import Help, argument, option, pass_session, verb
from knowchain_cli.messages import reading as text
from knowchain_cli.messages.overview import SHOW
from knowchain_cli.messages.shared import NO, YES
from knowchain_cli.quantities import moment, size
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session

__all__ = ["show", "tell_flags"]


@verb("show", Help(SHOW, text.SHOW_TEXT, text.SHOW_EXAMPLES))
@argument("record", metavar="ID|NAME")
@option("--withheld", is_flag=True, help=text.WITHHELD)
@pass_session
def show(session: Session, *, record: str, withheld: bool) -> None:
    """Show a record."""
    found = session.ask(view, ViewRequest(record, withheld))
    if session.screen.answered({"record": to_plain(found)}):
        return
    screen = session.screen
    _show_header(screen, found)
    _show_body(screen, found)
    _show_files(screen, found)
    _show_links(screen, text.POINTS, found.refs)
    _show_links(screen, text.POINTED, found.pointers)


def _show_header(screen: Screen, found: View) -> None:
    title = title_of(found.body)
    if title is None:
        screen.say(text.HEADING, kind=Word(found.kind), author=found.author_name)
    else:
        screen.say(text.TITLED, kind=Word(found.kind), title=_first_line(title), author=found.author_name)
    screen.say(text.ID, id=found.id)
    screen.say(text.SIGNED, time=moment(found.time), seq=found.seq, key=found.key)
    way, _, place = found.source.partition(":")
    message = text.RECEIVED.get(way, text.RECEIVED_OTHERWISE)
    screen.say(message, time=moment(found.received), place=place, source=found.source)
    tell_flags(screen, found.flags)


def tell_flags(screen: Screen, flags: Sequence[Flag], *, indent: int = 0) -> None:
    """What is known of a record's standing, with the meaning."""
    for flag in flags:
        screen.say(text.STANDING, flag=Word(flag.value), meaning=text.FLAGS[flag], indent=indent)


def _show_body(screen: Screen, found: View) -> None:
    screen.blank()
    if found.body is None:
        screen.say(text.BODY[found.body_state])
    else:
        screen.say(text.SAYS)
        for name, value in found.body.items():
            if name != "files":
                _show_value(screen, name, value, 2)
    if found.operations:
        screen.say(text.CHANGES)
        for operation in found.operations:
            screen.data(operation, indent=2)
    if found.issues:
        screen.say(text.ISSUES)
        for issue in found.issues:
            screen.data(issue, indent=2)


def _show_value(screen: Screen, name: str, value: object, indent: int) -> None:
    """A field of the human form, as an outline: its name, then its value, indented where it has parts."""
    if isinstance(value, Mapping):
        screen.say(text.FIELD, name=Word(name), indent=indent)
        for part, item in value.items():
            _show_value(screen, str(part), item, indent + 2)
    elif isinstance(value, list) and len(value) == 1 and not isinstance(value[0], Mapping):
        _show_value(screen, name, value[0], indent)
    elif isinstance(value, list):
        screen.say(text.FIELD, name=Word(name), indent=indent)
        for item in value:
            _show_item(screen, item, indent + 2)
    elif isinstance(value, str) and "\n" in value:
        screen.say(text.FIELD, name=Word(name), indent=indent)
        screen.data(value, indent=indent + 2)
    else:
        screen.say(text.FIELD_VALUE, name=Word(name), value=value, indent=indent)


def _show_item(screen: Screen, item: object, indent: int) -> None:
    if isinstance(item, Mapping) and all(isinstance(value, str | int) for value in item.values()):
        tell = screen.catalogue.text
        parts = [tell(text.FIELD_VALUE, name=Word(str(name)), value=value) for name, value in item.items()]
        screen.line("- " + ", ".join(parts), indent=indent)
    elif isinstance(item, Mapping):
        for name, value in item.items():
            _show_value(screen, str(name), value, indent)
    else:
        screen.data(f"- {item}", indent=indent)


def _show_files(screen: Screen, found: View) -> None:
    if not found.files:
        return
    screen.blank()
    rows = [
        (
            file.path,
            "" if file.bytes is None else size(file.bytes),
            file.mime or "",
            YES if file.here else NO,
            file.cid or "",
        )
        for file in found.files
    ]
    screen.table((text.PATH, text.SIZE, text.TYPE, text.HERE, text.CID), rows)


def _show_links(screen: Screen, heading: Message, links: Sequence[Link]) -> None:
    if not links:
        return
    screen.blank()
    screen.say(heading)
    for link in links:
        if link.kind is None:
            screen.say(text.LINK_UNKNOWN, relation=Word(link.relation), indent=2)
        elif link.title is None:
            screen.say(
                text.LINK_UNTITLED,
                relation=Word(link.relation),
                kind=Word(link.kind),
                author=link.author,
                indent=2,
            )
        else:
            title = _first_line(link.title)
            screen.say(
                text.LINK,
                relation=Word(link.relation),
                kind=Word(link.kind),
                title=title,
                author=link.author,
                indent=2,
            )
        screen.data(str(link.record), indent=4)
        tell_flags(screen, link.flags, indent=4)


def _first_line(words: str) -> str:
    line = words.split("\n", 1)[0]
    return line if len(line) <= 80 else line[:79] + "…"
