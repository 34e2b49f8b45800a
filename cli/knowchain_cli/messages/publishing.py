"""publish and revise."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

TEXT: Final = Message(
    "Signs a work: what it is called, in which language, who may see it, under which rights, and the files "
    "that "
    "belong to it. Each file gets its SHA-256 and the CID that every IPFS tool computes; its blocks are on "
    "the "
    "disk before the record is signed. A folder gives all its files.\n\n"
    "With --metadata, every row of a table is published: rights and custody, too. Give the same "
    "table again, and "
    "only what changed is signed.\n\n"
    "Nothing is written if anything is wrong. With --access metadata-only the files are measured and not "
    "published. Access for some people only is refused until there is encryption: it would publish in the "
    "clear."
)
EXAMPLES: Final = (
    (
        'knowchain publish harbour.jpg --title "The harbour" --lang en --access public',
        Message("A picture, with the rights not evaluated."),
    ),
    (
        "knowchain publish scans/ -t 'cy:Hen benillion' -t 'en:Old stanzas' -l cy --access public \\\n"
        "      --creator 'Mari Ellis|transcriber' --date 'c. 1830' --date-edtf 1830~ --license CC-BY-4.0",
        Message("A folder of scans, titles in two languages, a date in words and in EDTF."),
    ),
    (
        "knowchain publish interview.wav -t 'Cyfweliad' -l cy --access metadata-only --in-place",
        Message("Only the description goes out; the recording stays where it is."),
    ),
    (
        "knowchain publish --metadata objects.csv --access metadata-only --dry-run",
        Message("A whole table, tried out; `map suggest` drafts a map for columns of your own."),
    ),
)
REVISE_TEXT: Final = Message(
    "Signs a new version of a work. What you don't name stays as it was; new files join the old ones, or "
    "take "
    "the place of one of the same name. The old version remains, and points nowhere: the new one points to "
    "it."
)
REVISE_EXAMPLES: Final = (
    (
        'knowchain revise bafyrei… --title "The harbour, about 1910"',
        Message("Another title, in the same language."),
    ),
    ("knowchain revise bafyrei… page-002.tif --license CC0-1.0", Message("One more file, and a licence.")),
    ("knowchain revise bafyrei… --remove date", Message("Take a field out.")),
)
REMOVE: Final = Message("Take this field out of the new version. May be repeated.")
READING: Final = Message("Reading files")
SIGNED: Final = Message("Signed the work “{title}”.")
REVISED: Final = Message("Signed a new version of “{title}”, in place of {id}.")
FILES: Final = Message("Files: {count}, {size}")
ID: Final = Message("{id}")
PATH: Final = Message("File")
SIZE: Final = Message("Size")
CID: Final = Message("CID")
MEASURED: Final = Message("not published")
