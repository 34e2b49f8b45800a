"""feed and inbox."""

from __future__ import annotations

from typing import Final

from knowchain.home.inbox import Concern
from knowchain.ranking.reasons import DROP_WORDS, MOVE_WORDS, TEMPLATES, UNMET_WORDS
from knowchain_cli.catalogue import Message

FEED_TEXT: Final = Message(
    "Shows what is new and worth your time, in the order of your own rules: a profile, a small file that you "
    "can read and change. Nobody else's weight, clock or hidden signal moves an item, and every item says "
    "why it stands where it does; the parts add up exactly.\n\n"
    "`feed why ID` tells what became of any work, shown or not. Profiles that come along: balanced (used "
    "unless you name another), chronological, plain (nothing about you is used), scholarship, "
    "small-languages, wide."
)
FEED_EXAMPLES: Final = (
    ("knowchain feed show", Message("The best of now, by the profile `balanced`.")),
    ("knowchain feed show --profile mine.toml --limit 50", Message("By your own profile.")),
    ("knowchain feed why bafyreif5", Message("Why a work is, or is not, among them.")),
)
SHOW: Final = Message("Show the best of now.")
SHOW_TEXT: Final = Message(
    "Shows the best works that are held here, with the reasons for each. The same profile, records, follows "
    "and moment give the same feed on every machine; `--as-of` names the moment."
)
SHOW_EXAMPLES: Final = (
    ("knowchain feed show --profile small-languages", Message("Another profile that comes along.")),
    ("knowchain feed show --as-of 2026-11-01T12:00:00Z --json", Message("As of a moment; as JSON.")),
)
WHY: Final = Message("Tell why a work is shown where it is, or not at all.")
WHY_TEXT: Final = Message(
    "Tells what became of one work in a feed: its rank and what added to its score, how far it is below the "
    "last one shown, or which rule left it out."
)
WHY_EXAMPLES: Final = (
    ("knowchain feed why bafyreif5", Message("In the feed that `feed show` shows.")),
    ("knowchain feed why bafyreif5 --profile mine.toml", Message("In that of another profile.")),
)
PROFILE: Final = Message(
    "A profile: a file, the name of one that comes along, or the id of a published one. Default: the one in "
    "use (`profile use`), or balanced."
)
AS_OF: Final = Message("The moment, such as 2026-11-01T12:00:00Z. Default: now.")
REMEMBER: Final = Message(
    "Whether what is shown counts as shown, for the signal `novelty`, and towards what languages are owed. "
    "Default: if the profile reads either and no --as-of is given. It stays in this home."
)
CONTRIBUTION: Final = Message("Tell who made what others rely on.")
CONTRIBUTION_TEXT: Final = Message(
    "The public ledger behind the signal `contribution`: works, translations and reviews that people whom "
    "your trust reaches have cited, quoted, translated or taken into a collection. With WHO, line by line: "
    "which record, who relies on it, and what that is worth; it fades with time."
)
CONTRIBUTION_EXAMPLES: Final = (
    ("knowchain feed contribution", Message("Everybody, the greatest first.")),
    ("knowchain feed contribution Mari", Message("What Mari made that others rely on.")),
)
NO_CONTRIBUTIONS: Final = Message("Nobody whom your trust reaches has taken up a record of anybody else yet.")
EARNER: Final = Message("{name}: {total}, from {lines} uses · signal {signal}")
EARNED: Final = Message("{amount}  {made} “{title}”, which {by} relies on since {day}")
MADE: Final = {
    "review": Message("review"),
    "translation": Message("translation"),
    "work": Message("work"),
}
RECEIPT: Final = Message("Write the receipt of a feed, which anyone can re-run.")
RECEIPT_TEXT: Final = Message(
    "Ranks a feed and writes its receipt: the rules, what was held, what was shown and left out, and "
    "hashes of every reason, signed by you. Whoever holds the same records can re-run it on another "
    "machine, bit for bit: `feed audit FILE`. What you follow and have seen is only committed to by a "
    "hash, unless you open it; a profile that reads neither needs nothing opened."
)
RECEIPT_EXAMPLES: Final = (
    ("knowchain feed receipt monday.receipt --profile plain", Message("Nothing about you is used in it.")),
    (
        "knowchain feed receipt monday.receipt --open",
        Message("With what you follow."),
    ),
)
OPEN: Final = Message("Put what you follow and have seen into the file, as far as the profile reads it.")
REPLACE: Final = Message("Replace the file if it exists.")
RECEIPT_WRITTEN: Final = Message("{file}: the receipt of {items} items by {profile}, {size}.")
RECEIPT_CLOSED: Final = Message(
    "It only commits to what the profile reads of you ({private}); nobody else can re-run it until you "
    "write it again with --open and the same --as-of."
)
RECEIPT_OPENED: Final = Message("It tells what the profile reads of you: {private}.")
AUDIT: Final = Message("Re-run a receipt.")
AUDIT_TEXT: Final = Message(
    "Checks a receipt's signature, ranks the records of its snapshot by its rules, and compares "
    "everything. The answer is `match`, `differs` with the first place that does, or `missing input` with "
    "what lacks here. If this home holds other records by now, those of the snapshot are taken into a "
    "store of their own first, which takes a while."
)
AUDIT_EXAMPLES: Final = (("knowchain feed audit monday.receipt", Message("Is it as its reader says?")),)
MATCH: Final = Message("match: {items} items by {profile}, as {name} signed them, on every bit")
DIFFERS_AT: Final = Message("differs at {at}: {fields}")
DIFFERS_IN: Final = Message("differs in what is said of the feed: {fields}")
LACKING: Final = Message("missing input: {count} records or bodies of the snapshot are not here")
LACKING_PRIVATE: Final = Message("missing input: {name} only committed to {private}")
LACKING_NEXT: Final = Message(
    "Let a peer bring them, or import an export of that reader: `knowchain import`."
)
LACKING_PRIVATE_NEXT: Final = Message("Ask for a receipt that was written with --open.")
SNAPSHOTS: Final = Message("Name what is held, or compare it with what somebody else holds.")
SNAPSHOTS_TEXT: Final = Message(
    "Two homes that hold the same records and bodies have one snapshot, and their feeds by one profile are "
    "equal. If the snapshots differ, --compare tells what lacks here, and what the other leaves out. It "
    "reads a file that --out wrote elsewhere, or a receipt."
)
SNAPSHOTS_EXAMPLES: Final = (
    ("knowchain feed snapshot", Message("Its id, as feeds and receipts name it.")),
    ("knowchain feed snapshot --out here.car", Message("For somebody who wants to compare.")),
    ("knowchain feed snapshot --compare monday.receipt", Message("With what the reader of a receipt held.")),
)
SNAPSHOT_OUT: Final = Message("Write the manifest to a file, as a CAR.")
SNAPSHOT_COMPARE: Final = Message("Compare with a file that --out wrote, or with a receipt.")
HELD: Final = Message("{heads} heads, {absent} bodies that lack, on the network {network}")
HOLD_THE_SAME: Final = Message("Both hold the same.")
LACKS_HERE: Final = Message("Heads that are not here: {count}")
LACKS_THERE: Final = Message("Records that are here and not among theirs: {count}")
ABSENT_HERE: Final = Message("Bodies that they hold and that are not here: {count}")
ABSENT_THERE: Final = Message("Bodies that are here and that they don't hold: {count}")
MAY_BE_BENEATH: Final = Message(
    "Some of the records may lie beneath heads that are not here. Import those first, and compare again."
)
FORGET: Final = Message("Forget what feeds have shown you.")
FORGET_TEXT: Final = Message(
    "Forgets which works feeds have shown you, how often, and what that left each language owed. Only "
    "profiles that weigh `novelty` or give languages their part keep count; it never leaves this home."
)
FORGET_EXAMPLES: Final = (("knowchain feed forget", Message("Everything is new again.")),)
FORGOTTEN: Final = Message("Works forgotten: {count}.")
LIMIT: Final = Message("How many items. Default: what the profile says.")
READING: Final = Message("Reading what is held")

HEADING: Final = Message("{profile}: {reason}")
HEADING_PLAIN: Final = Message("{profile}")
COUNTS: Final = Message("{shown} of {candidates} candidates, out of {works} works, as of {time}")
EMPTY: Final = Message("Nothing to show.")
EMPTY_NEXT: Final = Message("Publish a work, or import some: `knowchain import FILE`.")
ITEM: Final = Message("{rank}. {title}")
UNTITLED: Final = Message("(no title)")
BY: Final = Message("{author}, {day} · score {score} · {id}")
BY_IN: Final = Message("{author}, {day}, in {languages} · score {score} · {id}")
ADDS: Final = Message("{adds}  {signal}: {reason}")
COSTS: Final = Message("{costs}  {rule}, for its place: {reason}")
MOVED_BY: Final = Message("{rule}: {reason}")
WAS: Final = Message("by score alone it is number {rank}")
FROM: Final = Message("given by: {sources}")
FLAG: Final = Message("{flag}: {meaning}")
DROPPED: Final = Message("Left out: {reasons}")
COUNTED: Final = Message("{reason} {count}")
SNAPSHOT: Final = Message("snapshot {snapshot}")

PLACED: Final = Message("It is number {rank} of {candidates}.")
NOT_SHOWN: Final = Message(
    "It is number {rank} of {candidates}: not shown, {short} below the last one shown."
)
MOVED_BEYOND: Final = Message(
    "It is number {rank} of {candidates} by score, and number {place} once the profile's rules have moved "
    "works: not shown."
)
UNPLACED: Final = Message(
    "It is number {rank} of {candidates} by score: not shown, and not among the 500 places that a "
    "feed can have."
)
TIED: Final = Message(
    "It is number {rank} of {candidates}: not shown. Its score equals that of the last one shown; between "
    "equals a hash decides that nobody can choose."
)
LEFT_OUT: Final = Message("It is left out ({reason}): {because}.")

INBOX_TEXT: Final = Message(
    "Lists what came since you last looked and concerns your records: quotations, notes and evaluations, "
    "corrections, disputes, labels; what became of the sources that you cite; and signs that one of your "
    "keys is in other hands. What is listed counts as read; that stays in this home."
)
INBOX_EXAMPLES: Final = (
    ("knowchain inbox", Message("What is new.")),
    ("knowchain inbox --keep", Message("The same, and leave it unread.")),
    ("knowchain inbox --all --limit 200", Message("From the beginning.")),
)
KEEP: Final = Message("Leave what is listed unread.")
ALL: Final = Message("From the beginning, also what was read.")
INBOX_LIMIT: Final = Message("How many; 50 by default, 500 at most.")
NOTHING_NEW: Final = Message("Nothing new.")
MORE: Final = Message("There is more: run `knowchain inbox` again.")
MORE_KEPT: Final = Message("There is more: name a greater --limit, or leave --keep out.")
NOTICE: Final = Message("{day}  {author} {concern}")
WITH_TITLE: Final = Message("“{title}”")
ABOUT: Final = Message("about your “{title}”")
CONCERNS: Final = {
    Concern.QUOTES: Message("quotes you"),
    Concern.DERIVES: Message("made something out of a work of yours"),
    Concern.CITES: Message("refers to you"),
    Concern.CORRECTS: Message("published another version of a record of yours"),
    Concern.DISPUTES: Message("disputes a record of yours"),
    Concern.NOTES: Message("wrote a note on a record of yours"),
    Concern.EVALUATES: Message("evaluates a record of yours"),
    Concern.LABELS: Message("put a label on a record of yours"),
    Concern.TELLS: Message("tells of something that happened to a record of yours"),
    Concern.TRUSTS: Message("says how far they rely on you"),
    Concern.ASKS: Message("asks to be part of a collection or work of yours"),
    Concern.WITHDRAWS_SOURCE: Message("took back something that you rely on"),
    Concern.RENEWS_SOURCE: Message("published a newer version of something that you rely on"),
    Concern.FORKS_KEY: Message(
        "signed with a key of yours beside its chain. If that was not you, the key was stolen: "
        "`knowchain keys recover`"
    ),
    Concern.CHANGES_IDENTITY: Message("changed your identity elsewhere: see `knowchain keys log`"),
}

REASONS: Final = tuple(
    Message(template)
    for words in (TEMPLATES, DROP_WORDS, MOVE_WORDS, UNMET_WORDS)
    for template in words.values()
)
"""What the library says of signals, drops and moves; here, so that a translator meets it."""

COMPARE: Final = Message("Set two profiles side by side.")
COMPARE_TEXT: Final = Message(
    "Ranks what is held by two profiles, at one moment, and says what each shows, where an item "
    "stands in either, "
    "and which signals make the difference. Both are ranked as a feed is; nothing is estimated."
)
COMPARE_EXAMPLES: Final = (
    ("knowchain feed compare balanced small-languages", Message("Two that come along.")),
    ("knowchain feed compare mine.toml balanced --limit 50", Message("A profile of your own.")),
)
WHAT_IF: Final = Message("See what other weights would show.")
WHAT_IF_TEXT: Final = Message(
    "Ranks what is held by a profile as it is, and with other weights for some signals, and sets "
    "both side by side. "
    "Weights are in thousandths, as in a profile: 900 stands for 0.9, and 0 leaves a signal out. With "
    "--show, tells which single weight would put a work on the page; each was tried by ranking again."
)
WHAT_IF_EXAMPLES: Final = (
    ("knowchain feed what-if --weight trust=500", Message("If trust counted less.")),
    ("knowchain feed what-if --show bafyreif5", Message("What it would take for this work to be shown.")),
    (
        "knowchain feed what-if --profile mine.toml --weight fresh=0 --weight axis.truth=2000",
        Message("If what is new did not matter, and what people hold true did."),
    ),
)
WANTED: Final = Message("A work: which single weight would put it on the page?")
WOULD_SHOW: Final = Message(
    "{signal} = {becomes} in place of {weight}: number {place}; {leaves} others leave the page"
)
SHOWN_ALREADY: Final = Message("It is on the page already.")
DROPPED_WHATEVER: Final = Message("It is left out ({reason}), whatever the weights: `feed why` tells more.")
NOTHING_SHOWS: Final = Message("No single weight puts it on the page; tried: {signals}.")
WEIGHT: Final = Message("Another weight, in thousandths. May be repeated.")
COMPARED: Final = Message("Both show {both}; {first} shows {only_first} more, {second} {only_second} more.")
SAME: Final = Message("Both show the same {both}, in the same order.")
COLUMN_FIRST: Final = Message("1st")
COLUMN_SECOND: Final = Message("2nd")
COLUMN_TITLE: Final = Message("Title")
COLUMN_WHY: Final = Message("What differs")
NOT_ON_THE_PAGE: Final = Message("({rank})")
DIFFERS: Final = Message("{signal} {first} → {second}")
