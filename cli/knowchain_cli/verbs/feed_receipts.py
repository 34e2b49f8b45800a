"""feed receipt, feed audit and feed snapshot."""

from __future__ import annotations

from pathlib import Path

from knowchain.home.plain import to_plain
from knowchain.home.receipts import (
    Audit,
    AuditRequest,
    ReceiptRequest,
    ReceiptWritten,
    audit_receipt,
    write_feed_receipt,
)
from knowchain.home.snapshots import (
    SnapshotCompared,
    SnapshotFile,
    SnapshotToWrite,
    compare_snapshot,
    show_snapshot,
    write_snapshot,
)
from knowchain_cli.commands import Help, VerbGroup, argument, option, pass_session
from knowchain_cli.messages import feeding as text
from knowchain_cli.quantities import size
from knowchain_cli.refusals import DONE, FAILED
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session
from knowchain_cli.verbs.feed_request import feed_options, feed_request

__all__ = ["add_receipts", "add_snapshot"]


def add_receipts(feed: VerbGroup) -> None:
    """Add both verbs to ``feed``."""

    @feed.verb("receipt", Help(text.RECEIPT, text.RECEIPT_TEXT, text.RECEIPT_EXAMPLES))
    @argument("file", metavar="FILE", type=Path)
    @option("--open", "opened", is_flag=True, help=text.OPEN)
    @option("--replace", is_flag=True, help=text.REPLACE)
    @feed_options
    @pass_session
    def receipt(
        session: Session,
        *,
        file: Path,
        opened: bool,
        replace: bool,
        profile: str | None,
        as_of: str | None,
        limit: int | None,
    ) -> None:
        """Write a receipt."""
        asked = ReceiptRequest(str(file), feed_request(profile, as_of, limit), opened, replace)
        with session.screen.progress(text.READING) as advance:
            written = session.ask(write_feed_receipt, asked, advance)
        if not session.screen.answered({"receipt": to_plain(written)}):
            _written(session.screen, written)

    @feed.verb("audit", Help(text.AUDIT, text.AUDIT_TEXT, text.AUDIT_EXAMPLES))
    @argument("file", metavar="FILE", type=Path)
    @pass_session
    def audit(session: Session, *, file: Path) -> int:
        """Re-run a receipt."""
        with session.screen.progress(text.READING) as advance:
            found = session.ask(audit_receipt, AuditRequest(str(file)), advance)
        if not session.screen.answered({"audit": to_plain(found)}):
            _told(session.screen, found)
        return DONE if found.verdict == "match" else FAILED


def add_snapshot(feed: VerbGroup) -> None:
    """Add ``feed snapshot``."""

    @feed.verb("snapshot", Help(text.SNAPSHOTS, text.SNAPSHOTS_TEXT, text.SNAPSHOTS_EXAMPLES))
    @option("--out", type=Path, metavar="FILE", help=text.SNAPSHOT_OUT)
    @option("--compare", type=Path, metavar="FILE", help=text.SNAPSHOT_COMPARE)
    @option("--replace", is_flag=True, help=text.REPLACE)
    @pass_session
    def snapshot(session: Session, *, out: Path | None, compare: Path | None, replace: bool) -> int:
        """Name what is held."""
        if compare is not None:
            with session.screen.progress(text.READING) as advance:
                found = session.ask(compare_snapshot, SnapshotFile(str(compare)), advance)
            if not session.screen.answered({"compared": to_plain(found)}):
                _differ(session.screen, found)
            return DONE if found.same else FAILED
        if out is not None:
            held = session.ask(write_snapshot, SnapshotToWrite(str(out), replace))
        else:
            held = session.ask(show_snapshot, None)
        if not session.screen.answered({"snapshot": to_plain(held)}):
            session.screen.data(str(held.snapshot))
            session.screen.say(text.HELD, heads=held.heads, absent=held.absent, network=held.network)
        return DONE


def _differ(screen: Screen, found: SnapshotCompared) -> None:
    if found.same:
        screen.say(text.HOLD_THE_SAME)
        return
    for message, count, listed in (
        (text.LACKS_HERE, found.heads_lacking, found.lacking_here),
        (text.LACKS_THERE, found.records_lacking, found.lacking_there),
        (text.ABSENT_HERE, found.bodies_lacking_here, found.absent_here),
        (text.ABSENT_THERE, found.bodies_lacking_there, found.absent_there),
    ):
        if count:
            screen.say(message, count=count)
        for each in listed:
            screen.data(str(each), indent=3)
    if found.heads_lacking and found.records_lacking:
        screen.advise(text.MAY_BE_BENEATH)


def _written(screen: Screen, written: ReceiptWritten) -> None:
    screen.say(
        text.RECEIPT_WRITTEN,
        file=written.file,
        items=written.items,
        profile=written.profile,
        size=size(written.bytes),
    )
    if written.private:
        told = text.RECEIPT_OPENED if written.opened else text.RECEIPT_CLOSED
        screen.advise(told, private=", ".join(written.private))


def _told(screen: Screen, found: Audit) -> None:
    name = found.reader_name
    if found.verdict == "match":
        screen.say(text.MATCH, items=found.items, profile=found.profile, name=name)
    elif found.verdict == "differs":
        fields = ", ".join(found.differs)
        if found.at is None:
            screen.say(text.DIFFERS_IN, fields=fields)
        else:
            screen.say(text.DIFFERS_AT, at=found.at, fields=fields)
    if found.private:
        screen.say(text.LACKING_PRIVATE, name=name, private=", ".join(found.private))
        screen.advise(text.LACKING_PRIVATE_NEXT)
    if found.lacking:
        screen.say(text.LACKING, count=found.lacking)
        for each in found.missing:
            screen.data(str(each), indent=3)
        screen.advise(text.LACKING_NEXT)
