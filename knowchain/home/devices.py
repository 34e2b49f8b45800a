"""Devices: who signs for the identity, and what to do when a device is lost or stolen."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal, TypeAlias

from knowchain.admission import Verdict
from knowchain.chains import IdentityState
from knowchain.errors import InvalidValue, NotAllowed, NotFound, SystemFault
from knowchain.home.home import RESTORED_SETTING, Home
from knowchain.home.keyfile import write_key
from knowchain.home.names import Names
from knowchain.home.recovery import read_recovery, write_recovery
from knowchain.identifiers import KeyId, PublicKey, RecordId, key_id
from knowchain.records import Add, Control, Cut, Operation, Rank, Revoke, read_block, write_identity
from knowchain.signing import KeyPair
from knowchain.storage.reader import Reader

__all__ = ["Change", "Device", "Recovery", "add_device", "list_devices", "recover", "revoke_device", "rotate"]

_LABELS: Final = "device-labels"
DeviceStatus: TypeAlias = Literal["in force", "revoked", "contested"]


@dataclass(frozen=True, slots=True)
class Device:
    """A device key of the own identity."""

    hash: KeyId
    key: PublicKey | None
    """None while the key has signed nothing that is held here: an identity names keys by hash."""
    status: DeviceStatus
    rank: int | None
    """The highest rank that the key alone satisfies; None for a device that can't edit the identity."""
    label: str | None
    """The owner's own name for it; kept in this home."""
    here: bool
    """Whether it is the key of this home."""


@dataclass(frozen=True, slots=True)
class Change:
    """A record of the identity's log that this home signed."""

    id: RecordId
    seq: int


@dataclass(frozen=True, slots=True)
class Recovery:
    """What :func:`recover` did."""

    change: Change
    device: PublicKey
    recovery_file: Path
    revoked: tuple[KeyId, ...]


def list_devices(home: Home) -> tuple[Device, ...]:
    """The devices that the identity ever named, at all its tips; this one first."""
    with home.store.snapshot() as reader:
        identity = home.identity
        states = reader.standing().state(identity)
        keys = _known_keys(reader, home.device_public_key)
        labels = _labels(reader)
    own = key_id(home.device_public_key)
    named = sorted({key for state in states for key in state.devices}, key=lambda key: (key != own, key))
    return tuple(
        Device(
            key, keys.get(key), _status(states, key), _rank(states, key), labels.get(key.hex()), key == own
        )
        for key in named
    )


def add_device(home: Home, key: PublicKey, label: str | None = None) -> Change:
    """Name a further device. It signs works, but can't edit the identity.

    Raises:
        NotAllowed: this device has no rank, or the key was named before.
    """
    change = _change(home, [home.device], lambda _state: [Add(key_id(key))])
    if label is not None:
        set_label(home, key_id(key), label)
    return change


def revoke_device(
    home: Home, device: KeyId, *, last_good: RecordId | None = None, all_void: bool = False
) -> Change:
    """Disavow a device.

    Args:
        home: the open home.
        device: the hash of its key.
        last_good: its last record that still counts; by default, the last that is held here.
        all_void: nothing that it ever signed counts.

    Raises:
        NotAllowed: this device has no rank, or that one is not in force.
        NotFound: ``last_good`` is not a record of that device.
    """
    with home.store.snapshot() as reader:
        cut = None if all_void else _cut(reader, home, device, last_good)
    return _change(home, [home.device], lambda _state: [Revoke(device, cut)])


def rotate(home: Home, passphrase: str | None = None) -> Change:
    """Replace the key of this device by a new one; the old one's records up to now stay valid.

    Args:
        home: the open home.
        passphrase: encrypts the new key.

    Raises:
        NotAllowed: this device has no rank.
    """
    old, new = home.device, KeyPair.generate()
    with home.store.snapshot() as reader:
        cut = _cut(reader, home, key_id(old.public_key), None)

    def operations(state: IdentityState) -> list[Operation]:
        swapped = _swap(state.control, key_id(old.public_key), key_id(new.public_key))
        return [Revoke(key_id(old.public_key), cut), Add(key_id(new.public_key)), Control(swapped)]

    # The new key is on disk before the record that names it: a crash between leaves both usable.
    home.layout.next_key.unlink(missing_ok=True)
    write_key(home.layout.next_key, new, passphrase)
    change = _change(home, [old], operations)
    home.install_next_key()
    home.use_device(new)
    _forget_restored(home)
    return change


def recover(
    home: Home,
    recovery_file: Path,
    new_recovery_file: Path,
    *,
    after: RecordId | None = None,
    keep: Iterable[KeyId] = (),
    passphrase: str | None = None,
) -> Recovery:
    """Take the identity back with the recovery secret, after a theft or the loss of every device.

    The recovery key outranks the devices: from ``after`` on it starts a branch that supersedes whatever
    a thief has signed since. Every device but ``keep`` is revoked after its last record held here.

    Args:
        home: a home that holds the identity's log; its device key becomes the new device.
        recovery_file: the secret that was taken away.
        new_recovery_file: where the next one is written; must not exist.
        after: the last honest record of the identity's log; by default its end, if there is one end.
        keep: hashes of device keys that were not stolen.
        passphrase: encrypts the new device key.

    Raises:
        NotAllowed: the secret has no rank there.
        InvalidValue: the log has several ends and ``after`` does not choose.
    """
    secret, device, successor = read_recovery(recovery_file), KeyPair.generate(), KeyPair.generate()
    identity = _identity_of(home, secret)
    with home.store.snapshot() as reader:
        tip = _choose_tip(reader, identity, after)
        state = reader.state(tip)
        lost = tuple(
            key for key, mark in state.devices.items() if mark is None and key not in frozenset(keep)
        )
        revocations = [Revoke(key, _cut(reader, home, key, None)) for key in lost]
    rank = state.rank_of({key_id(secret.public_key)})
    if rank is None:
        raise NotAllowed(
            "the recovery secret has no rank in the identity {id} there",
            remedy="use the newest recovery file; an earlier one is worthless after a recovery",
            id=str(identity),
        )
    control = (
        *state.control[:rank],
        Rank(1, (key_id(successor.public_key),)),
        Rank(1, (key_id(device.public_key),)),
    )
    name = Names(home.store.reader()).shown(identity)
    write_recovery(new_recovery_file, successor, name=name, identity=str(identity), rank="recovery")
    home.layout.next_key.unlink(missing_ok=True)
    write_key(home.layout.next_key, device, passphrase)
    try:
        change = _sign(
            home,
            [secret],
            identity,
            tip,
            [*revocations, Add(key_id(device.public_key)), Control(control)],
        )
    except BaseException:
        new_recovery_file.unlink(missing_ok=True)
        raise
    home.install_next_key()
    home.use_device(device)
    home.adopt_identity(identity)
    _forget_restored(home)
    return Recovery(change, device.public_key, new_recovery_file, lost)


def set_label(home: Home, device: KeyId, label: str) -> None:
    """Give a device a name of the owner's own."""
    labels = _labels(home.store.reader())
    labels[device.hex()] = label
    home.store.set_setting(_LABELS, json.dumps(labels, ensure_ascii=False, sort_keys=True))


def find_device(devices: Sequence[Device], text: str) -> Device:
    """The device that ``text`` names: its label, its did:key, or the beginning of its hash.

    Raises:
        NotFound: none, or several.
    """
    found = [
        device
        for device in devices
        if text in (device.label, str(device.key)) or (len(text) >= 6 and device.hash.hex().startswith(text))
    ]
    if len(found) != 1:
        raise NotFound(
            "no device is called {text}" if not found else "several devices are called {text}",
            remedy="`knowchain keys list` shows them",
            text=text,
        )
    return found[0]


# --- inside ----------------------------------------------------------------------------------------


def _change(
    home: Home, signers: Sequence[KeyPair], operations: Callable[[IdentityState], Sequence[Operation]]
) -> Change:
    """Sign the same operations at every tip where the signers have a rank, so that branches agree."""
    identity = home.identity
    hashes = {key_id(signer.public_key) for signer in signers}
    with home.store.snapshot() as reader:
        states = {tip: reader.state(tip) for tip in reader.standing().tips(identity)}
    able = {tip: state for tip, state in states.items() if state.rank_of(hashes) is not None}
    if not able:
        raise NotAllowed(
            "this device may not edit the identity: its key has no rank",
            remedy="use the device that made the identity, or the recovery file",
        )
    last = None
    for tip, state in able.items():
        last = _sign(home, signers, identity, tip, operations(state))
    assert last is not None
    return last


def _sign(
    home: Home, signers: Sequence[KeyPair], identity: RecordId, tip: RecordId, ops: Sequence[Operation]
) -> Change:
    data = home.store.reader().block(tip)
    assert data is not None
    seq = read_block(data).header.seq + 1
    block = write_identity(signers, author=identity, prev=tip, seq=seq, ops=ops, time=home.clock())
    answer = home.admission.admit(block.data, source="local")
    if answer.verdict is Verdict.REJECTED:
        raise NotAllowed(
            "the identity can't be changed so: {why}", remedy="see `knowchain keys list`", why=answer.detail
        )
    if answer.verdict is not Verdict.ACCEPTED:
        raise SystemFault(
            "the own record was {verdict}", remedy="run `knowchain fsck`", verdict=answer.verdict
        )
    return Change(block.id, seq)


def _identity_of(home: Home, secret: KeyPair) -> RecordId:
    """The held identity in which the recovery secret has a rank: the own one, or the only one."""
    hashed = key_id(secret.public_key)
    reader = home.store.reader()
    candidates = [home.identity] if home.has_identity else list(reader.identities())
    standing = reader.standing()
    found = [
        who
        for who in candidates
        if any(hashed in rank.keys for entry in reader.log(who) for rank in reader.state(entry.id).control)
        or any(hashed in rank.keys for state in standing.state(who) for rank in state.control)
    ]
    if len(found) != 1:
        raise NotFound(
            "no identity that is held here knows this recovery secret",
            remedy="import the identity's records first (`knowchain import FILE`)",
        )
    return found[0]


def _choose_tip(reader: Reader, identity: RecordId, after: RecordId | None) -> RecordId:
    if after is not None:
        if reader.log_author(after) != identity:
            raise NotFound(
                "{id} is no record of the identity's log",
                remedy="`knowchain keys log` shows it",
                id=str(after),
            )
        return after
    tips = reader.standing().tips(identity)
    if len(tips) != 1:
        raise InvalidValue(
            "the identity's log has {value} ends",
            field="after",
            value=len(tips),
            remedy="name the last honest record with --after; `knowchain keys log` shows them",
        )
    return tips[0]


def _cut(reader: Reader, home: Home, device: KeyId, last_good: RecordId | None) -> Cut | None:
    """Where a device's records stop counting; None if it signed nothing that is held here."""
    key = _known_keys(reader, home.device_public_key).get(device)
    tips = () if key is None else reader.chain_tips(key)
    if last_good is not None:
        entry = reader.entry(last_good)
        if entry is None or entry.key_id != device:
            raise NotFound(
                "{id} is no record of that device",
                remedy="`knowchain show ID` names its key",
                id=str(last_good),
            )
        return Cut(entry.place.seq, last_good)
    if not tips:
        return None
    rid, seq = max(tips, key=lambda tip: (tip[1], tip[0]))
    return Cut(seq, rid)


def _known_keys(reader: Reader, own: PublicKey) -> dict[KeyId, PublicKey]:
    """Public keys by hash, as far as records of them are held."""
    keys = {key_id(key): key for key in reader.public_keys()}
    keys[key_id(own)] = own
    return keys


def _status(states: Sequence[IdentityState], key: KeyId) -> DeviceStatus:
    marks = {key in state.devices and state.devices[key] is None for state in states}
    if len(marks) > 1:
        return "contested"
    return "in force" if marks == {True} else "revoked"


def _rank(states: Sequence[IdentityState], key: KeyId) -> int | None:
    found = [rank for state in states if (rank := state.rank_of({key})) is not None]
    return min(found, default=None)


def _swap(control: tuple[Rank, ...], old: KeyId, new: KeyId) -> tuple[Rank, ...]:
    return tuple(
        rank._replace(keys=tuple(sorted(new if key == old else key for key in rank.keys))) for rank in control
    )


def _labels(reader: Reader) -> dict[str, str]:
    text = reader.setting(_LABELS)
    labels: dict[str, str] = {} if text is None else json.loads(text)
    return labels


def _forget_restored(home: Home) -> None:
    """A new key's chain can't fork, whatever a later copy of the home has signed with the old one."""
    home.store.remove_setting(RESTORED_SETTING)
