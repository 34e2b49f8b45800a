"""groups: people who judge alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from knowchain.errors import InvalidValue
from knowchain.home.feeding import FeedRequest
from knowchain.home.groups import (
    FoundGroups,
    GroupShown,
    GroupsRequest,
    GroupsShown,
    JudgedWork,
    ShowGroups,
    compute_groups,
    publish_groups,
    show_groups,
)
from knowchain.home.plain import to_plain
from knowchain.home.saying import Saying, say
from knowchain.identifiers import RecordId
from knowchain_cli.commands import Help, VerbGroup, argument, option, pass_session
from knowchain_cli.messages import groups as text
from knowchain_cli.messages.overview import GROUPS
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session
from knowchain_cli.verbs.feed_request import feed_request

__all__ = ["groups"]

_KIND: Final = "viewpoint-groups"
_LONGEST: Final = 1_000_000
"""Characters of a file of groups."""

groups = VerbGroup("groups", taught=Help(GROUPS, text.TEXT, text.EXAMPLES), no_args_is_help=True)


def _asked(function: Callable[..., Any]) -> Callable[..., Any]:
    """The options by which both verbs know what to look for."""
    function = option("--as-of", metavar="TIME", help=text.AS_OF)(function)
    function = option("--profile", metavar="FILE|NAME", help=text.PROFILE)(function)
    function = option("--everybody", is_flag=True, help=text.EVERYBODY)(function)
    function = option("--minimum", type=int, default=100, metavar="N", help=text.MINIMUM)(function)
    function = option("--judgements", type=int, default=5, metavar="N", help=text.JUDGEMENTS)(function)
    return option("--groups", "count", type=int, metavar="N", help=text.GROUPS)(function)


@groups.verb("compute", Help(text.COMPUTE, text.COMPUTE_TEXT, text.COMPUTE_EXAMPLES))
@_asked
@option("--out", type=Path, metavar="FILE", help=text.OUT)
@pass_session
def compute(session: Session, *, out: Path | None, **asked: Any) -> None:
    """Find groups."""
    with session.screen.progress(text.READING) as advance:
        found = session.ask(compute_groups, _request(**asked), advance)
    if out is not None and found.fields is not None:
        _write(out, found.fields)
    if session.screen.answered({"groups": to_plain(found)}):
        return
    _tell(session.screen, found)
    if out is not None:
        session.screen.advise(text.NOT_WRITTEN if found.fields is None else text.WRITTEN, file=out)


@groups.verb("publish", Help(text.PUBLISH, text.PUBLISH_TEXT, text.PUBLISH_EXAMPLES))
@argument("file", metavar="[FILE]", required=False, type=Path)
@_asked
@pass_session
def publish(session: Session, *, file: Path | None, **asked: Any) -> None:
    """Sign groups."""
    if file is not None:
        said = session.ask(say, Saying(_KIND, _fields(file)))
        if not session.screen.answered({"records": [to_plain(said)]}):
            _tell_signed(session.screen, said.id)
        return
    with session.screen.progress(text.READING) as advance:
        published = session.ask(publish_groups, _request(**asked), advance)
    document = {"records": [to_plain(published.said)], "groups": to_plain(published.found)}
    if not session.screen.answered(document):
        _tell(session.screen, published.found)
        session.screen.blank()
        _tell_signed(session.screen, published.said.id)


@groups.verb("show", Help(text.SHOW, text.SHOW_TEXT, text.SHOW_EXAMPLES))
@argument("record", metavar="ID")
@option("--as-of", metavar="TIME", help=text.AS_OF)
@pass_session
def show(session: Session, *, record: str, as_of: str | None) -> None:
    """Show published groups."""
    with session.screen.progress(text.READING) as advance:
        shown = session.ask(show_groups, ShowGroups(record, _feed(None, as_of)), advance)
    if not session.screen.answered({"groups": to_plain(shown)}):
        _show(session.screen, shown)


# --- what is asked -----------------------------------------------------------------------------------


def _request(
    *,
    count: int | None,
    judgements: int,
    minimum: int,
    everybody: bool,
    profile: str | None,
    as_of: str | None,
) -> GroupsRequest:
    return GroupsRequest(count, judgements, minimum, everybody, _feed(profile, as_of))


def _feed(profile: str | None, as_of: str | None) -> FeedRequest:
    return feed_request(profile, as_of, None)


def _write(out: Path, fields: Mapping[str, object]) -> None:
    try:
        with out.open("x", encoding="utf-8") as file:
            json.dump(fields, file, ensure_ascii=False, indent=1)
            file.write("\n")
    except FileExistsError as exc:
        raise InvalidValue(
            "{field}: {value} exists already", field="--out", value=out, remedy="choose another name"
        ) from exc


def _fields(path: Path) -> Mapping[str, object]:
    try:
        with path.open(encoding="utf-8") as file:
            found = json.loads(file.read(_LONGEST))
    except (OSError, ValueError, RecursionError) as exc:
        raise _no_groups(path, getattr(exc, "strerror", None) or "no JSON") from exc
    if not isinstance(found, dict):
        raise _no_groups(path, "no JSON object")
    return found


def _no_groups(path: Path, why: str) -> InvalidValue:
    return InvalidValue(
        "{field}: {value} can't be read as groups: {why}",
        field="FILE",
        value=path,
        why=why,
        remedy="give a file that `knowchain groups compute --out` wrote",
    )


# --- what is told ------------------------------------------------------------------------------------


def _tell(screen: Screen, found: FoundGroups) -> None:
    counts = {"people": found.people, "judgements": found.judgements, "works": found.works}
    if not found.groups:
        screen.say(text.NOBODY, people=found.people)
        screen.advise(text.NOBODY_NEXT)
    elif len(found.groups) == 1:
        screen.say(text.ALIKE, **counts)
        if len(found.foretold) > 1:
            screen.say(
                text.ALIKE_BY, without=_hundredths(found.foretold[0]), with_two=_hundredths(found.foretold[1])
            )
    else:
        screen.say(text.FOUND, groups=len(found.groups), **counts)
        if len(found.foretold) >= len(found.groups):
            told = _hundredths(found.foretold[len(found.groups) - 1])
            screen.say(text.TELLS, with_groups=told, without=_hundredths(found.foretold[0]))
    if found.too_few:
        screen.say(text.TOO_FEW, count=found.too_few)
    if found.unnamed:
        screen.say(text.UNNAMED, count=found.unnamed)
    if len(found.groups) > 1:
        _tell_groups(screen, found.groups)
        _tell_works(screen, found.divided, found.united)
    screen.blank()
    screen.say(text.SNAPSHOT, snapshot=found.snapshot)


def _tell_groups(screen: Screen, found: Sequence[GroupShown]) -> None:
    columns = (
        text.COLUMN_GROUP,
        text.COLUMN_PEOPLE,
        text.COLUMN_NAMED,
        text.COLUMN_MINIMUM,
        text.COLUMN_SUCH_AS,
    )
    screen.blank()
    screen.table(columns, [_group_row(screen, number, each) for number, each in enumerate(found, 1)])


def _group_row(screen: Screen, number: int, group: GroupShown) -> tuple[object, ...]:
    tell = screen.catalogue.text
    members = ", ".join(tell(text.MEMBER, name=each.name, part=each.part) for each in group.members)
    return group.title or str(number), group.nearest, group.size, f"{group.minimum}‰", members


def _tell_works(screen: Screen, divided: Sequence[JudgedWork], united: Sequence[JudgedWork]) -> None:
    for heading, works in ((text.DIVIDED, divided), (text.UNITED, united)):
        if works:
            screen.blank()
            screen.say(heading)
            columns = (text.COLUMN_GROUPS, text.COLUMN_JUDGED, text.COLUMN_WORK, text.COLUMN_ID)
            screen.table(columns, [_work_row(each) for each in works])


def _work_row(work: JudgedWork) -> tuple[object, ...]:
    title: object = text.UNTITLED if work.title is None else work.title.split("\n", 1)[0]
    return " : ".join(_hundredths(each) for each in work.milli), work.judged, title, work.work


def _hundredths(milli: int) -> str:
    return str((milli + 5) // 10)


def _tell_signed(screen: Screen, rid: RecordId) -> None:
    screen.say(text.SIGNED, id=rid)
    screen.advise(text.USE, id=rid)


def _show(screen: Screen, shown: GroupsShown) -> None:
    screen.say(text.BY, author=shown.author_name, as_of=shown.as_of, method=shown.method)
    if shown.reason is not None:
        screen.say(text.REASON, reason=shown.reason)
    if shown.parameters:
        tell = screen.catalogue.text
        told = (tell(text.PARAMETER, name=name, value=value) for name, value in shown.parameters.items())
        screen.say(text.PARAMETERS, told=", ".join(told))
    _tell_groups(screen, shown.groups)
    screen.blank()
    screen.say(text.JUDGING, count=shown.judging)
    if not shown.divided and not shown.united:
        screen.say(text.NO_DIFFERENCE)
    _tell_works(screen, shown.divided, shown.united)
    screen.blank()
    screen.say(text.SNAPSHOT, snapshot=shown.snapshot)
    screen.advise(text.USE, id=shown.id)
