"""keys: the devices of the identity."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

from knowchain.chains import Flag
from knowchain.errors import InvalidValue
from knowchain.home import devices
from knowchain.home.devices import Device
from knowchain.home.identity_log import LogRequest, identity_log
from knowchain.home.keyfile import is_encrypted, read_public_key
from knowchain.home.layout import Layout
from knowchain.home.naming import find_record
from knowchain.home.plain import to_plain
from knowchain.identifiers import PublicKey
from knowchain_cli.commands import Help, VerbGroup, argument, option, pass_session
from knowchain_cli.messages import beginning
from knowchain_cli.messages import keys as text
from knowchain_cli.quantities import moment
from knowchain_cli.session import Session

__all__ = ["keys"]

_STATUS: Final = {"in force": text.IN_FORCE, "revoked": text.REVOKED, "contested": text.CONTESTED}
_HASH_SHOWN: Final = 12

keys = VerbGroup("keys", taught=Help(text.SUMMARY, text.TEXT, text.EXAMPLES), no_args_is_help=True)


@keys.verb("list", Help(text.LIST, text.LIST_TEXT, text.LIST_EXAMPLES))
@pass_session
def list_keys(session: Session) -> None:
    """List the devices."""
    found = session.ask(devices.list_devices)
    if session.screen.answered({"devices": to_plain(found)}):
        return
    columns = (text.DEVICE, text.STATUS, text.RANK, text.KEY)
    session.screen.table(columns, [_row(device) for device in found])


def _row(device: Device) -> tuple[object, ...]:
    name = device.label or (text.THIS if device.here else device.hash.hex()[:_HASH_SHOWN])
    rank = text.NO_RANK if device.rank is None else device.rank
    return name, _STATUS[device.status], rank, device.key or text.UNKNOWN_KEY


@keys.verb("add", Help(text.ADD, text.ADD_TEXT, text.ADD_EXAMPLES))
@argument("key", metavar="did:key:…")
@option("--label", metavar="NAME", help=text.LABEL)
@pass_session
def add_key(session: Session, *, key: str, label: str | None) -> None:
    """Add a device."""
    done = session.ask(devices.add_device, PublicKey.parse(key), label)
    if session.screen.answered({"change": to_plain(done)}):
        return
    session.screen.say(text.ADDED, id=done.id)
    session.screen.advise(text.ADDED_NEXT)


@keys.verb("revoke", Help(text.REVOKE, text.REVOKE_TEXT, text.REVOKE_EXAMPLES))
@argument("device", metavar="DEVICE")
@option("--last-good", metavar="ID", help=text.LAST_GOOD)
@option("--all-void", is_flag=True, help=text.ALL_VOID)
@pass_session
def revoke_key(session: Session, *, device: str, last_good: str | None, all_void: bool) -> None:
    """Disavow a device."""
    if all_void and last_good is not None:
        raise InvalidValue(
            "{field} beside --all-void says two things",
            field="--last-good",
            value=last_good,
            remedy="give one of them",
        )
    found = devices.find_device(session.ask(devices.list_devices), device)
    cut = None if last_good is None else session.ask(find_record, last_good)
    done = session.ask(devices.revoke_device, found.hash, last_good=cut, all_void=all_void)
    if not session.screen.answered({"change": to_plain(done)}):
        session.screen.say(text.REVOKED_DONE, id=done.id)


@keys.verb("rotate", Help(text.ROTATE, text.ROTATE_TEXT, text.ROTATE_EXAMPLES))
@option("--passphrase", is_flag=True, help=text.PASSPHRASE)
@option("--new-passphrase-file", metavar="FILE", type=Path, help=text.NEW_PASSPHRASE_FILE)
@pass_session
def rotate_key(session: Session, *, passphrase: bool, new_passphrase_file: Path | None) -> None:
    """Replace the key of this device."""
    # A key that has a passphrase does not lose it by a rotation.
    prompt = passphrase or is_encrypted(Layout(session.root).device_key)
    done = session.ask(devices.rotate, session.fresh_passphrase(new_passphrase_file, prompt=prompt))
    key = read_public_key(Layout(session.root).device_key)
    if not session.screen.answered({"change": to_plain(done), "device": str(key)}):
        session.screen.say(text.ROTATED, key=key, id=done.id)


@keys.verb("recover", Help(text.RECOVER, text.RECOVER_TEXT, text.RECOVER_EXAMPLES))
@option("--recovery-file", metavar="FILE", type=Path, required=True, help=text.RECOVERY_FILE)
@option("--new-recovery-file", metavar="FILE", type=Path, help=text.NEW_RECOVERY_FILE)
@option("--after", metavar="ID", help=text.AFTER)
@option("--keep", multiple=True, metavar="DEVICE", help=text.KEEP)
@option("--passphrase", is_flag=True, help=text.PASSPHRASE)
@option("--new-passphrase-file", metavar="FILE", type=Path, help=text.NEW_PASSPHRASE_FILE)
@pass_session
def recover_key(
    session: Session,
    *,
    recovery_file: Path,
    new_recovery_file: Path | None,
    after: str | None,
    keep: Sequence[str],
    passphrase: bool,
    new_passphrase_file: Path | None,
) -> None:
    """Take the identity back."""
    honest = None if after is None else session.ask(find_record, after)
    known = session.ask(devices.list_devices) if keep else ()
    done = session.ask(
        devices.recover,
        recovery_file,
        new_recovery_file or _beside(recovery_file),
        after=honest,
        keep=[devices.find_device(known, each).hash for each in keep],
        passphrase=session.fresh_passphrase(new_passphrase_file, prompt=passphrase),
    )
    if session.screen.answered({"recovery": to_plain(done)}):
        return
    session.screen.say(text.RECOVERED, id=done.change.id)
    session.screen.say(text.DISAVOWED, count=len(done.revoked))
    session.screen.say(beginning.DEVICE_KEY, key=done.device)
    session.screen.say(beginning.RECOVERY, path=done.recovery_file)


def _beside(old: Path) -> Path:
    """A name for the next recovery file, in the folder where the person is."""
    for number in range(2, 1000):
        path = Path(f"{old.stem.removesuffix(f'-{number - 1}')}-{number}{old.suffix or '.txt'}")
        if not path.exists():
            return path
    return Path(f"{old.stem}-next{old.suffix}")


@keys.verb("log", Help(text.LOG, text.LOG_TEXT, text.LOG_EXAMPLES))
@argument("who", metavar="[WHO]", required=False)
@pass_session
def log_of_keys(session: Session, *, who: str | None) -> None:
    """The history of an identity."""
    found = session.ask(identity_log, LogRequest(who))
    if session.screen.answered({"log": to_plain(found)}):
        return
    rows = [
        (
            step.seq,
            step.rank,
            _standing(step.flags),
            moment(step.time),
            " · ".join(step.operations),
            step.id,
        )
        for step in found
    ]
    columns = (text.NUMBER, text.SIGNED_BY, text.STANDING, text.TIME, text.CHANGES, text.RECORD)
    session.screen.table(columns, rows)


def _standing(flags: Sequence[Flag]) -> object:
    return ", ".join(flags) if flags else text.COUNTS
