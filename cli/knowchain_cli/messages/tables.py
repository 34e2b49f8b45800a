"""publish --metadata, and map: whole tables."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

# --- publish --metadata --------------------------------------------------------------------------------

METADATA: Final = Message(
    "A table, one row an object: CSV, TSV or JSON lines, perhaps in gzip. Each row is published."
)
MAP: Final = Message(
    "With --metadata: what its columns mean: a map file, or the name of one from `map list`."
)
FILES: Final = Message("With --metadata: the folder of the files that its rows name.")
DRY_RUN: Final = Message("With --metadata: check every row and say what would be signed; sign nothing.")
STRICT: Final = Message("With --metadata: sign nothing if any row is bad.")
REPORT: Final = Message(
    "With --metadata: write every problem there, by row and column, and a summary beside it."
)
PUBLISHER: Final = Message("With --metadata: who asserts the rights, if not the name of this identity.")
READING: Final = Message("Reading the table")

DRY: Final = Message("A dry run: nothing was signed. Of {rows} rows, it would be:")
DONE: Final = Message("Of {rows} rows:")
NOTHING_NEW: Final = Message("Nothing new: all {rows} rows are published already, just as they are.")
WORKS: Final = Message("{works} new works, {revised} revised, {unchanged} unchanged")
BESIDE: Final = Message("{events} events, {rights} rights records, {collections} collections")
FILES_DONE: Final = Message("{files} files, {size}")
WITHDRAWN: Final = Message("{count} were retracted, and do not come back by themselves")
UNREAD: Final = Message(
    "{count} custody histories are kept whole, since something in them can't be read for certain"
)
REFUSED: Final = Message(
    "{count} rows were refused. Mend them and give the table again: what is published stays as it is."
)
PROBLEM: Final = Message("{count} × {example}")
ROWS: Final = Message("rows {rows}")
ROW: Final = Message("row {rows}")
REMEDY: Final = Message("{remedy}")
MORE_PROBLEMS: Final = Message("… and {count} further kinds of problems; --report FILE lists all of them")
EXTRA_FILES: Final = Message("no row names {count} files of the folder, such as {path}")
REPORTED: Final = Message("Every problem, by row and column: {path}; in short: {path}.txt")
TAKES_TIME: Final = Message("A running peer does this; it tells no progress before it is done.")

# --- map -----------------------------------------------------------------------------------------------

SUMMARY: Final = Message("Maps: what the columns of somebody's table mean.")
TEXT: Final = Message(
    "A map is a small text file that says which column of a table is the title, the maker, the date, "
    "the rights. "
    "With the header of bulk import or of Dublin Core you need none. For any other table, have one "
    "drafted: it "
    "works as it stands, and keeps what it does not recognise under `source`."
)
EXAMPLES: Final = (
    ("knowchain map suggest objects.csv -o objects.toml", Message("Draft a map, to be looked over.")),
    ("knowchain map check objects.toml objects.csv", Message("Try it on the first rows.")),
    (
        "knowchain publish --metadata objects.csv --map objects.toml --access metadata-only --dry-run",
        Message("See what would be published."),
    ),
)
SUGGEST: Final = Message("Draft a map for a table.")
SUGGEST_TEXT: Final = Message(
    "Reads the first 500 rows and drafts a map: by the names of the columns, in several languages, "
    "and by what "
    "stands in them. Without -o it goes to the standard output."
)
SUGGEST_EXAMPLES: Final = (
    ("knowchain map suggest objects.csv > objects.toml", Message("Into a file, to be looked over.")),
)
OUTPUT: Final = Message("Write the map to this file, which must not exist yet.")
CHECK: Final = Message("Try a map on the first rows of a table.")
CHECK_TEXT: Final = Message(
    "Says how many of the first 500 rows become a work under the map, and what is wrong with the others. "
    "Signs nothing, and needs no home."
)
CHECK_EXAMPLES: Final = (
    ("knowchain map check objects.toml objects.csv", Message("A map of your own.")),
    ("knowchain map check cmoa-json objects.jsonl.gz", Message("One that comes with the program.")),
)
ACCESS: Final = Message(
    "Who may see the works, where neither the map nor the table says it: public or metadata-only."
)
LIST: Final = Message("The maps that come with the program.")
LIST_TEXT: Final = Message("Lists the names of the maps that come with the program; `map show` prints one.")
LIST_EXAMPLES: Final = (("knowchain map list", Message("One name a line.")),)
SHOW: Final = Message("Print a map that comes with the program.")
SHOW_TEXT: Final = Message(
    "Prints a map as it stands: to learn from it, or to begin one of your own with it."
)
SHOW_EXAMPLES: Final = (
    ("knowchain map show cmoa-json > mine.toml", Message("Begin your own with another's.")),
)
NAME: Final = Message("{name}")
WROTE: Final = Message("Wrote {path}. Look it over, then try it: knowchain map check {path} {table}")
CHECKED: Final = Message("{good} of the first {rows} rows become a work.")
