"""verify: a record that is held, or a file from anywhere, checked from the bytes up."""

from __future__ import annotations

from pathlib import Path

from knowchain.home.judging import (
    Check,
    FileJudgement,
    Judgement,
    JudgementRequest,
    judge_file,
    judge_record,
)
from knowchain.home.plain import to_plain
from knowchain_cli.commands import Help, argument, pass_session, verb
from knowchain_cli.messages import carrying
from knowchain_cli.messages import reading as text
from knowchain_cli.messages.overview import VERIFY
from knowchain_cli.refusals import DONE, FAILED
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session
from knowchain_cli.verbs.carry import tell_refusals
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
    path = Path(target)
    if path.exists() or not target.startswith("bafy"):
        return _verify_file(session, path)
    with session.screen.progress(text.CHECKING) as advance:
        found = session.ask(judge_record, JudgementRequest(target), advance)
    if not session.screen.answered({"ok": found.ok, "record": to_plain(found)}):
        _tell(session.screen, found)
    return DONE if found.ok else FAILED


def _verify_file(session: Session, path: Path) -> int:
    total = path.stat().st_size if path.is_file() else None
    with session.screen.progress(text.CHECKING, total, "bytes") as advance:
        found = judge_file(path, advance)
    if not session.screen.answered({"ok": found.ok, "file": to_plain(found)}):
        _tell_file(session.screen, found)
    return DONE if found.ok else FAILED


def _tell_file(screen: Screen, found: FileJudgement) -> None:
    if not found.records:
        screen.say(carrying.FILE_EMPTY, blocks=found.blocks)
        return
    message = carrying.FILE_BAD if found.rejected else carrying.FILE_GOOD
    screen.say(message, valid=found.valid, records=found.records, rejected=found.rejected)
    if found.waiting:
        screen.say(carrying.FILE_WAITING, count=found.waiting, indent=2)
    screen.say(carrying.FILE_BODIES, bodies=found.bodies, missing=found.missing_bodies, indent=2)
    screen.say(carrying.FILE_FILES, files=found.files, missing=found.missing_files, indent=2)
    tell_refusals(screen, found.refusals, found.missing_parents)
    if found.forked:
        screen.say(carrying.FILE_FORKED)
        for rid in found.forked:
            screen.data(str(rid), indent=2)


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
