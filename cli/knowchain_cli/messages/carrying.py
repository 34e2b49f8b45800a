"""export and import."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

EXPORT_TEXT: Final = Message(
    "Writes records to a file (a CAR, which every IPFS tool reads) that can be carried on a stick and "
    "checked "
    "anywhere: with each record comes all that its check needs, and with --content its files.\n\n"
    "Without ids, everything that you signed; --all is everything that is held here."
)
EXPORT_EXAMPLES: Final = (
    ("knowchain export mine.car --content", Message("All that you signed, with the files.")),
    ("knowchain export two.car bafyrei… bafyrei…", Message("Two records.")),
    (
        "knowchain export cwm.car --collection bafyrei… --content",
        Message("A collection with its members and files."),
    ),
)
COLLECTION: Final = Message("A collection, with its members. May be repeated.")
ALL: Final = Message("Everything that is held here.")
CONTENT: Final = Message("Also the files.")
REPLACE: Final = Message("Replace the file if it exists.")
WRITING: Final = Message("Writing records")
EXPORTED: Final = Message(
    "Wrote {file}: records {records} ({chosen} asked for), texts {bodies}, files {files}, {size}."
)
MISSING_FILES: Final = Message("files that are not whole here, and so not in it: {count}")

IMPORT_TEXT: Final = Message(
    "Takes records in from a file: one that `export` wrote, any other CAR of version 1, or a single record. "
    "Everything passes the same checks as what comes over a network; the order in the file does not "
    "matter. The exit "
    "code is 1 unless every record in it is held afterwards.\n\n"
    "A home that was made with `init --device` takes on the identity whose log in the file names its key."
)
IMPORT_EXAMPLES: Final = (
    ("knowchain import mine.car", Message("Take in what somebody gave you.")),
    ("knowchain verify mine.car", Message("Only check it.")),
)
READING: Final = Message("Reading")
IMPORTED: Final = Message(
    "Records in the file: {records}. New {accepted}, here before {duplicates}, rejected {rejected}, "
    "without their parents {parked}."
)
NOTHING_NEW: Final = Message("Nothing new: all of it is here already.")
BODIES: Final = Message("Texts that are here: {bodies}. Files: {files}.")
ADOPTED: Final = Message("This device signs for {identity} from now on.")
REJECTED: Final = Message("Rejected ({reason}): {detail}")
PARENTS: Final = Message("These parents lack:")

FILE_GOOD: Final = Message("Valid: {valid} of {records} records.")
FILE_BAD: Final = Message("NOT ALL VALID: {valid} of {records} records; rejected: {rejected}.")
FILE_EMPTY: Final = Message("There is no record in it: {blocks} blocks of something else.")
FILE_WAITING: Final = Message("Rightly signed, but their parents are not in the file: {count}")
FILE_BODIES: Final = Message("Texts: {bodies} as signed, {missing} not in the file.")
FILE_FILES: Final = Message("Files: {files} whole, {missing} not in the file.")
FILE_FORKED: Final = Message("A key signed two things in the same place; the ends of its chain:")
