"""note, evaluate, trust, retract and reinstate."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

SIGNED: Final = Message("Signed: {kind} {id}")
ID: Final = Message("{id}")
LANG: Final = Message("The language of what you write, as BCP 47; und if you don't say.")
NO_LANGUAGE: Final = Message("the language of the text is not said; it is kept as und. Say it with --lang.")
MADE_WITH: Final = Message("An AI model or program that took part: 'TOOL|KIND|ROLE|HUMAN', as with publish.")
FIELD: Final = Message("Any other field of docs/spec/bodies.md, as NAME=JSON. May be repeated.")

NOTE_TEXT: Final = Message(
    "Says something about a record, or takes something from it: a comment, a review, a quotation, a "
    "citation, a "
    "translation. It is a record of its own that points at the other, and changes nothing in it."
)
NOTE_EXAMPLES: Final = (
    ('knowchain note bafyrei… "The brickworks closed in 1931." -l en', Message("A comment.")),
    (
        "knowchain note bafyrei… -m translation --from cy --to en --text 'Three things …'",
        Message("A translation of it."),
    ),
    (
        "knowchain note bafyrei… -m quote --exact 'Tri pheth sy hawdd' --locator 'f. 12r'",
        Message("A passage from it, word for word."),
    ),
)
MOTIVATION: Final = Message("What the note does; by default annotation.")
TEXT: Final = Message("The words of the note; the same as giving them behind the id.")
TITLE: Final = Message("A heading.")
EXACT: Final = Message("For a quote: the passage, word for word.")
LOCATOR: Final = Message("For a quote or citation: a page, folio, line or time.")
FROM: Final = Message("For a translation: the language of the original.")
TO: Final = Message("For a translation: the language of your text.")
DISPUTES: Final = Message(
    "Say that the record is wrong: it is marked as disputed wherever your note is seen."
)

EVALUATE_TEXT: Final = Message(
    "Judges a record, from −2 to 2, on one axis or several, with your reason: truth (from false to true), "
    "goodness "
    "(harmful to beneficial), beauty (ugly to beautiful), wisdom (foolish to wise), sacredness (profane to "
    "sacred). "
    "Each axis is a record of its own. Another axis must say what its ends mean.\n\n"
    "Readers decide whose judgements count for them, and how much."
)
EVALUATE_EXAMPLES: Final = (
    (
        'knowchain evaluate bafyrei… --truth 2 --beauty 1 --reason "I stood there; it is as shown." -l en',
        Message("Two axes, one reason."),
    ),
    (
        "knowchain evaluate bafyrei… --axis playable=1 --low 'cannot be played' --high 'plays at sight' -l "
        "en",
        Message("An axis of your own."),
    ),
)
AXIS_TRUTH: Final = Message("From −2, false, to 2, true.")
AXIS_GOODNESS: Final = Message("From −2, harmful, to 2, beneficial.")
AXIS_BEAUTY: Final = Message("From −2, ugly, to 2, beautiful.")
AXIS_WISDOM: Final = Message("From −2, foolish, to 2, wise.")
AXIS_SACREDNESS: Final = Message("From −2, profane, to 2, sacred.")
AXIS: Final = Message("Any axis, as NAME=VALUE. May be repeated.")
LOW: Final = Message("What −2 means on an axis of your own.")
HIGH: Final = Message("What 2 means on an axis of your own.")
TAKEN_IN: Final = Message(
    "A language in which you read, heard or saw it, as BCP 47. May be repeated. By this the signal `outward` "
    "knows which works found readers in many languages."
)
REASON: Final = Message("Why, in your words.")

TRUST_TEXT: Final = Message(
    "Says how far you rely on somebody, from −2 (distrust) to 2 (as on yourself), for everything or for "
    "topics, "
    "languages, axes or kinds of records. The record is public, and the latest one toward a person and "
    "scope counts."
)
TRUST_EXAMPLES: Final = (
    (
        'knowchain trust "Mari Ellis" 2 --topic "folk song" --reason "Right for years." -l en',
        Message("Rely on her for one topic."),
    ),
    ("knowchain trust bafyrei… -1", Message("Be wary of somebody.")),
    ("knowchain trust Spammer --block", Message("See nothing of theirs, and take no trust through them.")),
)
BLOCK: Final = Message("Show nothing of theirs.")
TOPIC: Final = Message("Only for this topic. May be repeated.")
SCOPE_LANGUAGE: Final = Message("Only for this language. May be repeated.")
SCOPE_AXIS: Final = Message("Only for this axis of evaluation. May be repeated.")
SCOPE_KIND: Final = Message("Only for this kind of record. May be repeated.")
EXPIRES: Final = Message("Until when, such as 2027-01-31T00:00:00Z.")

RETRACT_TEXT: Final = Message(
    "Takes back a record of yours: peers that cooperate stop listing and serving it. With --erase its text "
    "is "
    "destroyed, too, after 30 days in which a stolen key can be stopped.\n\n"
    "In plain words: nobody can recall what somebody copied, nor force an unknown peer to delete it. That "
    "the record "
    "existed, when, and who signed it remains for ever; what it said does not."
)
RETRACT_EXAMPLES: Final = (
    ("knowchain retract bafyrei… --reason mistake", Message("A word of the list.")),
    ('knowchain retract bafyrei… --reason "The family asked for it." -l en', Message("Or your own words.")),
    ("knowchain retract bafyrei… --erase --reason privacy", Message("Have the text destroyed.")),
)
ERASE: Final = Message("Have its text destroyed, not only hidden.")
RETRACT_REASON: Final = Message(
    "mistake, superseded, duplicate, rights, privacy, community-request, court-order, safety, stolen-key, "
    "other; or "
    "your own words."
)
REPLACEMENT: Final = Message("What to use in its place. May be repeated.")
RETRACTED: Final = Message("Taken back: {record}")
ERASING: Final = Message(
    "To be erased: {record}. Its text is not served from now on, and destroyed after 30 days."
)

REINSTATE_TEXT: Final = Message(
    "Lets a record stand again that you took back: signs a retraction of your retraction. Text that was "
    "destroyed "
    "does not come back."
)
REINSTATE_EXAMPLES: Final = (("knowchain reinstate bafyrei…", Message("It stands again.")),)
REINSTATED: Final = Message("It stands again: {record}")
