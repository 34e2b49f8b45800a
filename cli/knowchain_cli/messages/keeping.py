"""fsck, rebuild, backup, restore, erase, stats, version and completion."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

FSCK_TEXT: Final = Message(
    "Checks the whole home: derives everything again from the blocks and compares it, and looks through "
    "the blocks "
    "of files. Nothing is changed. The exit code is 1 if something is found."
)
FSCK_EXAMPLES: Final = (("knowchain fsck", Message("Is all well?")),)
QUICK: Final = Message("Don't hash the blocks of files again.")
SOUND: Final = Message("All is well: {records} records.")
FOUND: Final = Message("Found: {count}")
FINDING: Final = Message("{where}: {what}")
REMEDY: Final = Message("  → {remedy}")
CHECKING: Final = Message("Checking records")

REBUILD_TEXT: Final = Message(
    "Makes the record store again from nothing but its blocks, and puts it in place of the old one, which "
    "is kept "
    "beside it. Run it when fsck says so."
)
REBUILD_EXAMPLES: Final = (("knowchain rebuild", Message("The old store stays, under another name.")),)
REBUILDING: Final = Message("Rebuilding")
REBUILT: Final = Message("Made again: {records} records, {bodies} texts. The old store is {kept}.")
LOST: Final = Message(
    "Not taken over: damaged blocks {rejected}, without their parents {orphans}, texts {bodies}."
)
CONTENT_INDEX: Final = Message("Also make the index of the blocks of files again, hashing every block.")

BACKUP_TEXT: Final = Message(
    "Copies records, keys and settings to a new folder, also while the home is in use. Whoever has the "
    "folder can "
    "sign as this device, unless its key has a passphrase: keep it as you keep the home. Files are not in "
    "it; "
    "`export --content` carries them."
)
BACKUP_EXAMPLES: Final = (
    ("knowchain backup /mnt/stick/2026-01-31", Message("A folder that does not exist yet.")),
)
BACKED_UP: Final = Message("Copied {records} records to {folder}, {size}.")
RESTORE_TEXT: Final = Message(
    "Makes a home from a backup. It reads, but does not sign yet: a later copy of the home may have signed "
    "more with "
    "the same key, and signing again from the older state would fork the chain. `keys rotate` gives it a "
    "new key; or "
    "--newest says that no later copy ever signed anything.\n\n"
    "In a home that was restored already, `restore --newest` alone says so afterwards."
)
RESTORE_EXAMPLES: Final = (
    (
        "knowchain restore /mnt/stick/2026-01-31 --home ~/again",
        Message("Then: knowchain keys rotate --home ~/again"),
    ),
    (
        "knowchain restore /mnt/stick/2026-01-31 --newest",
        Message("The old disk died, and this is its last state."),
    ),
)
NEWEST: Final = Message("No later copy of the home ever signed anything.")
RESTORED: Final = Message("Made a home with {records} records in {home}.")
RESTORED_NEXT: Final = Message(
    "It does not sign yet. Next: `knowchain keys rotate`, or `knowchain restore --newest`."
)
MAY_SIGN: Final = Message("This home may sign again.")

ERASE_TEXT: Final = Message(
    "Destroys the texts whose erasure has stood for 30 days, as a running peer does by itself: overwritten "
    "on this "
    "disk, and never kept again."
)
ERASE_EXAMPLES: Final = (
    ("knowchain erase", Message("Do what is due.")),
    ("knowchain erase --delay 0", Message("Twice: now, without waiting. It can't be undone.")),
)
DELAY: Final = Message("Days that an erasure must have stood; by default 30.")
ERASED: Final = Message("Destroyed texts: {count}. Waiting: {waiting}.")

STATS_TEXT: Final = Message("Tells what the home holds, in numbers.")
STATS_EXAMPLES: Final = (("knowchain stats", Message("How much is here?")),)
HOME: Final = Message("Home        {path}")
OWNER: Final = Message("You are     {name}, {id}")
NO_IDENTITY: Final = Message("You are     nobody yet: this device waits for its identity")
DEVICE: Final = Message("Device      {key}")
NETWORK: Final = Message("Network     {network}")
RECORDS: Final = Message("Records     {count}, {size} on disk")
BY_KIND: Final = Message("{kind}: {count}")
IDENTITIES: Final = Message("Identities  {count}")
MISSING: Final = Message("Texts not here yet: {count}")
ANNOUNCE: Final = Message("Not announced to peers yet: {count}")
CONTENT: Final = Message("Files       {blocks} blocks, {size}; in place: {in_place} blocks, {in_place_size}")
PROBLEMS: Final = Message("Blocks with problems: {count}; run `knowchain content scrub`")
RESTORED_WARNING: Final = Message(
    "Restored from a backup; it does not sign yet. See `knowchain restore --help`."
)

VERSION_TEXT: Final = Message("Tells the version of this program and of what it stands on.")
VERSION_EXAMPLES: Final = (("knowchain version", Message("Which one is this?")),)
VERSION: Final = Message("knowchain {version} (record format 1; Python {python}; SQLite {sqlite})")
COMPLETION_TEXT: Final = Message(
    "Prints what makes your shell complete verbs and options when you press Tab."
)
COMPLETION_EXAMPLES: Final = (
    ("knowchain completion bash >> ~/.bashrc", Message("For bash.")),
    ("knowchain completion fish > ~/.config/fish/completions/knowchain.fish", Message("For fish.")),
)
