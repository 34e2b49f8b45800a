"""node: run a peer, and look after the running one."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from knowchain.errors import HomeError, NotFound
from knowchain_cli.commands import Help, VerbGroup, argument, option, pass_session
from knowchain_cli.messages import node as text
from knowchain_cli.messages.overview import NODE
from knowchain_cli.messages.shared import NO, YES
from knowchain_cli.quantities import moment, size
from knowchain_cli.refusals import DONE, FAILED
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session
from knowchain_cli.verbs.pinning import counts_of

if TYPE_CHECKING:
    from knowchain_cli.remote import Remote
    from knowchain_node.config import Effective

__all__ = ["node"]

node = VerbGroup("node", taught=Help(NODE, text.TEXT, text.EXAMPLES))


def _settings(session: Session, settings: Sequence[str]) -> Effective:
    from knowchain.home.layout import Layout
    from knowchain_node.running import effective_settings

    layout = Layout(session.root)
    if not layout.exists:
        raise HomeError(
            "there is no home in {path}",
            remedy='run `knowchain init --name "Your Name"`, or name another folder with --home',
            path=session.root,
        )
    return effective_settings(layout, dict(os.environ), list(settings))


def _peer(session: Session) -> Remote:
    peer = session.running_peer()
    if peer is None:
        raise NotFound(
            "no peer runs in {path}", remedy="start it with `knowchain node run`", path=session.root
        )
    return peer


@node.verb("run", Help(text.RUN, text.RUN_TEXT, text.RUN_EXAMPLES))
@option("--set", "settings", multiple=True, metavar="KEY=VALUE", help=text.SET)
@option("--offline", is_flag=True, help=text.OFFLINE)
@pass_session
def run(session: Session, *, settings: Sequence[str], offline: bool) -> None:
    """Run a peer."""
    gc.disable()  # until the API answers: what is loaded stays, and looking through it costs a tenth
    from knowchain.home.keyfile import is_encrypted
    from knowchain.home.layout import Layout
    from knowchain_node.logs import start_logs
    from knowchain_node.running import Running, run_peer

    config = _settings(session, [*settings, *(["network.enabled=false"] if offline else [])]).config
    start_logs(config.log)
    screen = session.screen

    def started(running: Running) -> None:
        told = {"url": running.url, "home": str(running.home), "token_file": str(running.token_file)}
        if not screen.answered({"peer": told}):
            screen.say(text.RUNNING, url=running.url)
            screen.advise(text.TOKEN, path=running.token_file)
        gc.freeze()
        gc.enable()
        sys.stdout.flush()  # whoever started this waits for these lines, not for the end

    locked = is_encrypted(Layout(session.root).device_key)
    run_peer(session.root, config, passphrase=session.passphrase if locked else None, started=started)


@node.verb("status", Help(text.STATUS, text.STATUS_TEXT, text.STATUS_EXAMPLES))
@pass_session
def status(session: Session) -> int:
    """How the peer is."""
    peer = _peer(session)
    found, ready = peer.get("/api/v1/status"), peer.get("/api/v1/ready")
    if not session.screen.answered({"status": {**found, "url": peer.url, **ready}}):
        _tell_status(session, peer.url, found, ready)
    return DONE if ready["ready"] else FAILED


def _tell_status(session: Session, url: str, found: dict[str, Any], ready: dict[str, Any]) -> None:
    screen = session.screen
    screen.say(text.WHERE, url=url)
    if "peer" in found:
        screen.say(text.PEER, peer=found["peer"])
    else:
        screen.say(text.NO_PEER, why=text.OFF if ready["network"] == "off" else text.STARTING)
    screen.say(text.NETWORK, network=found["network"])
    for address in found["listening"]:
        screen.say(text.LISTENING, address=address)
    screen.say(text.CONNECTED, count=found["connected"])
    screen.say(text.RECORDS, records=found["records"], parked=found["parked"])
    sync = found["activity"].get("sync")
    if sync is not None:
        screen.say(text.SYNC, sessions=sync["sessions"], failed=sync["failed"])
    content, gateway = found["activity"].get("content"), found["activity"].get("gateway")
    if content is not None and content["full"]:
        screen.say(text.FULL, wanted=content["wanted"])
    _tell_bitswap(session, found["activity"].get("bitswap"))
    if (dht := found["activity"].get("dht")) is not None:
        screen.say(text.DHT, servers=dht["servers"], keys=dht["keys"])
    if gateway is not None:
        screen.say(text.GATEWAY, url=gateway["url"], answers=gateway["answers"], failures=gateway["failures"])
    rpc = found["activity"].get("kubo_rpc")
    if rpc is not None:
        screen.say(text.KUBO_RPC, url=rpc["url"], commands=rpc["commands"], failures=rpc["failures"])
    for name, one in found["activity"].get("pinning", {}).items():
        _tell_target(screen, name, one)
    screen.say(text.READY, ready=YES if ready["ready"] else NO)


def _tell_target(screen: Screen, name: str, one: dict[str, Any]) -> None:
    if one.get("reason"):
        when = moment(one["next_try"]) if "next_try" in one else ""
        screen.say(text.TARGET_PROBLEM, target=name, reason=one["reason"], when=when)
        return
    counts = counts_of(one["pins"])
    screen.say(
        text.TARGET,
        target=name,
        pinned=counts["pinned"],
        under_way=counts["under_way"],
        failed=counts["failed"],
    )


def _tell_bitswap(session: Session, found: dict[str, Any] | None) -> None:
    if found is None:
        return
    if found["serving"]:
        given = size(found["bytes_out"])
        session.screen.say(text.BITSWAP, blocks=found["blocks_out"], size=given, came=found["blocks_in"])
    else:
        session.screen.say(text.BITSWAP_OFF, came=found["blocks_in"])


@node.verb("peers", Help(text.PEERS, text.PEERS_TEXT, text.PEERS_EXAMPLES))
@pass_session
def peers(session: Session) -> None:
    """Other peers."""
    found = _peer(session).get("/api/v1/peers")
    if session.screen.answered(found):
        return
    if not found["peers"]:
        session.screen.say(text.NOBODY)
        return
    session.screen.table(
        (text.ID, text.STATE, text.ADDRESS, text.SEEN, text.AGENT),
        [
            (
                each["id"],
                _state(each),
                (each["addresses"] or [""])[0],
                moment(each["last_seen"]) if "last_seen" in each else "",
                each.get("agent", ""),
            )
            for each in found["peers"]
        ],
    )


def _state(peer: dict[str, Any]) -> object:
    if "banned_until" in peer:
        return text.IS_BANNED
    return text.IS_CONNECTED if peer["connected"] else text.IS_KNOWN


@node.verb("connect", Help(text.CONNECT, text.CONNECT_TEXT, text.CONNECT_EXAMPLES))
@argument("address", metavar="ADDRESS")
@pass_session
def connect(session: Session, *, address: str) -> None:
    """Meet a peer."""
    found = _peer(session).send("POST", "/api/v1/peers", {"address": address})
    if not session.screen.answered(found):
        session.screen.say(text.MET, peer=found["peer"])


@node.verb("ban", Help(text.BAN, text.BAN_TEXT, text.BAN_EXAMPLES))
@argument("peer", metavar="PEER")
@option("--hours", type=float, metavar="HOURS", help=text.HOURS)
@pass_session
def ban(session: Session, *, peer: str, hours: float | None) -> None:
    """Shut a peer out."""
    wish = {} if hours is None else {"seconds": hours * 3600}
    found = _peer(session).send("PUT", f"/api/v1/peers/{quote(peer, safe='')}/ban", wish)
    if not session.screen.answered(found):
        session.screen.say(text.BANNED, peer=found["peer"])


@node.verb("unban", Help(text.UNBAN, text.UNBAN_TEXT, text.UNBAN_EXAMPLES))
@argument("peer", metavar="PEER")
@pass_session
def unban(session: Session, *, peer: str) -> None:
    """Let a peer in again."""
    found = _peer(session).send("DELETE", f"/api/v1/peers/{quote(peer, safe='')}/ban", None)
    if not session.screen.answered(found):
        session.screen.say(text.UNBANNED, peer=found["peer"])


@node.verb("sync", Help(text.SYNC_VERB, text.SYNC_TEXT, text.SYNC_EXAMPLES))
@argument("peer", metavar="[PEER]", required=False)
@pass_session
def sync(session: Session, *, peer: str | None) -> int:
    """Compare records now."""
    found = _peer(session).send("POST", "/api/v1/sync", {} if peer is None else {"peer": peer})
    sessions = found["sessions"]
    good = bool(sessions) and all(each["ended"] == "done" for each in sessions)
    if session.screen.answered(found):
        return DONE if good else FAILED
    if not sessions:
        session.screen.say(text.NOBODY_THERE)
        return FAILED
    session.screen.table(
        (text.ID, text.ENDED_AS, text.SECONDS, text.IN, text.OUT),
        [
            (
                each["peer"],
                each["ended"],
                f"{each['seconds']:.1f}",
                each["counters"].get("records_in", ""),
                each["counters"].get("records_out", ""),
            )
            for each in sessions
        ],
    )
    return DONE if good else FAILED


@node.verb("config", Help(text.CONFIG, text.CONFIG_TEXT, text.CONFIG_EXAMPLES))
@option("--set", "settings", multiple=True, metavar="KEY=VALUE", help=text.SET)
@pass_session
def config(session: Session, *, settings: Sequence[str]) -> None:
    """The settings in force."""
    from knowchain.home.plain import to_plain

    rows = _settings(session, settings).rows
    if session.screen.answered({"settings": to_plain(rows)}):
        return
    session.screen.table(
        (text.KEY, text.VALUE, text.ORIGIN),
        [(row.key, _shown(row.value), row.origin) for row in rows],
    )


def _shown(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(map(str, value)) or "[]"
    return str(value).lower() if isinstance(value, bool) else str(value)
