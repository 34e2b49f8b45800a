"""collection: what belongs together."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import click

from knowchain.home import collecting
from knowchain.home.collecting import Accession, Collection, CollectionRequest, NewCollection
from knowchain.home.plain import to_plain
from knowchain_cli.catalogue import Word
from knowchain_cli.commands import Help, VerbGroup, argument, option, pass_session
from knowchain_cli.describing import check_tags, fields_given, language_map
from knowchain_cli.messages import collections as text
from knowchain_cli.messages import describing, saying
from knowchain_cli.messages.shared import YES
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session
from knowchain_cli.verbs.show import tell_flags

__all__ = ["collection"]

collection = VerbGroup(
    "collection", taught=Help(text.SUMMARY, text.TEXT, text.EXAMPLES), no_args_is_help=True
)


@collection.verb("create", Help(text.CREATE, text.CREATE_TEXT, text.CREATE_EXAMPLES))
@option("--title", "-t", multiple=True, required=True, metavar="[LANG:]TEXT", help=describing.TITLE)
@option("--lang", "-l", metavar="TAG", help=saying.LANG)
@option("--rule", type=click.Choice(["open", "invited", "curators"]), default="curators", help=text.RULE)
@option("--curator", multiple=True, metavar="WHO", help=text.CURATOR)
@option("--invite", multiple=True, metavar="WHO", help=text.INVITE)
@option("--takes-kind", multiple=True, metavar="KIND", help=text.TAKES_KIND)
@option("--takes-language", multiple=True, metavar="TAG", help=text.TAKES_LANGUAGE)
@option("--description", multiple=True, metavar="[LANG:]TEXT", help=describing.DESCRIPTION)
@option("--id", "own_id", metavar="ID", help=text.OWN_ID)
@option("--field", multiple=True, metavar="NAME=JSON", help=saying.FIELD)
@pass_session
def create(session: Session, **given: Any) -> None:
    """Sign a collection."""
    check_tags([given["lang"]] if given["lang"] else [])
    rule = {
        "rule": given["rule"],
        "kinds": list(given["takes_kind"]),
        "languages": list(given["takes_language"]),
    }
    fields: dict[str, object] = {
        "title": language_map(given["title"], given["lang"], "--title"),
        "description": language_map(given["description"], given["lang"], "--description"),
        "acceptance": {name: value for name, value in rule.items() if value},
        "languages": [given["lang"]] if given["lang"] else None,
        "id": given["own_id"],
    }
    present = {name: value for name, value in fields.items() if value} | fields_given(given["field"])
    done = session.ask(
        collecting.create_collection,
        NewCollection(present, tuple(given["curator"]), tuple(given["invite"])),
    )
    if not session.screen.answered({"records": [to_plain(done)]}):
        session.screen.say(text.SIGNED, id=done.id)


@collection.verb("add", Help(text.ADD, text.ADD_TEXT, text.ADD_EXAMPLES))
@argument("into", metavar="COLLECTION")
@argument("record", metavar="ID...", nargs=-1, required=True)
@option("--remove", is_flag=True, help=text.REMOVE)
@pass_session
def add(session: Session, *, into: str, record: Sequence[str], remove: bool) -> None:
    """Take records in."""
    done = [session.ask(collecting.accession, Accession(into, each, remove)) for each in record]
    if session.screen.answered({"records": to_plain(done)}):
        return
    for each in done:
        session.screen.say(text.OUT if remove else text.TAKEN, record=each.subject[0])


@collection.verb("show", Help(text.SHOW, text.SHOW_TEXT, text.SHOW_EXAMPLES))
@argument("which", metavar="COLLECTION")
@pass_session
def show(session: Session, *, which: str) -> None:
    """Show a collection."""
    found = session.ask(collecting.show_collection, CollectionRequest(which))
    if not session.screen.answered({"collection": to_plain(found)}):
        _show(session.screen, found)


def _show(screen: Screen, found: Collection) -> None:
    screen.say(text.HEADING, title=found.title or text.UNTITLED, author=found.author)
    screen.say(text.ID_LINE, id=found.id)
    screen.say(text.RULE_LINE, rule=Word(found.rule), curators=", ".join(found.curators))
    tell_flags(screen, found.flags)
    screen.blank()
    if not found.members:
        screen.say(text.EMPTY)
        return
    columns = (text.COLUMN_TITLE, text.COLUMN_KIND, text.COLUMN_AUTHOR, text.COLUMN_MEMBER, text.COLUMN_ID)
    rows = [
        (
            each.title or text.UNTITLED,
            Word(each.kind),
            each.author,
            YES if each.member else text.ASKS,
            each.id,
        )
        for each in found.members
    ]
    screen.table(columns, rows)


@collection.verb("list", Help(text.LIST, text.LIST_TEXT, text.LIST_EXAMPLES))
@pass_session
def list_all(session: Session) -> None:
    """List the collections."""
    found = session.ask(collecting.list_collections)
    if session.screen.answered({"collections": to_plain(found)}):
        return
    if not found:
        session.screen.say(text.NONE)
        return
    rows = [(each.title or text.UNTITLED, each.author, Word(each.rule), each.id) for each in found]
    columns = (text.COLUMN_TITLE, text.COLUMN_AUTHOR, text.COLUMN_RULE, text.COLUMN_ID)
    session.screen.table(columns, rows)
