"""content: files by CID."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final, get_args

import click

from knowchain.content.cids import parse_cid
from knowchain.content.profiles import PROFILES, UNIXFS_V1_2025
from knowchain.errors import InvalidValue, KnowchainError
from knowchain.home import content as contents
from knowchain.home.content import ContentAt, NewContent
from knowchain.home.fixity_events import sign_checks
from knowchain.home.keeping import DagFile, KeptDag, keep_dag
from knowchain.home.pinning import (
    PinQuestion,
    PinWish,
    pin_content,
    pinning_targets,
    reconcile_pins,
    remote_pins,
    unpin_everywhere,
)
from knowchain.home.plain import to_plain
from knowchain.identifiers import Cid
from knowchain.storage.pin_states import PinState
from knowchain_cli.catalogue import Word
from knowchain_cli.commands import Help, VerbGroup, argument, option, pass_session
from knowchain_cli.messages import contents as text
from knowchain_cli.messages import pinning
from knowchain_cli.messages.refusing import WARNING
from knowchain_cli.quantities import size
from knowchain_cli.refusals import DONE, FAILED
from knowchain_cli.session import Session
from knowchain_cli.verbs.pinning import brought, read_targets, tell_pins, tell_targets

__all__ = ["content"]

_MEGABYTE: Final = 1_000_000

content = VerbGroup("content", taught=Help(text.SUMMARY, text.TEXT, text.EXAMPLES), no_args_is_help=True)


@content.verb("add", Help(text.ADD, text.ADD_TEXT, text.ADD_EXAMPLES))
@argument("path", metavar="PATH", type=Path)
@option("--profile", type=click.Choice(list(PROFILES)), default=UNIXFS_V1_2025.name, help=text.PROFILE)
@option("--in-place", is_flag=True, help=text.IN_PLACE)
@option("--name", metavar="NAME", help=text.NAME)
@option("--keep-symlinks", is_flag=True, help=text.SYMLINKS)
@option("--no-hidden", is_flag=True, help=text.NO_HIDDEN)
@pass_session
def add(
    session: Session,
    *,
    path: Path,
    profile: str,
    in_place: bool,
    name: str | None,
    keep_symlinks: bool,
    no_hidden: bool,
) -> None:
    """Bring a file or folder in."""
    symlinks = "keep" if keep_symlinks else "refuse"
    request = NewContent(str(path), name, profile, in_place, symlinks, not no_hidden)  # type: ignore[arg-type]
    with session.screen.progress(text.READING, None, "bytes") as advance:
        done = session.ask(contents.add_content, request, advance)
    if session.screen.answered({"content": to_plain(done)}):
        return
    session.screen.say(text.ADDED, name=done.name, size=size(done.size), profile=done.profile)
    session.screen.say(text.CID, cid=done.cid)


@content.verb("get", Help(text.GET, text.GET_TEXT, text.GET_EXAMPLES))
@argument("address", metavar="CID[/PATH]")
@option("--output", "-o", metavar="FILE", type=Path, help=text.OUTPUT)
@pass_session
def get(session: Session, *, address: str, output: Path | None) -> None:
    """Write a file or folder out."""
    at = ContentAt(address)
    if output is None:
        _check_raw_output(session)
        with session.asked(contents.read_content, at) as pieces:
            sys.stdout.buffer.writelines(pieces)
        return
    with session.screen.progress(text.WRITING, None, "bytes") as advance:
        done = session.ask(contents.write_content, at, output, advance)
    if not session.screen.answered({"file": str(output), "bytes": done}):
        session.screen.say(text.WROTE, path=output, size=size(done))


def _check_raw_output(session: Session) -> None:
    """Bytes of strangers can steer a terminal, and are no JSON."""
    if session.screen.json or sys.stdout.isatty():
        raise InvalidValue(
            "{field} is missing: the bytes of a file are not for a terminal, and are no JSON",
            field="--output",
            remedy="add -o FILE, or send the output to a file or another program",
        )


@content.verb("import", Help(text.IMPORT, text.IMPORT_TEXT, text.IMPORT_EXAMPLES))
@argument("file", metavar="FILE", type=Path)
@option("--root", metavar="CID", help=text.ROOT)
@option("--name", metavar="NAME", help=text.NAME)
@pass_session
def import_(session: Session, *, file: Path, root: str | None, name: str | None) -> None:
    """Take content in from a CAR."""
    total = file.stat().st_size if file.is_file() else None
    with session.screen.progress(text.READING, total, "bytes") as advance:
        done = session.ask(keep_dag, DagFile(str(file), root, name), advance)
    _tell_kept(session, done)


@content.verb("fetch", Help(text.FETCH, text.FETCH_TEXT, text.FETCH_EXAMPLES))
@argument("cid", metavar="CID")
@option("--from", "peers", multiple=True, metavar="ADDRESS", help=text.FROM)
@option("--gateway", multiple=True, metavar="URL", help=text.GATEWAY)
@option("--router", multiple=True, metavar="URL", help=text.ROUTER)
@option("--name", metavar="NAME", help=text.NAME)
@pass_session
def fetch(
    session: Session,
    *,
    cid: str,
    peers: Sequence[str],
    gateway: Sequence[str],
    router: Sequence[str],
    name: str | None,
) -> None:
    """Fetch content from peers or gateways, check it, and keep it."""
    from knowchain_node.bitswap.providers import check_peer
    from knowchain_node.gateway.fetching import check_url

    root = parse_cid(cid)
    addresses = [check_peer(address, "--from") for address in peers]
    gateways = [check_url(url, "--gateway") for url in gateway]
    routers = [check_url(url, "--router") for url in router or _routers(session)]
    done = None
    if addresses or not gateways:
        done = _from_running_peer(session, root, addresses, routers, name)
    if done is None:
        done = _over_file(session, root, addresses, gateways, routers, name)
    _tell_kept(session, done)


def _from_running_peer(
    session: Session, root: Cid, addresses: list[str], routers: list[str], name: str | None
) -> KeptDag | None:
    """Have the running peer fetch over bitswap; None if none runs, or if gateways are still to be asked."""
    peer = session.running_peer()
    if peer is None:
        return None
    wish = {"cid": str(root), "name": name, "peers": addresses, "routers": routers}
    try:
        found = peer.send("POST", "/api/v1/content/fetch", wish)
    except KnowchainError as exc:
        if addresses or not routers:
            raise
        session.screen.warn(text.NO_PEER_GAVE, why=str(exc))
        return None
    for each in found["peers"]:
        session.screen.warn(text.FETCHED, source=each)
    return KeptDag(Cid.parse(found["cid"]), found["name"], found["blocks"], found["bytes"])


def _over_file(
    session: Session,
    root: Cid,
    addresses: list[str],
    gateways: list[str],
    routers: list[str],
    name: str | None,
) -> KeptDag:
    """Fetch into a file from this process, and have the home take it in."""
    # In the home, whose disk has to hold it anyway; a peer clears away what a killed command left.
    home = session.root if session.root.is_dir() else None
    with tempfile.TemporaryDirectory(prefix="passing-fetch-", dir=home) as folder:
        file = Path(folder) / f"{root}.car"
        for source in _download(session, root, addresses, gateways, routers, file):
            session.screen.warn(text.FETCHED, source=source)
        return session.ask(keep_dag, DagFile(str(file), str(root), name or str(root)))


def _routers(session: Session) -> Sequence[str]:
    from knowchain.home import Layout
    from knowchain_node.running import effective_settings

    return effective_settings(Layout(session.root), dict(os.environ), []).config.routing.delegated


def _download(
    session: Session,
    root: Cid,
    addresses: list[str],
    gateways: list[str],
    routers: list[str],
    target: Path,
) -> Sequence[str]:
    from knowchain_node.gateway.fetching import fetch_car, find_gateways

    async def work(advance: Callable[[int], None]) -> Sequence[str]:
        with target.open("w+b") as file:
            if addresses:
                from knowchain_node.bitswap.bringing import fetch_alone

                return await fetch_alone(addresses, root, file, advance)
            found = [*gateways, *(await find_gateways(routers, root) if routers else ())]
            return [await fetch_car(found, root, file, advance)]

    with session.screen.progress(text.FETCHING, None, "bytes") as advance:
        return asyncio.run(work(advance))


def _tell_kept(session: Session, done: KeptDag) -> None:
    if not session.screen.answered({"content": to_plain(done)}):
        session.screen.say(text.KEPT, name=done.name, blocks=done.blocks, size=size(done.bytes))
        session.screen.say(text.CID, cid=done.cid)


@content.verb("ls", Help(text.LS, text.LS_TEXT, text.LS_EXAMPLES))
@argument("address", metavar="CID[/PATH]")
@pass_session
def ls(session: Session, *, address: str) -> None:
    """List a folder."""
    with session.asked(contents.list_content, ContentAt(address)) as found:
        entries = list(found)
    if session.screen.answered({"entries": to_plain(entries)}):
        return
    columns = (text.COLUMN_NAME, text.COLUMN_SIZE, text.COLUMN_CID)
    session.screen.table(columns, [(entry.name, size(entry.size), entry.cid) for entry in entries])


@content.verb("stat", Help(text.STAT, text.STAT_TEXT, text.STAT_EXAMPLES))
@argument("address", metavar="CID[/PATH]")
@pass_session
def stat(session: Session, *, address: str) -> None:
    """Tell what a CID is."""
    found = session.ask(contents.stat_content, ContentAt(address))
    screen = session.screen
    if screen.answered({"content": to_plain(found)}):
        return
    screen.say(text.CID, cid=found.cid)
    screen.say(text.KIND, kind=Word(found.kind))
    if found.kind == "file":
        screen.say(text.SIZE, size=size(found.size))
    screen.say(text.BLOCKS, here=found.blocks, missing=found.missing, size=size(found.dag_size))
    if found.pins:
        screen.say(text.PINNED, names=", ".join(found.pins))
    for rid in found.records:
        screen.say(text.NAMED_BY, record=rid)


@content.verb("pin", Help(pinning.PIN, pinning.PIN_TEXT, pinning.PIN_EXAMPLES))
@argument("what", metavar="CID|PATH|RECORD")
@option("--to", "target", metavar="TARGET", help=pinning.TO)
@option("--name", metavar="NAME", help=text.NAME)
@pass_session
def pin(session: Session, *, what: str, target: str | None, name: str | None) -> None:
    """Keep something, here and elsewhere."""
    read_targets(session)
    done = session.ask(pin_content, PinWish(brought(session, what, name), target, name))
    screen = session.screen
    if screen.answered({"pinned": to_plain(done)}):
        return
    if done.here:
        screen.say(pinning.PINNED_HERE)
    if done.targets:
        screen.say(pinning.PINNED_AT, targets=", ".join(done.targets), count=len(done.cids))
    else:
        screen.advise(pinning.NO_TARGETS)
    for cid in done.cids:
        screen.say(text.CID, cid=cid)


@content.verb("pins", Help(pinning.PINS, pinning.PINS_TEXT, pinning.PINS_EXAMPLES))
@option("--at", "target", metavar="TARGET", help=pinning.AT)
@option("--state", type=click.Choice(get_args(PinState)), help=pinning.STATE)
@pass_session
def pins(session: Session, *, target: str | None, state: PinState | None) -> None:
    """List the pins."""
    read_targets(session)
    if target is not None:
        there = session.ask(remote_pins, PinQuestion(target, state))
        if not session.screen.answered({"target": target, "pins": to_plain(there)}):
            tell_pins(session.screen, there)
        return
    targets = session.ask(pinning_targets)
    found = session.ask(contents.pinned_content)
    if session.screen.answered({"pins": to_plain(found), "targets": to_plain(targets)}):
        return
    session.screen.table((text.COLUMN_NAME, text.COLUMN_CID), [(pin.name, pin.cid) for pin in found])
    if targets:
        session.screen.blank()
        tell_targets(session.screen, targets)


@content.verb("reconcile", Help(pinning.RECONCILE, pinning.RECONCILE_TEXT, pinning.RECONCILE_EXAMPLES))
@argument("target", metavar="[TARGET]", required=False)
@pass_session
def reconcile(session: Session, *, target: str | None) -> None:
    """Compare what targets have pinned with what they should."""
    read_targets(session)
    done = session.ask(reconcile_pins, target)
    if not session.screen.answered({"targets": list(done)}):
        session.screen.say(pinning.TO_RECONCILE, targets=", ".join(done))


@content.verb("unpin", Help(pinning.UNPIN, pinning.UNPIN_TEXT, pinning.UNPIN_EXAMPLES))
@argument("what", metavar="CID|RECORD")
@option("--from", "target", metavar="TARGET", help=pinning.FROM)
@pass_session
def unpin(session: Session, *, what: str, target: str | None) -> None:
    """Remove the pins of a CID."""
    read_targets(session)
    done = session.ask(unpin_everywhere, PinWish(what, target))
    screen = session.screen
    if screen.answered({"unpinned": done.here, "elsewhere": done.elsewhere, "kept": list(done.kept)}):
        return
    screen.say(pinning.UNPINNED, count=done.here)
    if done.elsewhere:
        screen.say(pinning.UNPINNED_ELSEWHERE, count=done.elsewhere)
    if done.kept:
        screen.say(pinning.STILL, targets=", ".join(done.kept))


@content.verb("gc", Help(text.GC, text.GC_TEXT, text.GC_EXAMPLES))
@option("--dry-run", is_flag=True, help=text.DRY_RUN)
@pass_session
def gc(session: Session, *, dry_run: bool) -> None:
    """Let go of what nothing refers to."""
    done = session.ask(contents.collect_content, dry_run=dry_run)
    screen = session.screen
    if screen.answered({"gc": to_plain(done)}):
        return
    message = text.WOULD_COLLECT if dry_run else text.COLLECTED
    screen.say(
        message, count=done.collected, size=size(done.bytes), freed=size(max(0, done.freed)), kept=done.kept
    )
    if done.missing:
        screen.warn(WARNING, message=screen.catalogue.text(text.MISSING_BLOCKS, count=done.missing))


@content.verb("scrub", Help(text.SCRUB, text.SCRUB_TEXT, text.SCRUB_EXAMPLES))
@option("--days", type=float, metavar="DAYS", help=text.DAYS)
@option("--rate", type=float, default=50.0, metavar="MB", help=text.RATE)
@option("--sign", is_flag=True, help=text.SIGN_CHECKS)
@option("--due", is_flag=True, help=text.DUE)
@pass_session
def scrub(session: Session, *, days: float | None, rate: float, sign: bool, due: bool) -> int:
    """Read blocks again and check them."""
    if due:
        return _tell_due(session, 90.0 if days is None else days)
    with session.screen.progress(text.SCRUBBING, None, "bytes") as advance:
        done = session.ask(
            contents.scrub_content, bytes_per_second=rate * _MEGABYTE, days=days, advance=advance
        )
    events = session.ask(sign_checks, done.failures) if sign else ()
    screen = session.screen
    answer = {"ok": not done.failures, "scrub": to_plain(done), "events": to_plain(events)}
    if not screen.answered(answer):
        screen.say(text.SCRUBBED, count=done.checked, size=size(done.bytes), bad=len(done.failures))
        for bad in done.failures:
            screen.say(text.BAD_BLOCK, cid=bad.cid, where=bad.where, detail=bad.detail)
        if sign:
            screen.say(text.CHECKS_SIGNED, count=len(events))
    return FAILED if done.failures else DONE


def _tell_due(session: Session, days: float) -> int:
    count, total = session.ask(contents.due_for_check, days)
    if not session.screen.answered({"due": {"days": days, "blocks": count, "bytes": total}}):
        session.screen.say(text.DUE_LINE, days=f"{days:g}", count=count, size=size(total))
    return DONE
