"""search."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

SEARCH_TEXT: Final = Message(
    "Finds the records in which all the words stand: in titles, names of people and places, subjects, "
    "languages, identifiers and descriptions. Case and accents don't matter; Chinese, Japanese and Korean "
    "are found by any piece, even a single character. The best come first.\n\n"
    "What was taken back is never found; an older version leads to the newest one."
)
SEARCH_EXAMPLES: Final = (
    ("knowchain search harbour", Message("Anywhere in a record.")),
    ("knowchain search 東京 --kind work --lang ja", Message("Works in Japanese.")),
    (
        'knowchain search song --author "Mari Ellis" --since 2026-01-01',
        Message("By one person, since a day."),
    ),
)
KIND: Final = Message("Only records of that kind, such as work or note; may be given again.")
LANG: Final = Message("Only in that language (BCP 47) or a narrower one; may be given again.")
AUTHOR: Final = Message("Only by that person or institution: a name or an id.")
COLLECTION: Final = Message("Only members of that collection.")
SINCE: Final = Message("Only what claims that date or time, or a later one.")
UNTIL: Final = Message("Only what claims an earlier date or time.")
LIMIT: Final = Message("How many; 20 by default, 200 at most.")
CURSOR: Final = Message("Go on where the page before ended.")
ALL: Final = Message("Also what was signed with a key that its identity has disavowed.")

INDEXING: Final = Message("Indexing")
NOTHING: Final = Message("Nothing here has these words.")
UNTITLED: Final = Message("(without a title)")
ABOUT: Final = Message("{kind} by {author}, {day}")
OLDER: Final = Message("found in an older version, {id}")
PASSED_OVER: Final = Message("Not shown, being older versions or signed without authority: {count}")
MORE: Final = Message("More: --cursor {cursor}")
