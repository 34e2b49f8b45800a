"""fsck, rebuild, backup, restore, erase and stats: keeping a home for years."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.home import maintenance
from knowchain.home.examining import Examination, examine
from knowchain.home.maintenance import ERASURE_DELAY_MS
from knowchain.home.plain import to_document, to_plain
from knowchain.home.statistics import Statistics, statistics
from knowchain_cli.catalogue import Word
from knowchain_cli.commands import Help, argument, option, pass_session, verb
from knowchain_cli.messages import keeping as text
from knowchain_cli.messages import overview
from knowchain_cli.messages.refusing import WARNING
from knowchain_cli.quantities import size
from knowchain_cli.refusals import DONE, FAILED
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session

__all__ = ["backup", "erase", "fsck", "rebuild", "restore", "stats"]

_DAY_MS: Final = 24 * 3600 * 1000


@verb("fsck", Help(overview.FSCK, text.FSCK_TEXT, text.FSCK_EXAMPLES))
@option("--quick", is_flag=True, help=text.QUICK)
@pass_session
def fsck(session: Session, *, quick: bool) -> int:
    """Check the home."""
    screen = session.screen
    with screen.progress(text.CHECKING) as advance:
        found = session.ask(examine, Examination(hashes=not quick), advance)
    code = FAILED if found.findings else DONE
    if screen.answered({"ok": not found.findings, **to_document(found)}):
        return code
    if not found.findings:
        screen.say(text.SOUND, records=found.records)
    else:
        screen.say(text.FOUND, count=len(found.findings))
    for finding in found.findings:
        screen.say(text.FINDING, where=finding.where, what=finding.what)
        screen.say(text.REMEDY, remedy=finding.remedy)
    return code


@verb("rebuild", Help(overview.REBUILD, text.REBUILD_TEXT, text.REBUILD_EXAMPLES))
@option("--content-index", is_flag=True, help=text.CONTENT_INDEX)
@pass_session
def rebuild(session: Session, *, content_index: bool) -> int:
    """Make the store again."""
    screen = session.screen
    with screen.progress(text.REBUILDING) as advance:
        result, kept = maintenance.rebuild(session.root, advance)
        if content_index:
            rebuild_content_index(session.root)
    whole = not (result.rejected or result.orphans or result.lost_bodies)
    document = {
        "ok": whole,
        "records": result.records,
        "bodies": result.bodies,
        "rejected": [{"id": to_plain(rid), "detail": detail} for rid, detail in result.rejected],
        "orphans": to_plain(result.orphans),
        "lost_bodies": result.lost_bodies,
        "kept": str(kept),
    }
    if not screen.answered(document):
        screen.say(text.REBUILT, records=result.records, bodies=result.bodies, kept=kept)
        if not whole:
            screen.say(
                text.LOST,
                rejected=len(result.rejected),
                orphans=len(result.orphans),
                bodies=result.lost_bodies,
            )
    return DONE if whole else FAILED


def rebuild_content_index(root: Path) -> None:
    """Make the index of the file blocks again."""
    from knowchain.home.layout import Layout
    from knowchain.storage.blocks.packs import PackBlocks

    folder = Layout(root).content
    if folder.is_dir():
        PackBlocks.rebuild_index(folder)


@verb("backup", Help(overview.BACKUP, text.BACKUP_TEXT, text.BACKUP_EXAMPLES))
@argument("folder", metavar="DIR", type=Path)
@pass_session
def backup(session: Session, *, folder: Path) -> None:
    """Copy the home."""
    done = session.ask(maintenance.backup, folder)
    if not session.screen.answered({"backup": to_plain(done)}):
        session.screen.say(text.BACKED_UP, records=done.records, folder=done.folder, size=size(done.bytes))


@verb("restore", Help(overview.RESTORE, text.RESTORE_TEXT, text.RESTORE_EXAMPLES))
@argument("folder", metavar="[DIR]", type=Path, required=False)
@option("--newest", is_flag=True, help=text.NEWEST)
@pass_session
def restore(session: Session, *, folder: Path | None, newest: bool) -> None:
    """Make a home from a backup."""
    if folder is None and not newest:
        raise InvalidValue(
            "{field} is missing", field="DIR", remedy="give the folder that `knowchain backup` wrote"
        )
    records = None if folder is None else maintenance.restore(folder, session.root)
    if newest:
        session.ask(maintenance.trust_newest)
    screen = session.screen
    if screen.answered({"home": str(session.root), "records": records, "signs": newest}):
        return
    if records is not None:
        screen.say(text.RESTORED, records=records, home=session.root)
    if newest:
        screen.say(text.MAY_SIGN)
    else:
        screen.advise(text.RESTORED_NEXT)


@verb("erase", Help(overview.ERASE, text.ERASE_TEXT, text.ERASE_EXAMPLES))
@option("--delay", type=float, default=ERASURE_DELAY_MS / _DAY_MS, metavar="DAYS", help=text.DELAY)
@pass_session
def erase(session: Session, *, delay: float) -> None:
    """Destroy what is due."""
    if not delay >= 0:
        raise InvalidValue(
            "{field}: {value} is no number of days", field="--delay", value=delay, remedy="give 0 or more"
        )
    done = session.ask(maintenance.erase_due, delay_ms=int(min(delay, 36_500) * _DAY_MS))
    if not session.screen.answered({"erasure": to_plain(done)}):
        session.screen.say(text.ERASED, count=len(done.destroyed), waiting=done.waiting)
        for rid in done.destroyed:
            session.screen.data(str(rid), indent=2)


@verb("stats", Help(overview.STATS, text.STATS_TEXT, text.STATS_EXAMPLES))
@pass_session
def stats(session: Session) -> None:
    """Tell what is here."""
    found = session.ask(statistics)
    if not session.screen.answered({"stats": to_plain(found)}):
        _tell(session.screen, found)


def _tell(screen: Screen, found: Statistics) -> None:
    screen.say(text.HOME, path=found.home)
    if found.identity is None:
        screen.say(text.NO_IDENTITY)
    else:
        screen.say(text.OWNER, name=found.name or "", id=found.identity)
    screen.say(text.DEVICE, key=found.device)
    screen.say(text.NETWORK, network=found.network)
    screen.say(text.IDENTITIES, count=found.identities)
    screen.say(text.RECORDS, count=found.records, size=size(found.store_bytes))
    for kind, count in found.kinds.items():
        screen.say(text.BY_KIND, kind=Word(kind), count=count, indent=2)
    if found.missing_bodies:
        screen.say(text.MISSING, count=found.missing_bodies)
    if found.to_announce:
        screen.say(text.ANNOUNCE, count=found.to_announce)
    _tell_content(screen, found)
    if found.restored:
        screen.warn(WARNING, message=text.RESTORED_WARNING)


def _tell_content(screen: Screen, found: Statistics) -> None:
    content = found.content
    if content is None:
        return
    screen.say(
        text.CONTENT,
        blocks=content.blocks,
        size=size(content.bytes),
        in_place=content.in_place_blocks,
        in_place_size=size(content.in_place_bytes),
    )
    if content.problems:
        screen.say(text.PROBLEMS, count=content.problems)
