"""collection."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

SUMMARY: Final = Message("Collections: make one, add to it, see what is in it.")
TEXT: Final = Message(
    "A collection says what belongs together. A record asks to be a member by pointing at it (--part-of); "
    "the "
    "collection's rule answers: open to all, to the invited, or to what its curators take."
)
EXAMPLES: Final = (
    ('knowchain collection create --title "Casgliad y Cwm" -l cy --rule curators', Message("A new one.")),
    ("knowchain collection show bafyrei…", Message("What is in it.")),
)
CREATE: Final = Message("Sign a collection.")
CREATE_TEXT: Final = Message(
    "Signs a collection with the rule by which it takes records. You are always a curator."
)
CREATE_EXAMPLES: Final = (
    (
        'knowchain collection create --title "Old stanzas" -l en --rule invited --invite "Mari Ellis"',
        Message("Mari's records that ask are taken; others wait for a curator."),
    ),
)
RULE: Final = Message("Whose records it takes; by default curators.")
CURATOR: Final = Message("Somebody who decides beside you. May be repeated.")
INVITE: Final = Message("Somebody whose records are taken, with --rule invited. May be repeated.")
TAKES_KIND: Final = Message("Only this kind of record. May be repeated.")
TAKES_LANGUAGE: Final = Message("Only this language, with what is narrower. May be repeated.")
OWN_ID: Final = Message("Its own lasting name, such as a fonds number.")
ADD: Final = Message("Take records in, as a curator.")
ADD_TEXT: Final = Message(
    "Takes records into a collection that you curate: signs an accession for each. --remove takes them out "
    "again."
)
ADD_EXAMPLES: Final = (("knowchain collection add COLLECTION RECORD", Message("One more.")),)
REMOVE: Final = Message("Take them out: a deaccession.")
SHOW: Final = Message("What is in a collection.")
SHOW_TEXT: Final = Message("Shows a collection, its rule, its members, and what asks to be one.")
SHOW_EXAMPLES: Final = (("knowchain collection show bafyrei…", Message("By its id, or the first letters.")),)
LIST: Final = Message("The collections that are known here.")
LIST_TEXT: Final = Message("Lists the collections that are held here, the newest first.")
LIST_EXAMPLES: Final = (("knowchain collection list", Message("All of them.")),)

SIGNED: Final = Message("Signed the collection {id}")
TAKEN: Final = Message("Taken in: {record}")
OUT: Final = Message("Taken out: {record}")
NONE: Final = Message("No collection is known here.")
HEADING: Final = Message("“{title}” by {author}")
UNTITLED: Final = Message("[untitled]")
RULE_LINE: Final = Message("Rule      {rule}; curators: {curators}")
ID_LINE: Final = Message("Id        {id}")
EMPTY: Final = Message("Nothing is in it yet.")
COLUMN_TITLE: Final = Message("Title")
COLUMN_AUTHOR: Final = Message("Author")
COLUMN_KIND: Final = Message("Kind")
COLUMN_MEMBER: Final = Message("Member")
COLUMN_RULE: Final = Message("Rule")
COLUMN_ID: Final = Message("Id")
ASKS: Final = Message("asks")
