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
RUN: Final = Message("Run a peer")

INIT: Final = Message("Make a home: your identity, a key for this device, a recovery file.")
PUBLISH: Final = Message("Sign a work, with its files; or one for each row of a table.")
MAP: Final = Message("Say what the columns of a table mean: draft a map, try it.")
REVISE: Final = Message("Sign a new version of a work.")
SHOW: Final = Message("Show a record in words.")
VERIFY: Final = Message("Check a record, or a file of records, from the bytes up.")
NOTE: Final = Message("Say something about a record: a comment, a quotation, a translation …")
EVALUATE: Final = Message("Judge a record, with your reason.")
RETRACT: Final = Message("Take a record of yours back, or have its text destroyed.")
REINSTATE: Final = Message("Let a record stand again that you took back.")
COLLECTION: Final = Message("Collections: make one, add to it, see what is in it.")
NAME: Final = Message("Give somebody a name of your own; see who is known here.")
FOLLOW: Final = Message("Follow people, collections, languages, topics.")
UNFOLLOW: Final = Message("Follow less.")
TRUST: Final = Message("Say how far you rely on somebody.")
EXPORT: Final = Message("Write records to a file, to be carried and checked anywhere.")
IMPORT: Final = Message("Take records in from a file.")
KEYS: Final = Message("Devices and their keys: list, add, revoke, rotate, recover.")
CONTENT: Final = Message("Files by CID: bring in, give out, list, check, let go of.")
STATS: Final = Message("What is here, in numbers.")
FSCK: Final = Message("Check the whole home.")
REBUILD: Final = Message("Make the record store again from its blocks.")
BACKUP: Final = Message("Copy records and keys to a folder.")
RESTORE: Final = Message("Make a home from a backup.")
ERASE: Final = Message("Destroy the texts whose erasure is due.")
VERSION: Final = Message("Which version this is.")
COMPLETION: Final = Message("Completion for your shell.")
TRACE: Final = Message("Tell where a record comes from and what became of it.")
SEARCH: Final = Message("Find records by their words, in any script.")
FEED: Final = Message("What is new and worth your time, by your own rules, with the reasons.")
PROFILE: Final = Message("The rules that order a feed: list, print, check, compare them.")
GROUPS: Final = Message("Viewpoint groups: who judges alike, and what all of them approve of.")
INBOX: Final = Message("Read what others did that concerns your records.")
BLAST: Final = Message("List what stands on a record or a key that turned out bad.")
NODE: Final = Message("Run a peer, and look after it.")
