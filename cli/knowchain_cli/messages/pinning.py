"""content pin, unpin, pins, reconcile."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

PIN: Final = Message("Keep something, here and at the targets.")
PIN_TEXT: Final = Message(
    "Keeps a file, a folder or a CID here until you unpin it, and has it pinned at the targets that "
    "config.toml names: Kubo nodes and pinning services. A record is pinned with its body and its files. A "
    "path on this disk is brought in first, as with `content add`.\n\n"
    "It is written down at once; a running peer sees to it, now or when it is started next."
)
PIN_EXAMPLES: Final = (
    ("knowchain content pin bafy…", Message("What is here already.")),
    ("knowchain content pin scans/ --to archive", Message("A folder of this disk, at one target.")),
)
TO: Final = Message("Only at this target; by default at all of them, also later ones.")
PINNED_HERE: Final = Message("Pinned here.")
PINNED_AT: Final = Message("To be pinned at {targets}: {count}")
NO_TARGETS: Final = Message("No target is set, so it is pinned nowhere else.")
UNPIN: Final = Message("Keep something no longer.")
UNPIN_TEXT: Final = Message(
    "Removes the pins of a CID here, and has the targets let go of it; with --from, one target alone. What "
    "records name stays here, the rest goes with the next gc. What a target pins because it was published "
    "stays there until it is retracted."
)
UNPIN_EXAMPLES: Final = (
    ("knowchain content unpin bafy…", Message("Then: knowchain content gc")),
    ("knowchain content unpin bafy… --from archive", Message("At one target.")),
)
FROM: Final = Message("Only at this target.")
UNPINNED: Final = Message("Pins removed: {count}")
UNPINNED_ELSEWHERE: Final = Message("Choices for targets taken back: {count}")
STILL: Final = Message("Still pinned, since their rule says so, at: {targets}")
PINS: Final = Message("What is pinned, here and elsewhere.")
PINS_TEXT: Final = Message(
    "Lists what is kept here by a pin, whether or not a record names it, and how the targets are. With --at, "
    "lists what is pinned at one target or is to be, and why it is not pinned yet."
)
PINS_EXAMPLES: Final = (
    ("knowchain content pins", Message("All pins of this home, and the targets in short.")),
    (
        "knowchain content pins --at archive --state failed",
        Message("What could not be pinned there, and why."),
    ),
)
AT: Final = Message("List the pins of this target.")
STATE: Final = Message("Only those in this state.")
RECONCILE: Final = Message("Compare what targets have pinned with what they should.")
RECONCILE_TEXT: Final = Message(
    "Has what is pinned at one target, or at all, compared with what should be, and what failed tried again "
    "at once. A running peer does so by itself at its start and every six hours; without one, it does when "
    "it is started next."
)
RECONCILE_EXAMPLES: Final = (("knowchain content reconcile archive", Message("One target.")),)
TO_RECONCILE: Final = Message("To be compared: {targets}")
TARGET: Final = Message("Target")
PINNED: Final = Message("Pinned")
UNDER_WAY: Final = Message("Under way")
FAILED: Final = Message("Failed")
GOING: Final = Message("To go")
PROBLEM: Final = Message("Problem")
NOT_SET: Final = Message("no longer in the settings")
STATE_COLUMN: Final = Message("State")
TRIES: Final = Message("Tries")
NEXT: Final = Message("Next try")
REASON: Final = Message("Reason")
