"""verify: a record that is held, or a file from anywhere, checked from the bytes up."""

from __future__ import annotations

from knowchain.home.judging import Check, Judgement, JudgementRequest, judge_record
from knowchain.home.plain import to_plain
from knowchain_cli.commands import Help, argument, pass_session, verb
from knowchain_cli.messages import reading as text
from knowchain_cli.messages.overview import VERIFY
from knowchain_cli.refusals import DONE, FAILED
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session
from knowchain_cli.verbs.show import tell_flags

__all__ = ["verify"]

_TOLD = {
    ("lineage", "bad"): text.LINEAGE_BAD,
    ("body", "good"): text.BODY_GOOD,
    ("body", "bad"): text.BODY_BAD,
    ("body", "missing"): text.BODY_MISSING,
    ("file", "good"): text.FILE_GOOD,
    ("file", "bad"): text.FILE_BAD,
    ("file", "missing"): text.FILE_MISSING,
}


@verb("verify", Help(VERIFY, text.VERIFY_TEXT, text.VERIFY_EXAMPLES))
@argument("target", metavar="ID|FILE")
@pass_session
def verify(session: Session, *, target: str) -> int:
    """Check a record or a file."""
    with session.home("verify") as home, session.screen.progress(text.CHECKING) as advance:
        found = judge_record(home, JudgementRequest(target), advance)
    if not session.screen.answered({"ok": found.ok, "record": to_plain(found)}):
        _tell(session.screen, found)
    return DONE if found.ok else FAILED


def _tell(screen: Screen, found: Judgement) -> None:
    screen.say(text.GOOD if found.whole else text.GOOD_INCOMPLETE if found.ok else text.BAD)
    for check in found.checks:
        _tell_check(screen, check, found.records)
    tell_flags(screen, found.flags)


def _tell_check(screen: Screen, check: Check, records: int) -> None:
    if check.what == "lineage" and check.outcome == "good":
        screen.say(text.LINEAGE_GOOD, count=records, indent=2)
    else:
        message = _TOLD[check.what, check.outcome]
        screen.say(message, name=check.name, detail=check.detail, indent=2)
