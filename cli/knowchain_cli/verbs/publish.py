"""publish and revise: works and their files."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from knowchain.errors import InvalidValue
from knowchain.home import publishing
from knowchain.home.files import DiskFiles, FileSource
from knowchain.home.plain import to_plain
from knowchain.home.publishing import Publication, Published, Revision
from knowchain.home.viewing import title_of
from knowchain_cli.commands import Help, argument, option, pass_session, verb
from knowchain_cli.describing import described, describes
from knowchain_cli.messages import publishing as text
from knowchain_cli.messages.overview import PUBLISH, REVISE
from knowchain_cli.messages.refusing import WARNING
from knowchain_cli.quantities import size
from knowchain_cli.refusals import DONE
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session
from knowchain_cli.verbs.table import publish_table, refuse_table_options, takes_table

__all__ = ["publish", "revise"]


@verb("publish", Help(PUBLISH, text.TEXT, text.EXAMPLES))
@argument("path", nargs=-1, type=Path, metavar="[PATH]...")
@takes_table
@describes
@pass_session
def publish(session: Session, *, path: Sequence[Path], **given: Any) -> int:
    """Sign a work, or one for each row of a table."""
    if given["metadata"] is not None:
        return publish_table(session, path, given)
    refuse_table_options(given)
    fields = described(given)
    if "access" not in fields:
        raise InvalidValue(
            "{field} is missing: who may see this must be said",
            field="--access",
            remedy="add --access public, or --access metadata-only to publish the description alone",
        )
    files = _files(path, given)
    with session.screen.progress(text.READING, _total(files), "bytes") as advance:
        done = session.ask(publishing.publish, _publication(fields, given), files, advance)
    _show(session.screen, done)
    return DONE


@verb("revise", Help(REVISE, text.REVISE_TEXT, text.REVISE_EXAMPLES))
@argument("record", metavar="ID")
@argument("path", nargs=-1, type=Path, metavar="[PATH]...")
@option("--remove", multiple=True, metavar="FIELD", help=text.REMOVE)
@describes
@pass_session
def revise(
    session: Session, *, record: str, path: Sequence[Path], remove: Sequence[str], **given: Any
) -> None:
    """Sign a new version of a work."""
    files = _files(path, given)
    fields = described(given, session.ask(publishing.sole_language, record))
    request = Revision(record, _publication(fields, given), tuple(remove))
    with session.screen.progress(text.READING, _total(files), "bytes") as advance:
        done = session.ask(publishing.revise, request, files, advance)
    _show(session.screen, done)


def _publication(fields: Mapping[str, object], given: Mapping[str, Any]) -> Publication:
    rights = given["rights"]
    is_id = rights is not None and rights.startswith("bafy")
    if rights is not None and given["licence"] is not None:
        raise InvalidValue(
            "{field} and --license can't stand together",
            field="--rights",
            value=rights,
            remedy="give one: a statement for what you don't license, a licence for what you do",
        )
    return Publication(
        fields,
        rights=rights if is_id else None,
        rights_uri=None if is_id else rights,
        licence=given["licence"],
        file_role=given["file_role"],
        profile=given["profile"],
    )


def _files(paths: Sequence[Path], given: Mapping[str, Any]) -> FileSource | None:
    return DiskFiles(paths, in_place=given["in_place"], hidden=given["hidden"]) if paths else None


def _total(files: FileSource | None) -> int | None:
    return None if files is None else sum(file.bytes for file in files.listed())


def _show(screen: Screen, done: Published) -> None:
    for warning in done.warnings:
        screen.warn(WARNING, message=str(warning))
    if screen.answered({"records": [to_plain(done)]}):
        return
    title = title_of({"title": done.title}) or ""
    if done.revises is None:
        screen.say(text.SIGNED, title=title)
    else:
        screen.say(text.REVISED, title=title, id=done.revises)
    if done.files:
        screen.table(
            (text.PATH, text.SIZE, text.CID),
            [(file.path, size(file.bytes), file.cid or text.MEASURED) for file in done.files],
        )
    screen.say(text.ID, id=done.id)
