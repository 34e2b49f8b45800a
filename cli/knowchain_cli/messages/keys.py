"""keys."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

SUMMARY: Final = Message("Devices and their keys: list, add, revoke, rotate, recover.")
TEXT: Final = Message(
    "Your identity keeps its name for ever; the keys of its devices come and go. A device signs works; the "
    "first "
    "device, which has a rank, may also add and revoke others. Above it stands the recovery file that you "
    "took away."
)
EXAMPLES: Final = (
    ("knowchain keys list", Message("Which devices sign for you.")),
    ("knowchain keys rotate", Message("A new key for this device.")),
)
LIST: Final = Message("The devices of your identity.")
LIST_TEXT: Final = Message("Lists the devices that your identity ever named, this one first.")
LIST_EXAMPLES: Final = (("knowchain keys list", Message("All of them.")),)
ADD: Final = Message("Let a further device sign for you.")
ADD_TEXT: Final = Message(
    "Lets another device sign for you. On that device, `knowchain init --device` makes its home and prints "
    "its key; "
    "here you add the key; then carry an export over and import it there. Or run `knowchain keys add "
    "did:key:…`."
)
ADD_EXAMPLES: Final = (
    ("knowchain keys add did:key:z6Mk… --label laptop", Message("With a name of your own for it.")),
)
LABEL: Final = Message("Your own name for the device; it stays in this home.")
REVOKE: Final = Message("Disavow a device that was lost or stolen.")
REVOKE_TEXT: Final = Message(
    "Disavows a device. What it signed up to now stays valid, unless you say otherwise; what it signs "
    "later is marked "
    "as revoked everywhere. If THIS device's key was stolen, use `keys recover` instead."
)
REVOKE_EXAMPLES: Final = (
    ("knowchain keys revoke laptop", Message("By its label, its did:key or the first letters of its hash.")),
    (
        "knowchain keys revoke laptop --last-good bafyrei…",
        Message("Only what it signed up to that record counts."),
    ),
)
LAST_GOOD: Final = Message("The last record of it that counts; by default the last that is held here.")
ALL_VOID: Final = Message("Nothing that it ever signed counts.")
ROTATE: Final = Message("Replace the key of this device.")
ROTATE_TEXT: Final = Message(
    "Replaces the key of this device by a new one; what the old one signed up to now stays valid. Do it "
    "after "
    "restoring a backup, when somebody may have read your disk, or to put a passphrase on the key."
)
ROTATE_EXAMPLES: Final = (
    ("knowchain keys rotate", Message("A new key.")),
    ("knowchain keys rotate --passphrase", Message("A new key that is encrypted.")),
)
PASSPHRASE: Final = Message("Ask for a passphrase that encrypts the new key.")
NEW_PASSPHRASE_FILE: Final = Message("A file whose first line is the passphrase of the new key.")
RECOVER: Final = Message("Take your identity back with the recovery file.")
RECOVER_TEXT: Final = Message(
    "After a theft, or when every device is lost: takes your identity back with the recovery file that you "
    "took away. "
    "This home gets a new device key, every other device is disavowed, and a new recovery file is written; "
    "the old one "
    "is worthless afterwards.\n\n"
    "The home must hold your identity's records: make one with `knowchain init --device`, then import an "
    "export or a "
    "backup. If a thief has changed the identity, name the last honest record of its log with --after."
)
RECOVER_EXAMPLES: Final = (
    ("knowchain keys recover --recovery-file ~/stick/recovery.txt", Message("The usual way.")),
    (
        "knowchain keys recover --recovery-file r.txt --after bafyrei… --keep phone",
        Message("What came after that record was a thief's; the phone was not stolen."),
    ),
)
RECOVERY_FILE: Final = Message("The recovery file that you took away.")
NEW_RECOVERY_FILE: Final = Message("Where the next one is written; by default beside you.")
AFTER: Final = Message("The last honest record of the identity's log.")
KEEP: Final = Message("A device that was not stolen, by its label, key or hash. May be repeated.")
LOG: Final = Message("The history of your identity.")
LOG_TEXT: Final = Message(
    "Lists the records of an identity's log, and which of them count; yours, or somebody else's."
)
LOG_EXAMPLES: Final = (("knowchain keys log", Message("Yours.")),)

DEVICE: Final = Message("Device")
STATUS: Final = Message("Status")
RANK: Final = Message("Rank")
KEY: Final = Message("Key")
THIS: Final = Message("this one")
NO_RANK: Final = Message("signs only")
IN_FORCE: Final = Message("in force")
REVOKED: Final = Message("revoked")
CONTESTED: Final = Message("contested")
UNKNOWN_KEY: Final = Message("has signed nothing yet")
ADDED: Final = Message("The device may sign for you now. Record {id}")
ADDED_NEXT: Final = Message("Next: `knowchain export FILE` here, `knowchain import FILE` there.")
REVOKED_DONE: Final = Message("The device is disavowed. Record {id}")
ROTATED: Final = Message("This device has a new key: {key}. Record {id}")
RECOVERED: Final = Message("The identity is yours again. Record {id}")
DISAVOWED: Final = Message("Disavowed devices: {count}")
NUMBER: Final = Message("Number")
SIGNED_BY: Final = Message("Rank that signed")
STANDING: Final = Message("Standing")
TIME: Final = Message("Signed (as claimed)")
CHANGES: Final = Message("What it changes")
RECORD: Final = Message("Record")
COUNTS: Final = Message("counts")
