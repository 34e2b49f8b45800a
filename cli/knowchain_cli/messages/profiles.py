"""profile: the rules by which a feed is ordered."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

TEXT: Final = Message(
    "A profile is a small text file with the rules by which your feeds are ordered: weights, "
    "sources, filters. Some "
    "come along; write your own beginning with one of them. Nothing here needs a home."
)
EXAMPLES: Final = (
    ("knowchain profile show balanced > mine.toml", Message("Begin your own with another's.")),
    ("knowchain profile check mine.toml", Message("See whether it can be used.")),
    ("knowchain profile diff balanced mine.toml", Message("See what you changed.")),
)
LIST: Final = Message("The profiles that come along.")
LIST_TEXT: Final = Message("Lists the profiles that come along, each with what it is for.")
LIST_EXAMPLES: Final = (("knowchain profile list", Message("One a line.")),)
SHOW: Final = Message("Print a profile.")
SHOW_TEXT: Final = Message("Prints a profile as it was written: one that comes along, or a file.")
SHOW_EXAMPLES: Final = (("knowchain profile show small-languages", Message("To learn from it.")),)
CHECK: Final = Message("Check a profile.")
CHECK_TEXT: Final = Message(
    "Reads a profile as a feed would, and says what it does; or names the line of the first fault, "
    "with a remedy."
)
CHECK_EXAMPLES: Final = (("knowchain profile check mine.toml", Message("Before you use it.")),)
DIFF: Final = Message("Tell in which settings two profiles differ.")
DIFF_TEXT: Final = Message(
    "Compares what two profiles say, setting by setting, defaults too. What they would show, `feed "
    "compare` tells."
)
DIFF_EXAMPLES: Final = (("knowchain profile diff balanced mine.toml", Message("What you changed.")),)

ROW: Final = Message("{name}: {reason}")
GOOD: Final = Message("{name} can be used.")
REASON: Final = Message("{reason}")
SETTING: Final = Message("{key} = {value}")
SAME: Final = Message("They say the same.")
COMPARED: Final = Message("First: {first}. Second: {second}.")
COLUMN_SETTING: Final = Message("Setting")
COLUMN_FIRST: Final = Message("First")
COLUMN_SECOND: Final = Message("Second")
NOT_SAID: Final = Message("—")
