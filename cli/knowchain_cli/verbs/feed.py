"""feed and inbox."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from knowchain.errors import InvalidValue
from knowchain.home.changing import WouldShow, WouldShowRequest, what_would_show
from knowchain.home.comparing import (
    Compared,
    ComparedItem,
    CompareRequest,
    Side,
    WhatIfRequest,
    compare_feeds,
    what_if,
)
from knowchain.home.contributing import ContributionRequest, Contributions, contributions
from knowchain.home.feed_items import FeedItem
from knowchain.home.feeding import FeedShown, Why, WhyRequest, explain_item, show_feed
from knowchain.home.inbox import InboxRequest, Notice
from knowchain.home.inbox import inbox as read_inbox
from knowchain.home.plain import to_plain
from knowchain.home.seen import forget_seen
from knowchain_cli.catalogue import Message
from knowchain_cli.commands import Help, VerbGroup, argument, option, pass_session, verb
from knowchain_cli.messages import feeding as text
from knowchain_cli.messages.overview import FEED, INBOX
from knowchain_cli.messages.reading import FLAGS
from knowchain_cli.quantities import moment
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session
from knowchain_cli.verbs.feed_receipts import add_receipts, add_snapshot
from knowchain_cli.verbs.feed_request import feed_options, feed_request

__all__ = ["feed", "inbox"]

feed = VerbGroup("feed", taught=Help(FEED, text.FEED_TEXT, text.FEED_EXAMPLES))
add_receipts(feed)
add_snapshot(feed)


@feed.verb("show", Help(text.SHOW, text.SHOW_TEXT, text.SHOW_EXAMPLES))
@option("--remember/--no-remember", default=None, help=text.REMEMBER)
@feed_options
@pass_session
def feed_show(
    session: Session, *, profile: str | None, as_of: str | None, limit: int | None, remember: bool | None
) -> None:
    """Show a feed."""
    request = replace(feed_request(profile, as_of, limit), remember=remember)
    with session.screen.progress(text.READING) as advance:
        shown = session.ask(show_feed, request, advance)
    if not session.screen.answered({"feed": to_plain(shown)}):
        _show(session.screen, shown)


@feed.verb("why", Help(text.WHY, text.WHY_TEXT, text.WHY_EXAMPLES))
@argument("record", metavar="ID")
@feed_options
@pass_session
def feed_why(
    session: Session, *, record: str, profile: str | None, as_of: str | None, limit: int | None
) -> None:
    """Explain one work."""
    question = WhyRequest(record, feed_request(profile, as_of, limit))
    with session.screen.progress(text.READING) as advance:
        found = session.ask(explain_item, question, advance)
    if not session.screen.answered({"why": to_plain(found)}):
        _explain(session.screen, found)


@feed.verb("compare", Help(text.COMPARE, text.COMPARE_TEXT, text.COMPARE_EXAMPLES))
@argument("first", metavar="FILE|NAME|ID")
@argument("second", metavar="FILE|NAME|ID")
@option("--as-of", metavar="TIME", help=text.AS_OF)
@option("--limit", type=int, metavar="N", help=text.LIMIT)
@pass_session
def feed_compare(session: Session, *, first: str, second: str, as_of: str | None, limit: int | None) -> None:
    """Compare two profiles."""
    request = CompareRequest(feed_request(first, as_of, limit), feed_request(second, as_of, limit), limit)
    with session.screen.progress(text.READING) as advance:
        found = session.ask(compare_feeds, request, advance)
    if not session.screen.answered({"compared": to_plain(found)}):
        _side_by_side(session.screen, found)


@feed.verb("what-if", Help(text.WHAT_IF, text.WHAT_IF_TEXT, text.WHAT_IF_EXAMPLES))
@option("--weight", multiple=True, metavar="SIGNAL=N", help=text.WEIGHT)
@option("--show", "wanted", metavar="ID", help=text.WANTED)
@feed_options
@pass_session
def feed_what_if(
    session: Session,
    *,
    weight: Sequence[str],
    wanted: str | None,
    profile: str | None,
    as_of: str | None,
    limit: int | None,
) -> None:
    """Try other weights."""
    request = feed_request(profile, as_of, limit)
    if wanted is not None and weight:
        raise InvalidValue(
            "{field}: {value} can't be asked together with --weight",
            field="--show",
            value=wanted,
            remedy="ask one of the two",
        )
    with session.screen.progress(text.READING) as advance:
        if wanted is not None:
            told = session.ask(what_would_show, WouldShowRequest(wanted, request), advance)
            if not session.screen.answered({"would_show": to_plain(told)}):
                _tell_changes(session.screen, told)
            return
        asked = WhatIfRequest(request, dict(_weight(each) for each in weight))
        found = session.ask(what_if, asked, advance)
    if not session.screen.answered({"compared": to_plain(found)}):
        _side_by_side(session.screen, found)


def _tell_changes(screen: Screen, told: WouldShow) -> None:
    if told.shown:
        screen.say(text.SHOWN_ALREADY)
    elif told.dropped is not None:
        screen.say(text.DROPPED_WHATEVER, reason=told.dropped)
    elif not told.changes:
        screen.say(text.NOTHING_SHOWS, signals=", ".join(told.tried))
    for each in told.changes:
        screen.say(
            text.WOULD_SHOW,
            signal=each.signal,
            weight=each.weight,
            becomes=each.becomes,
            place=each.place,
            leaves=each.leaves,
        )


def _weight(words: str) -> tuple[str, int]:
    name, _, number = words.partition("=")
    try:
        return name.strip(), int(number)
    except ValueError as exc:
        raise InvalidValue(
            "{field}: {value} is no SIGNAL=N",
            field="--weight",
            value=words,
            remedy="write such as trust=500: whole thousandths",
        ) from exc


def _side_by_side(screen: Screen, found: Compared) -> None:
    only = tuple(count - found.both for count in found.shown)
    moved = any(each.first.place != each.second.place for each in found.items)
    if only == (0, 0) and not moved:
        screen.say(text.SAME, both=found.both)
        return
    screen.say(
        text.COMPARED,
        both=found.both,
        first=found.first,
        second=found.second,
        only_first=only[0],
        only_second=only[1],
    )
    screen.blank()
    columns = (text.COLUMN_FIRST, text.COLUMN_SECOND, text.COLUMN_TITLE, text.COLUMN_WHY)
    screen.table(columns, [_compared_row(screen, each, found.unit) for each in found.items])


def _compared_row(screen: Screen, each: ComparedItem, unit: int) -> tuple[object, ...]:
    tell = screen.catalogue.text
    differ = [
        tell(text.DIFFERS, signal=signal, first=points(before, unit), second=points(after, unit))
        for signal, (before, after) in each.adds.items()
    ]
    title: object = text.UNTITLED if each.title is None else each.title.split("\n", 1)[0]
    return _rank(screen, each.first), _rank(screen, each.second), title, ", ".join(differ)


def _rank(screen: Screen, side: Side) -> str:
    if side.rank is None:
        return side.dropped or ""
    number = side.rank if side.place is None else side.place
    return str(number) if side.shown else screen.catalogue.text(text.NOT_ON_THE_PAGE, rank=number)


@feed.verb("contribution", Help(text.CONTRIBUTION, text.CONTRIBUTION_TEXT, text.CONTRIBUTION_EXAMPLES))
@argument("who", metavar="WHO", required=False)
@option("--as-of", metavar="TIME", help=text.AS_OF)
@option("--profile", metavar="FILE|NAME|ID", help=text.PROFILE)
@pass_session
def feed_contribution(session: Session, *, who: str | None, profile: str | None, as_of: str | None) -> None:
    """Show the ledger of contributions."""
    request = ContributionRequest(who, feed_request(profile, as_of, None))
    with session.screen.progress(text.READING) as advance:
        found = session.ask(contributions, request, advance)
    if not session.screen.answered({"contribution": to_plain(found)}):
        _ledger(session.screen, found)


@feed.verb("forget", Help(text.FORGET, text.FORGET_TEXT, text.FORGET_EXAMPLES))
@pass_session
def feed_forget(session: Session) -> None:
    """Forget what was shown."""
    gone = session.ask(forget_seen, None)
    if not session.screen.answered({"forgotten": to_plain(gone)}):
        session.screen.say(text.FORGOTTEN, count=gone.works)


@verb("inbox", Help(INBOX, text.INBOX_TEXT, text.INBOX_EXAMPLES))
@option("--limit", type=int, metavar="N", default=50, help=text.INBOX_LIMIT)
@option("--all", "everything", is_flag=True, help=text.ALL)
@option("--keep", is_flag=True, help=text.KEEP)
@pass_session
def inbox(session: Session, *, limit: int, everything: bool, keep: bool) -> None:
    """Read the inbox."""
    found = session.ask(read_inbox, InboxRequest(limit, everything, keep))
    screen = session.screen
    if screen.answered({"inbox": to_plain(found)}):
        return
    if not found.notices:
        screen.say(text.NOTHING_NEW)
    for notice in found.notices:
        _notice(screen, notice)
    if found.more:
        screen.advise(text.MORE_KEPT if keep or everything else text.MORE)


# --- showing -----------------------------------------------------------------------------------------


def _show(screen: Screen, shown: FeedShown) -> None:
    if shown.reason:
        screen.say(text.HEADING, profile=shown.profile, reason=shown.reason)
    else:
        screen.say(text.HEADING_PLAIN, profile=shown.profile)
    screen.say(
        text.COUNTS,
        shown=len(shown.items),
        candidates=shown.candidates,
        works=shown.works,
        time=moment(shown.as_of),
    )
    if not shown.items:
        screen.say(text.EMPTY)
        screen.advise(text.EMPTY_NEXT)
    for item in shown.items:
        screen.blank()
        _item(screen, item, shown.unit)
    screen.blank()
    if shown.dropped:
        counted = (
            screen.catalogue.text(text.COUNTED, reason=reason, count=count)
            for reason, count in shown.dropped.items()
        )
        screen.say(text.DROPPED, reasons=", ".join(counted))
    for each in shown.unmet:
        reason = Message(screen.catalogue.text(each.reason.template, **each.reason.fields))
        screen.say(text.MOVED_BY, rule=each.rule, reason=reason)
    screen.say(text.SNAPSHOT, snapshot=shown.snapshot)


def _item(screen: Screen, item: FeedItem, unit: int) -> None:
    title: object = text.UNTITLED if item.title is None else item.title.split("\n", 1)[0]
    screen.say(text.ITEM, rank=item.rank if item.place is None else item.place, title=title)
    fields = {
        "author": item.author_name,
        "day": moment(item.time)[:10],
        "score": points(item.score, unit),
        "id": item.item,
    }
    if item.languages:
        screen.say(text.BY_IN, indent=3, languages=", ".join(item.languages), **fields)
    else:
        screen.say(text.BY, indent=3, **fields)
    for flag in item.flags:
        screen.say(text.FLAG, indent=3, flag=flag.value, meaning=FLAGS[flag])
    for each in item.contributions:
        screen.say(
            text.ADDS,
            indent=5,
            adds=points(each.adds, unit).rjust(7),
            signal=each.signal,
            reason=Message(screen.catalogue.text(each.reason.template, **each.reason.fields)),
        )
    for move in item.moves:
        reason = Message(screen.catalogue.text(move.reason.template, **move.reason.fields))
        if move.costs:
            costs = points(-move.costs, unit).rjust(7)
            screen.say(text.COSTS, indent=5, costs=costs, rule=move.rule, reason=reason)
        else:
            screen.say(text.MOVED_BY, indent=5, rule=move.rule, reason=reason)
    if item.place is not None and item.place != item.rank:
        screen.say(text.WAS, indent=5, rank=item.rank)
    screen.say(text.FROM, indent=5, sources=", ".join(item.sources))


def _ledger(screen: Screen, found: Contributions) -> None:
    for earner in found.people:
        screen.say(
            text.EARNER,
            name=earner.name,
            total=points(earner.total, found.unit),
            signal=points(earner.signal, found.unit),
            lines=earner.lines,
        )
    if not found.people:
        screen.say(text.NO_CONTRIBUTIONS)
    for each in found.earned:
        screen.say(
            text.EARNED,
            indent=3,
            amount=points(each.amount, found.unit),
            made=text.MADE[each.made],
            title=text.UNTITLED if each.title is None else each.title.split("\n", 1)[0],
            by=each.by_name,
            day=moment(each.time)[:10],
        )
        screen.data(f"{each.record} ← {each.use}", indent=5)


def _explain(screen: Screen, found: Why) -> None:
    if found.placed is None:
        assert found.reason is not None
        because = screen.catalogue.text(found.reason.template, **found.reason.fields)
        screen.say(text.LEFT_OUT, reason=found.dropped, because=Message(because))
        return
    rank, place, candidates = found.placed.rank, found.placed.place, found.candidates
    if found.shown:
        screen.say(text.PLACED, rank=place, candidates=candidates)
    elif place is None:
        screen.say(text.UNPLACED, rank=rank, candidates=candidates)
    elif place != rank:
        screen.say(text.MOVED_BEYOND, rank=rank, place=place, candidates=candidates)
    elif found.short_of:
        short = points(found.short_of, found.unit)
        screen.say(text.NOT_SHOWN, rank=rank, candidates=candidates, short=short)
    else:
        screen.say(text.TIED, rank=rank, candidates=candidates)
    screen.blank()
    _item(screen, found.placed, found.unit)


def points(score: int, unit: int) -> str:
    """A score in units of one, to the thousandth, rounded down; the exact number is in the JSON."""
    thousandths = score * 1000 // unit
    sign, whole = ("-", -thousandths) if thousandths < 0 else ("", thousandths)
    return f"{sign}{whole // 1000}.{whole % 1000:03}"


def _notice(screen: Screen, notice: Notice) -> None:
    screen.say(
        text.NOTICE,
        day=moment(notice.received)[:10],
        author=notice.author_name,
        concern=text.CONCERNS[notice.concern],
    )
    if notice.title is not None:
        screen.say(text.WITH_TITLE, indent=12, title=notice.title.split("\n", 1)[0])
    if notice.about_title is not None:
        screen.say(text.ABOUT, indent=12, title=notice.about_title.split("\n", 1)[0])
    screen.data(str(notice.record), indent=12)
