"""profile: the rules by which a feed is ordered."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

TEXT: Final = Message(
    "A profile is a small text file with the rules by which your feeds are ordered: weights, sources, "
    "filters. Some come along; write your own beginning with one of them, use it, and publish it so that "
    "others can use and fork it. `list`, `show`, `check` and `diff` need no home unless a published one is "
    "named by its id."
)
EXAMPLES: Final = (
    ("knowchain profile show balanced > mine.toml", Message("Begin your own with another's.")),
    ("knowchain profile check mine.toml", Message("See whether it can be used.")),
    ("knowchain profile diff balanced mine.toml", Message("See what you changed.")),
)
LIST: Final = Message("The profiles that come along, or those that were published.")
LIST_TEXT: Final = Message(
    "Lists the profiles that come along, each with what it is for; or which is in use, and those that people "
    "published and that are held here."
)
LIST_EXAMPLES: Final = (
    ("knowchain profile list", Message("One a line.")),
    ("knowchain profile list --published", Message("By whom, and under which id.")),
)
PUBLISHED: Final = Message("Those that were published, and the one in use.")
IN_USE: Final = Message("In use: {name} ({kind}).")
KINDS: Final = {
    "own": Message("kept in this home"),
    "preset": Message("comes along"),
    "published": Message("published"),
}
NONE_PUBLISHED: Final = Message("No published profile is held here.")
ROW_PUBLISHED: Final = Message("{name}, by {author}: {reason}")
FLAG: Final = Message("{flag}: {meaning}")
FORK: Final = Message("Begin a profile of your own with another's.")
FORK_TEXT: Final = Message(
    "Writes a copy of a profile to a file, under a name of its own, comments and all. If the profile is "
    "published, the copy names it as its parent, so that `profile diff` and readers can follow where it came "
    "from."
)
FORK_EXAMPLES: Final = (
    ("knowchain profile fork wide mine.toml", Message("From one that comes along.")),
    ("knowchain profile fork bafyreif5 mine.toml --name harbour", Message("From one that was published.")),
)
FORK_NAME: Final = Message("Its name. Default: that of the file.")
REPLACE: Final = Message("Replace the file if it exists.")
FORKED: Final = Message("{file}: {name}")
FORKED_NEXT: Final = Message(
    "Change it, then `knowchain profile check {file}` and `knowchain profile use {file}`."
)
USE: Final = Message("Order feeds by a profile from now on.")
USE_TEXT: Final = Message(
    "Feeds are ordered by this profile whenever no other is named: one that comes along, a file, or a "
    "published one. A file is kept as it is now; change it, and use it again."
)
USE_EXAMPLES: Final = (
    ("knowchain profile use mine.toml", Message("Your own.")),
    ("knowchain profile use --default", Message("Back to the one that comes first.")),
)
USE_DEFAULT: Final = Message("Go back to `balanced`.")
KEPT: Final = Message(
    "The home keeps a copy: a file that is changed later changes nothing until you use it again."
)
PUBLISH: Final = Message("Publish a profile, so that others can use and fork it.")
PUBLISH_TEXT: Final = Message(
    "Signs a profile as a record. It tells others how you order your feeds: whom it names as seeds, and "
    "what it blocks, everybody can read."
)
PUBLISH_EXAMPLES: Final = (
    ("knowchain profile publish mine.toml", Message("A first version.")),
    ("knowchain profile publish mine.toml --revises bafyreif5", Message("In place of an earlier one.")),
)
REVISES: Final = Message("The published profile of yours that it takes the place of.")
DONE_PUBLISHED: Final = Message("{name} is published.")
SHOW: Final = Message("Print a profile.")
SHOW_TEXT: Final = Message(
    "Prints a profile as it was written: one that comes along, a file, or a published one."
)
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
