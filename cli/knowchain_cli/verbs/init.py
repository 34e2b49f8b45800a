"""init: make a home."""

from __future__ import annotations

import unicodedata
from pathlib import Path
from typing import Final

from knowchain.errors import InvalidValue
from knowchain.home.beginning import begin, begin_device
from knowchain.home.home import DEFAULT_NETWORK
from knowchain.home.plain import to_plain
from knowchain_cli.commands import Help, option, pass_session, verb
from knowchain_cli.messages import beginning as text
from knowchain_cli.messages.overview import INIT
from knowchain_cli.session import Session

__all__ = ["init"]

_LONGEST: Final = 40


@verb("init", Help(INIT, text.TEXT, text.EXAMPLES))
@option("--name", metavar="NAME", help=text.NAME)
@option("--recovery-file", metavar="FILE", type=Path, help=text.RECOVERY_FILE)
@option("--reserve", metavar="FILE", type=Path, help=text.RESERVE)
@option("--network", default=DEFAULT_NETWORK, metavar="NAME", help=text.NETWORK)
@option("--passphrase", is_flag=True, help=text.PASSPHRASE)
@option("--device", is_flag=True, help=text.DEVICE)
@pass_session
def init(
    session: Session,
    *,
    name: str | None,
    recovery_file: Path | None,
    reserve: Path | None,
    network: str,
    passphrase: bool,
    device: bool,
) -> None:
    """Make a home."""
    if device:
        _refuse_beside_device(name=name, recovery_file=recovery_file, reserve=reserve)
        _init_device(session, network, passphrase)
        return
    if name is None:
        raise InvalidValue(
            "{field} is missing",
            field="--name",
            remedy='give the name that others will see: --name "Your Name"; or --device for a further device',
        )
    made = begin(
        session.root,
        name=name,
        recovery_file=recovery_file or Path(f"knowchain-recovery-{file_name(name)}.txt"),
        reserve_file=reserve,
        network=network,
        passphrase=session.new_passphrase(prompt=passphrase),
    )
    screen = session.screen
    if screen.answered({"home": to_plain(made)}):
        return
    screen.say(text.MADE, name=name, path=made.root)
    screen.say(text.IDENTITY, id=made.identity)
    screen.say(text.DEVICE_KEY, key=made.device)
    screen.blank()
    screen.say(text.RECOVERY, path=made.recovery_file)
    if made.reserve_file is not None:
        screen.say(text.RESERVE_MADE, path=made.reserve_file)
    screen.blank()
    screen.advise(text.NEXT)


def _init_device(session: Session, network: str, passphrase: bool) -> None:
    made = begin_device(session.root, network=network, passphrase=session.new_passphrase(prompt=passphrase))
    if session.screen.answered({"home": to_plain(made)}):
        return
    session.screen.say(text.DEVICE_MADE, path=made.root)
    session.screen.say(text.DEVICE_KEY, key=made.device)
    session.screen.advise(text.DEVICE_NEXT, key=made.device)


def _refuse_beside_device(**given: object) -> None:
    for field, value in given.items():
        if value is not None:
            raise InvalidValue(
                "{field} has no meaning beside --device",
                field=f"--{field.replace('_', '-')}",
                value=value,
                remedy="leave it out: the identity has its name and its recovery file already",
            )


def file_name(name: str) -> str:
    """A name as part of a file's name, on any system."""
    text = unicodedata.normalize("NFC", name).strip()
    kept = "".join(c if c.isalnum() or c in "-_" else "-" for c in text)[:_LONGEST]
    return kept.strip("-") or "identity"
