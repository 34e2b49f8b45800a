"""The options that describe a work."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

TITLE: Final = Message("What it is called. Repeat it for other languages: --title cy:'Yr harbwr'.")
LANG: Final = Message(
    "The language of the content, as BCP 47 (en, cy, zh-Hant; und if unknown). The first one is also that of "
    "titles and descriptions that name none."
)
ACCESS: Final = Message(
    "Who may see the files: everybody, or nobody (then only their sizes and digests go out)."
)
KIND: Final = Message(
    "Text, StillImage, MovingImage, Sound, PhysicalObject, Collection, Dataset or InteractiveResource; "
    "by default what the names of the files tell."
)
CREATOR: Final = Message("Who made it, and in which role: 'Ann Ellis|photographer'. May be repeated.")
DATE: Final = Message("When it was made, in the words of the source: 'c. 1910'.")
DATE_EDTF: Final = Message("The same as EDTF, if you read it so: 1910~.")
DESCRIPTION: Final = Message("What it is. May be repeated, as the title may.")
SUBJECT: Final = Message("What it is about. May be repeated.")
PLACE: Final = Message("Where it was made, or what place it is about. May be repeated.")
PART_OF: Final = Message("A collection or work that it belongs to. May be repeated.")
ID: Final = Message("Its own lasting name: an ARK, a DOI, or your own; by default a new urn:uuid.")
IDENTIFIER: Final = Message("A further identifier, such as accession:1974.12. May be repeated.")
MADE_WITH: Final = Message(
    "An AI model, program or instrument that took part, what it did, and what a person did to its output: "
    "'Whisper|ai-model|transcribed|reviewed'. May be repeated."
)
FIELD: Final = Message("Any other field of docs/spec/bodies.md, such as extent='32 pages'. May be repeated.")
RIGHTS: Final = Message(
    "A RightsStatements URI, or the id of a rights record; by default “copyright not evaluated”."
)
LICENCE: Final = Message("A licence, as SPDX names it: CC-BY-4.0.")
FILE_ROLE: Final = Message("What the files are for: access, preservation, transcript …")
IN_PLACE: Final = Message("Leave the files where they are: copy nothing, and notice when they change.")
HIDDEN: Final = Message("Also take files whose names begin with a dot.")
PROFILE: Final = Message(
    "How files become blocks, which decides their CIDs; classic is `ipfs add --cid-version=1`."
)
