"""The first help page."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

SUMMARY: Final = Message("Keep knowledge with its provenance: signed records that anyone can check.")
TEXT: Final = Message(
    "knowchain keeps knowledge with its provenance: signed records that anyone can check and nobody can "
    "change "
    "unseen, and files with the CIDs that every IPFS tool computes. All of it works without a network.\n\n"
    "Begin with `init`, which makes your identity and your keys; then `publish` something and `show` it. "
    "Every verb explains itself: `knowchain VERB --help`."
)
EXAMPLES: Final = (
    ('knowchain init --name "Mari Ellis"', Message("Once: become someone.")),
    (
        'knowchain publish harbour.jpg --title "The harbour" --lang en --access public',
        Message("Sign a work with its file. The answer ends in its id."),
    ),
    ("knowchain show bafyrei…", Message("Read it; the first letters of an id are enough.")),
)

BEGIN: Final = Message("Begin")
WRITE: Final = Message("Write")
READ: Final = Message("Read and check")
PEOPLE: Final = Message("People")
CARRY: Final = Message("Carry by hand")
KEEP: Final = Message("Keep")

INIT: Final = Message("Make a home: your identity, a key for this device, a recovery file.")
PUBLISH: Final = Message("Sign a work, with its files.")
REVISE: Final = Message("Sign a new version of a work.")
SHOW: Final = Message("Show a record in words.")
VERIFY: Final = Message("Check a record, or a file of records, from the bytes up.")
