"""groups."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

TEXT: Final = Message(
    "Viewpoint groups are people who judge works alike. `compute` finds them from the evaluations that "
    "are held here; `publish` signs them as a record; a profile that names this record with "
    "`reader.groups` can weigh the signal `bridge`, which is high for works of which every group "
    "approves.\n\n"
    "The same records, trust and moment give the same groups on every machine; nothing is drawn by lot, "
    "and nobody is asked who they are. Only how people judged works counts."
)
EXAMPLES: Final = (
    ("knowchain groups compute", Message("See whether the people whom you trust fall into groups.")),
    ("knowchain groups publish", Message("Sign what was found, for your own profile or anybody's.")),
    ("knowchain groups show bafyreif5", Message("Who is in published groups, and what sets them apart.")),
)

COMPUTE: Final = Message("Find groups of people who judge alike.")
COMPUTE_TEXT: Final = Message(
    "Looks at everybody whom your trust reaches and who judged enough works, and finds groups that judge "
    "alike. How many there are is decided by what they tell: groups found from half of the works are "
    "asked how people judged the other half. Nothing is signed."
)
COMPUTE_EXAMPLES: Final = (
    ("knowchain groups compute --groups 3 --judgements 10", Message("Three, of people with ten judgements.")),
    (
        "knowchain groups compute --everybody --out groups.json",
        Message("Whoever judged; keep them in a file."),
    ),
)
PUBLISH: Final = Message("Sign groups as a record that profiles can name.")
PUBLISH_TEXT: Final = Message(
    "Finds groups as `compute` does, and signs them. With FILE, signs what `compute --out` wrote there, "
    "which you may have changed: the titles of groups, or a reason."
)
PUBLISH_EXAMPLES: Final = (
    ("knowchain groups publish", Message("As they are found now.")),
    ("knowchain groups publish groups.json", Message("As they stand in a file.")),
)
SHOW: Final = Message("Show published groups, and what sets them apart.")
SHOW_TEXT: Final = Message(
    "Tells who signed the groups, how they were found, who is in them, and which works that are held here "
    "they judge most differently."
)
SHOW_EXAMPLES: Final = (
    ("knowchain groups show bafyreif5", Message("The first letters of an id are enough.")),
)

GROUPS: Final = Message("How many groups, 2 to 5; otherwise as many as tell most.")
JUDGEMENTS: Final = Message("How many works somebody must have judged; 5 by default.")
MINIMUM: Final = Message(
    "Thousandths of a wholly trusted person: with less behind its judgements a group says nothing of a "
    "work; 100 by default."
)
EVERYBODY: Final = Message("Count everybody alike, and not only those whom your trust reaches.")
PROFILE: Final = Message("The profile whose seeds your trust starts from; `balanced` by default.")
AS_OF: Final = Message("The moment; now by default. A date, or a date and time.")
OUT: Final = Message("Write the record, not signed, to a new file.")

READING: Final = Message("Reading records")
FOUND: Final = Message(
    "{groups} groups among {people} people, who made {judgements} judgements of {works} works."
)
TELLS: Final = Message(
    "Who knows somebody's group foretells how they judge another work in {with_groups} of 100 cases; without "
    "groups in {without}."
)
ALIKE: Final = Message(
    "No groups: {people} people, who made {judgements} judgements of {works} works, judge alike, or each in "
    "their own way."
)
ALIKE_BY: Final = Message(
    "Groups would not foretell how somebody judges another work any better: without, {without} of 100 cases; "
    "with two, {with_two}."
)
NOBODY: Final = Message("No groups: {people} people judged enough works; at least 4 are needed.")
NOBODY_NEXT: Final = Message(
    "Say whom you rely on with `knowchain trust`, add --everybody, or lower --judgements."
)
TOO_FEW: Final = Message("Left out, since they judged fewer works than --judgements says: {count} people.")
UNNAMED: Final = Message("The record has no room for {count} of these people.")
COLUMN_GROUP: Final = Message("Group")
COLUMN_PEOPLE: Final = Message("People")
COLUMN_NAMED: Final = Message("Named")
COLUMN_MINIMUM: Final = Message("Minimum")
COLUMN_SUCH_AS: Final = Message("Such as")
COLUMN_WORK: Final = Message("Work")
COLUMN_GROUPS: Final = Message("Groups")
COLUMN_JUDGED: Final = Message("Judged by")
COLUMN_ID: Final = Message("Id")
DIVIDED: Final = Message("Judged most differently: how surely somebody of each group approves, of 100")
UNITED: Final = Message("All groups approve:")
MEMBER: Final = Message("{name} {part}‰")
UNTITLED: Final = Message("(no title)")
WRITTEN: Final = Message("Written to {file}. `knowchain groups publish {file}` signs it.")
NOT_WRITTEN: Final = Message("Nothing was written to {file}: there are no groups to keep.")
SIGNED: Final = Message("Signed: {id}")
USE: Final = Message('In a profile: groups = "{id}" under [reader], and a weight for bridge under [weights].')
BY: Final = Message("By {author}, as of {as_of}, found by {method}.")
REASON: Final = Message("“{reason}”")
PARAMETER: Final = Message("{name} {value}")
PARAMETERS: Final = Message("Told: {told}")
SNAPSHOT: Final = Message("snapshot {snapshot}")
JUDGING: Final = Message("Of the people named, {count} judged works that are held here.")
NO_DIFFERENCE: Final = Message("There are too few judgements here to tell what sets these groups apart.")
