"""show and verify."""

from __future__ import annotations

from typing import Final

from knowchain.chains import Flag
from knowchain_cli.catalogue import Message

SHOW_TEXT: Final = Message(
    "Shows a record in words: what it says, who signed it and when, how it came here, what points at it, and "
    "what is known of its standing. Give its id, or the first letters; or a person's name, for their "
    "identity.\n\n"
    "The text of a record that was taken back is not shown unless you ask for it."
)
SHOW_EXAMPLES: Final = (
    ("knowchain show bafyreif5", Message("The first letters are enough while they are unique.")),
    ('knowchain show "Mari Ellis"', Message("The identity of a person by that name.")),
    ("knowchain show bafyreif5 --withheld --json", Message("Also what was taken back; as JSON.")),
)
VERIFY_TEXT: Final = Message(
    "Checks again, from the bytes up and believing no index: the signature of a record, its links up to the "
    "beginning of its author's identity, its text, and its files, each against the digest in the record.\n\n"
    "Or checks a file from anywhere, a CAR or a single block, in a temporary store: how many records are "
    "valid, "
    "which are not and why, what lacks. Nothing of it is kept. The exit code is 1 if anything is bad."
)
VERIFY_EXAMPLES: Final = (
    ("knowchain verify bafyreif5", Message("A record that is held here.")),
    ("knowchain verify harbour.car", Message("A file that somebody gave you; no home is needed.")),
)
WITHHELD: Final = Message("Show the text even if it was taken back.")

HEADING: Final = Message("{kind} by {author}")
TITLED: Final = Message("{kind} “{title}” by {author}")
ID: Final = Message("Id        {id}")
SIGNED: Final = Message("Signed    {time} (as claimed), number {seq} of {key}")
RECEIVED: Final = {
    "local": Message("Received  {time}, signed here"),
    "import": Message("Received  {time}, from the file {place}"),
    "peer": Message("Received  {time}, from the peer {place}"),
}
RECEIVED_OTHERWISE: Final = Message("Received  {time}, {source}")
FIELD: Final = Message("{name}")
FIELD_VALUE: Final = Message("{name}: {value}")
STANDING: Final = Message("Standing  {flag}: {meaning}")
SAYS: Final = Message("What it says")
CHANGES: Final = Message("What it changes")
ISSUES: Final = Message("What is unusual in it")
FILES: Final = Message("Files")
PATH: Final = Message("File")
SIZE: Final = Message("Size")
TYPE: Final = Message("Type")
HERE: Final = Message("Here")
CID: Final = Message("CID")
POINTS: Final = Message("What it points at")
POINTED: Final = Message("What points at it")
NOT_HELD: Final = Message("not held here")
LINK: Final = Message("{relation}: {kind} “{title}” by {author}")
LINK_UNTITLED: Final = Message("{relation}: {kind} by {author}")
LINK_UNKNOWN: Final = Message("{relation}: a record that is not held here")

BODY: Final = {
    "none": Message("It has no text of its own."),
    "missing": Message("Its text is not here yet."),
    "erased": Message("Its text was erased; that it existed remains provable."),
    "withheld": Message("Its text was taken back and is not shown; --withheld shows it."),
}
FLAGS: Final = {
    Flag.SUPERSEDED: Message("a higher key of its identity decided otherwise, so it does not count"),
    Flag.CONTESTED: Message("the branches of its identity disagree about it"),
    Flag.REVOKED: Message("its identity disavows it: signed with a key after that was revoked"),
    Flag.FORKED: Message("its key signed something else in the same place: a restored backup, or theft"),
    Flag.MERGED: Message("it was forked, and its author joined both sides later"),
    Flag.RETRACTED: Message("its author takes it back"),
    Flag.ERASED: Message("its author wants its text gone"),
    Flag.DISPUTED: Message("somebody disputes it; see what points at it"),
}

GOOD: Final = Message("Valid.")
GOOD_INCOMPLETE: Final = Message("Valid as far as it is here; something lacks.")
BAD: Final = Message("NOT VALID.")
LINEAGE_GOOD: Final = Message(
    "Signatures and links are right, up to the beginning of the identity: {count} records."
)
LINEAGE_BAD: Final = Message("Signatures or links are wrong: {detail}")
BODY_GOOD: Final = Message("The text is the one that was signed.")
BODY_BAD: Final = Message("The text is not the one that was signed: {detail}")
BODY_MISSING: Final = Message("The text can't be checked: {detail}")
FILE_GOOD: Final = Message("{name}: every byte is as signed.")
FILE_BAD: Final = Message("{name}: NOT as signed: {detail}")
FILE_MISSING: Final = Message("{name}: can't be checked: {detail}")
CHECKING: Final = Message("Checking")
