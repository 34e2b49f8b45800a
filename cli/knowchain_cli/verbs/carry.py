"""export and import: records in a file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from knowchain.errors import InvalidValue
from knowchain.home.bundles import Export, Import, Imported, Refusal, export_bundle, import_bundle
from knowchain.home.plain import to_plain
from knowchain.identifiers import RecordId
from knowchain_cli.commands import Help, argument, option, pass_session, verb
from knowchain_cli.messages import carrying as text
from knowchain_cli.messages import overview
from knowchain_cli.messages.refusing import WARNING
from knowchain_cli.quantities import size
from knowchain_cli.refusals import DONE, FAILED
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session

__all__ = ["export", "import_", "tell_refusals"]


@verb("export", Help(overview.EXPORT, text.EXPORT_TEXT, text.EXPORT_EXAMPLES))
@argument("file", metavar="FILE", type=Path)
@argument("record", metavar="[ID]...", nargs=-1)
@option("--collection", multiple=True, metavar="ID", help=text.COLLECTION)
@option("--all", "everything", is_flag=True, help=text.ALL)
@option("--content", is_flag=True, help=text.CONTENT)
@option("--replace", is_flag=True, help=text.REPLACE)
@pass_session
def export(
    session: Session,
    *,
    file: Path,
    record: Sequence[str],
    collection: Sequence[str],
    everything: bool,
    content: bool,
    replace: bool,
) -> None:
    """Write records to a file."""
    if everything and (record or collection):
        raise InvalidValue(
            "{field} beside ids says two things", field="--all", value="", remedy="give one or the other"
        )
    request = Export(str(file), tuple(record), tuple(collection), everything, content, replace)
    with session.screen.progress(text.WRITING) as advance:
        done = session.ask(export_bundle, request, advance)
    screen = session.screen
    if screen.answered({"export": to_plain(done)}):
        return
    screen.say(
        text.EXPORTED,
        file=done.file,
        records=done.records,
        chosen=done.chosen,
        bodies=done.bodies,
        files=done.files,
        size=size(done.bytes),
    )
    if done.missing_files:
        screen.warn(WARNING, message=screen.catalogue.text(text.MISSING_FILES, count=len(done.missing_files)))


@verb("import", Help(overview.IMPORT, text.IMPORT_TEXT, text.IMPORT_EXAMPLES))
@argument("file", metavar="FILE", type=Path)
@pass_session
def import_(session: Session, *, file: Path) -> int:
    """Take records in from a file."""
    total = file.stat().st_size if file.is_file() else None
    with session.screen.progress(text.READING, total, "bytes") as advance:
        done = session.ask(import_bundle, Import(str(file)), advance)
    if not session.screen.answered({"ok": done.ok, "import": to_plain(done)}):
        _tell(session.screen, done)
    return DONE if done.ok else FAILED


def _tell(screen: Screen, done: Imported) -> None:
    screen.say(
        text.IMPORTED,
        records=done.records,
        accepted=done.accepted,
        duplicates=done.duplicates,
        rejected=done.rejected,
        parked=done.parked,
    )
    if done.ok and not done.accepted:
        screen.say(text.NOTHING_NEW)
    screen.say(text.BODIES, bodies=done.bodies, files=done.files)
    tell_refusals(screen, done.refusals, done.missing)
    if done.adopted is not None:
        screen.say(text.ADOPTED, identity=done.adopted)


def tell_refusals(screen: Screen, refusals: Sequence[Refusal], missing: Sequence[RecordId]) -> None:
    """What was not taken, and why."""
    for refusal in refusals:
        screen.say(text.REJECTED, reason=refusal.reason, detail=refusal.detail)
        screen.data(str(refusal.id), indent=2)
    if missing:
        screen.say(text.PARENTS)
        for rid in missing:
            screen.data(str(rid), indent=2)
