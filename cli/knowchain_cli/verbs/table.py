"""publish --metadata, and map: whole tables."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from knowchain.errors import InvalidValue, StorageFault
from knowchain.home import museum
from knowchain.home.museum import Imported, MapCheck, TableImport
from knowchain.home.museum.reporting import Tally
from knowchain.home.plain import to_plain
from knowchain_cli.commands import Help, VerbGroup, argument, option, pass_session
from knowchain_cli.messages import tables as text
from knowchain_cli.messages.refusing import WARNING
from knowchain_cli.quantities import size
from knowchain_cli.refusals import DONE, FAILED
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session

__all__ = ["map_", "publish_table", "refuse_table_options", "takes_table"]

_F = TypeVar("_F", bound=Callable[..., Any])
_KINDS_SHOWN: Final = 10
_TABLE_OPTIONS: Final = ("map", "files", "dry_run", "strict", "report", "publisher")
_SHARED: Final = frozenset({"access", "in_place", "file_role", "profile"})
"""Options of a single work that mean the same for a table."""


def takes_table(function: _F) -> _F:
    """Give a verb the options of a whole table."""
    for each in (
        option("--publisher", metavar="NAME", help=text.PUBLISHER),
        option("--report", type=Path, metavar="FILE", help=text.REPORT),
        option("--strict", is_flag=True, help=text.STRICT),
        option("--dry-run", is_flag=True, help=text.DRY_RUN),
        option("--files", type=Path, metavar="FOLDER", help=text.FILES),
        option("--map", metavar="MAP", help=text.MAP),
        option("--metadata", type=Path, metavar="FILE", help=text.METADATA),
    ):
        function = each(function)
    return function


def refuse_table_options(given: Mapping[str, Any]) -> None:
    """Refuse the options of a table where there is none.

    Raises:
        InvalidValue: names the first one.
    """
    for name in _TABLE_OPTIONS:
        if given[name]:
            raise InvalidValue(
                "{field} is of a whole table, and none is given",
                field=_dashed(name),
                value=given[name],
                remedy="add --metadata FILE, or leave {field} out",
            )


def publish_table(session: Session, paths: Sequence[Path], given: Mapping[str, Any]) -> int:
    """Publish every row of a table; the exit code."""
    _refuse_single_options(paths, given)
    request = _request(given)
    screen = session.screen
    if session.running_peer() is not None:
        screen.warn(text.TAKES_TIME)
    table = Path(request.table)
    total = table.stat().st_size if table.is_file() else None
    with screen.progress(text.READING, total, "bytes") as advance:
        done = session.ask(museum.import_table, request, lambda progress: advance(progress.bytes))
    if not screen.answered({"ok": done.complete, "import": to_plain(done)}):
        _tell(screen, done)
    return DONE if done.complete else FAILED


def _refuse_single_options(paths: Sequence[Path], given: Mapping[str, Any]) -> None:
    """What describes one work has no place beside a table of many."""
    if paths:
        raise InvalidValue(
            "{field} and --metadata can't stand together",
            field="PATH",
            value=paths[0],
            remedy="name the folder of the files with --files, and each file in the table",
        )
    context = click.get_current_context()
    for name in given:
        if name in _TABLE_OPTIONS or name in _SHARED or name == "metadata":
            continue
        if context.get_parameter_source(name) is not click.core.ParameterSource.DEFAULT:
            raise InvalidValue(
                "{field} and --metadata can't stand together",
                field=_dashed({"licence": "license", "work_id": "id"}.get(name, name)),
                value=given[name],
                remedy="the table says it for each row; what holds for all rows stands in the map, "
                "under defaults",
            )


def _request(given: Mapping[str, Any]) -> TableImport:
    """Paths in full, so that a running peer reads the same files."""
    named = given["map"]
    return TableImport(
        table=os.path.abspath(given["metadata"]),  # noqa: PTH100 - symlinks stay
        map=os.path.abspath(named) if named and Path(named).is_file() else named,  # noqa: PTH100
        access=given["access"],
        files=_absolute(given["files"]),
        in_place=given["in_place"],
        dry_run=given["dry_run"],
        strict=given["strict"],
        report=_absolute(given["report"]),
        publisher=given["publisher"],
        file_role=given["file_role"],
        profile=given["profile"],
    )


def _absolute(path: Path | None) -> str | None:
    return None if path is None else os.path.abspath(path)  # noqa: PTH100 - symlinks stay


def _dashed(name: str) -> str:
    return "--" + name.replace("_", "-")


def _tell(screen: Screen, done: Imported) -> None:
    counts = done.counts
    if not done.dry_run and counts.created == 0 and done.complete and not counts.withdrawn:
        screen.say(text.NOTHING_NEW, rows=counts.rows)
    else:
        screen.say(text.DRY if done.dry_run else text.DONE, rows=counts.rows)
        screen.say(
            text.WORKS, indent=2, works=counts.works, revised=counts.revised, unchanged=counts.unchanged
        )
        screen.say(
            text.BESIDE, indent=2, events=counts.events, rights=counts.rights, collections=counts.collections
        )
        if counts.files:
            screen.say(text.FILES_DONE, indent=2, files=counts.files, size=size(counts.file_bytes))
    if counts.withdrawn:
        screen.say(text.WITHDRAWN, indent=2, count=counts.withdrawn)
    if counts.unread:
        screen.say(text.UNREAD, indent=2, count=counts.unread)
    for remark in done.remarks:
        screen.warn(WARNING, message=remark)
    if done.extra_files:
        message = screen.catalogue.text(
            text.EXTRA_FILES, count=len(done.extra_files), path=done.extra_files[0]
        )
        screen.warn(WARNING, message=message)
    _tell_problems(screen, done.problems)
    if counts.refused:
        screen.say(text.REFUSED, count=counts.refused)
    if done.report is not None:
        screen.say(text.REPORTED, path=done.report)


def _tell_problems(screen: Screen, found: Sequence[Tally]) -> None:
    problems = [tally for tally in found if tally.severity == "error" or not screen.quiet]
    for tally in problems[:_KINDS_SHOWN]:
        screen.say(text.PROBLEM, count=tally.count, example=tally.example)
        if tally.remedy:
            screen.say(text.REMEDY, indent=4, remedy=tally.remedy)
        rows = ", ".join(map(str, tally.rows)) + (", …" if tally.count > len(tally.rows) else "")
        if tally.count > 1:
            screen.say(text.ROWS, indent=4, rows=rows)
    if len(problems) > _KINDS_SHOWN:
        screen.say(text.MORE_PROBLEMS, count=len(problems) - _KINDS_SHOWN)


# --- maps ------------------------------------------------------------------------------------------------

map_ = VerbGroup("map", taught=Help(text.SUMMARY, text.TEXT, text.EXAMPLES), no_args_is_help=True)


@map_.verb("suggest", Help(text.SUGGEST, text.SUGGEST_TEXT, text.SUGGEST_EXAMPLES))
@argument("table", metavar="FILE", type=Path)
@option("--output", "-o", metavar="MAP", type=Path, help=text.OUTPUT)
@pass_session
def suggest(session: Session, *, table: Path, output: Path | None) -> None:
    """Draft a map."""
    draft = museum.draft_map(str(table))
    if output is not None:
        _write_new(output, draft)
    if session.screen.answered({"map": draft, "file": None if output is None else str(output)}):
        return
    if output is None:
        session.screen.script(draft.removesuffix("\n"))
    else:
        session.screen.say(text.WROTE, path=output, table=table)


def _write_new(path: Path, draft: str) -> None:
    try:
        with path.open("x", encoding="utf-8") as file:
            file.write(draft)
    except FileExistsError as exc:
        raise InvalidValue(
            "{field}: {value} exists already", field="--output", value=path, remedy="choose another name"
        ) from exc
    except OSError as exc:
        raise StorageFault(
            "{path} can't be written: {why}",
            remedy="choose a place with room, that this user may write",
            path=path,
            why=exc.strerror or str(exc),
        ) from exc


@map_.verb("check", Help(text.CHECK, text.CHECK_TEXT, text.CHECK_EXAMPLES))
@argument("name", metavar="MAP")
@argument("table", metavar="FILE", type=Path)
@option("--access", metavar="public|metadata-only", help=text.ACCESS)
@pass_session
def check(session: Session, *, name: str, table: Path, access: str | None) -> int:
    """Try a map."""
    done = museum.check_map(name, str(table), access=access)
    if not session.screen.answered({"ok": _fine(done), "check": to_plain(done)}):
        session.screen.say(text.CHECKED, good=done.good, rows=done.rows)
        for remark in done.remarks:
            session.screen.warn(WARNING, message=remark)
        _tell_problems(session.screen, done.problems)
    return DONE if _fine(done) else FAILED


def _fine(done: MapCheck) -> bool:
    return done.rows > 0 and done.good == done.rows


@map_.verb("list", Help(text.LIST, text.LIST_TEXT, text.LIST_EXAMPLES))
@pass_session
def list_(session: Session) -> None:
    """List the maps that come with the program."""
    names = museum.list_maps()
    if not session.screen.answered({"maps": list(names)}):
        for name in names:
            session.screen.say(text.NAME, name=name)


@map_.verb("show", Help(text.SHOW, text.SHOW_TEXT, text.SHOW_EXAMPLES))
@argument("name", metavar="NAME")
@pass_session
def show(session: Session, *, name: str) -> None:
    """Print a map that comes with the program."""
    source = museum.show_map(name)
    if not session.screen.answered({"name": name, "map": source}):
        session.screen.script(source.removesuffix("\n"))
