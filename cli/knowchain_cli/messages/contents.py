"""content."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

SUMMARY: Final = Message("Files by CID: bring in, give out, list, check, let go of.")
TEXT: Final = Message(
    "The files of this home, as blocks that every IPFS tool understands. `publish` brings files in by "
    "itself; here "
    "you work with them by CID."
)
EXAMPLES: Final = (
    ("knowchain content add scans/", Message("Bring a folder in and keep it; the answer is its CID.")),
    (
        "knowchain content get bafy…/page-001.tif -o page.tif",
        Message("Write a file out, every byte verified."),
    ),
)
ADD: Final = Message("Bring a file or folder in.")
ADD_TEXT: Final = Message(
    "Brings a file or folder in and pins it, so that it is kept until you unpin it. The CID is the one that "
    "`ipfs add` gives under the same profile."
)
ADD_EXAMPLES: Final = (
    ("knowchain content add scans/", Message("A folder.")),
    ("knowchain content add film.mkv --in-place", Message("Copy nothing: refer to the file where it is.")),
    ("knowchain content add book.pdf --profile classic", Message("The CID of `ipfs add --cid-version=1`.")),
)
PROFILE: Final = Message("How files become blocks, which decides their CIDs.")
IN_PLACE: Final = Message("Leave the files where they are, and notice when they change.")
NAME: Final = Message("What the pin is called; by default the name of the file.")
SYMLINKS: Final = Message("Keep symlinks as symlinks; by default they are refused.")
NO_HIDDEN: Final = Message("Leave out files whose names begin with a dot.")
ADDED: Final = Message("Brought in {name}: {size}, {profile}")
CID: Final = Message("{cid}")
GET: Final = Message("Write a file or folder out.")
GET_TEXT: Final = Message(
    "Writes a file to the standard output or to --output, a folder to --output, every block verified as it "
    "is read."
)
GET_EXAMPLES: Final = (
    ("knowchain content get bafy…/page-001.tif -o page.tif", Message("A file within a folder.")),
    ("knowchain content get bafy… > page.tif", Message("To the standard output.")),
)
OUTPUT: Final = Message("Where to write; must not exist.")
WROTE: Final = Message("Wrote {path}, {size}.")
LS: Final = Message("List a folder.")
LS_TEXT: Final = Message("Lists what is in a folder; sizes are those of all blocks beneath, as claimed.")
LS_EXAMPLES: Final = (("knowchain content ls bafy…/scans", Message("A folder within a folder.")),)
STAT: Final = Message("What a CID is, and who refers to it.")
STAT_TEXT: Final = Message(
    "Tells what a CID is, how many of its blocks are here, and which records and pins name it."
)
STAT_EXAMPLES: Final = (("knowchain content stat bafy…", Message("A file or folder.")),)
GC: Final = Message("Let go of what nothing refers to.")
GC_TEXT: Final = Message(
    "Lets go of every block that no record, pin or upload in flight needs, and erases it from the disk."
)
GC_EXAMPLES: Final = (
    ("knowchain content gc --dry-run", Message("Only tell.")),
    ("knowchain content gc", Message("Do it.")),
)
DRY_RUN: Final = Message("Only tell what would go.")
COLLECTED: Final = Message("Let go of {count} blocks, {size}; the disk holds {freed} less. Kept: {kept}.")
WOULD_COLLECT: Final = Message("Would let go of {count} blocks, {size}. Would keep: {kept}.")
MISSING_BLOCKS: Final = Message("blocks that records name and that are not here: {count}")
SCRUB: Final = Message("Read everything again and check it.")
SCRUB_TEXT: Final = Message(
    "Reads blocks again at a set rate and hashes them; what is bad goes into quarantine and is served no "
    "more. Each "
    "check is recorded, so an interrupted scrub goes on where it was. The exit code is 1 if something is bad."
)
SCRUB_EXAMPLES: Final = (
    ("knowchain content scrub --days 90", Message("What was not read again in 90 days.")),
    ("knowchain content scrub --due --days 90", Message("Only tell how much that is.")),
)
DAYS: Final = Message("Only what was not read again in so many days; by default everything.")
RATE: Final = Message("Megabytes a second; by default 50.")
DUE: Final = Message("Only tell how much is due.")
DUE_LINE: Final = Message("Not read again in {days} days: {count} blocks, {size}")
SCRUBBED: Final = Message("Read again: {count} blocks, {size}; bad: {bad}.")
BAD_BLOCK: Final = Message("{cid} in {where}: {detail}")
SIGN_CHECKS: Final = Message(
    "Also sign what was found as events: one for each work of yours with a bad file, and some that name "
    "those that are whole."
)
CHECKS_SIGNED: Final = Message("Signed {count} events.")
SCRUBBING: Final = Message("Reading again")
READING: Final = Message("Reading")
WRITING: Final = Message("Writing")
COLUMN_NAME: Final = Message("Name")
COLUMN_SIZE: Final = Message("Size")
COLUMN_CID: Final = Message("CID")
KIND: Final = Message("Kind      {kind}")
SIZE: Final = Message("Size      {size}")
BLOCKS: Final = Message("Blocks    {here} here, {missing} missing, {size} in all, as claimed")
PINNED: Final = Message("Pinned    {names}")
NAMED_BY: Final = Message("Named by  {record}")

IMPORT: Final = Message("Take a file or folder in from a CAR.")
IMPORT_TEXT: Final = Message(
    "Takes in what a CAR holds under its root, checks every block and that all of it is there, and keeps it "
    "until it is unpinned. Blocks that are here already may lack in the file. For a CAR with records, use "
    "`knowchain import`."
)
IMPORT_EXAMPLES: Final = (
    ("knowchain content import scans.car", Message("What `ipfs dag export` or a gateway gave.")),
)
ROOT: Final = Message("What of the CAR is kept, where it names several roots or none.")
FETCH: Final = Message("Fetch a file or folder from peers or gateways, check it, and keep it.")
FETCH_TEXT: Final = Message(
    "Fetches everything under a CID and checks each block as it comes, so that it does not matter from whom "
    "it comes. A running peer asks over bitswap, as Kubo and Helia speak it: the peers of --from, then those "
    "that it is connected with, then those that a router names (--router, or routing.delegated in "
    "config.toml). Gateways are asked where they are named, or where a router knows some and no peer had it."
)
FETCH_EXAMPLES: Final = (
    (
        "knowchain content fetch bafy… --from /ip4/192.0.2.7/tcp/4001/p2p/12D3KooW…",
        Message("From a peer that you name, such as a Kubo node."),
    ),
    (
        "knowchain content fetch bafy… --gateway https://gateway.example",
        Message("From a gateway that you name."),
    ),
    (
        "knowchain content fetch bafy… --router https://router.example",
        Message("From whoever has it, as a router says."),
    ),
)
FROM: Final = Message("A peer that has it, over bitswap: /ip4/…/tcp/…/p2p/…. May be repeated.")
GATEWAY: Final = Message("A trustless gateway, such as another peer's. May be repeated.")
ROUTER: Final = Message("A delegated router that says who has it. May be repeated.")
FETCHING: Final = Message("Fetching")
FETCHED: Final = Message("From {source}.")
NO_PEER_GAVE: Final = Message("Not from peers: {why} Gateways are asked now.")
KEPT: Final = Message("Kept {name}: {blocks} blocks, {size}.")
