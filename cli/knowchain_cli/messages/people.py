"""name, follow and unfollow."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

NAME_TEXT: Final = Message(
    "Gives somebody a name of your own, a petname, which stays in this home and is shown in place of the "
    "name that "
    "they gave themselves. Nobody owns a display name; your petname means one identity and no other.\n\n"
    "Without a name, lists the people who are known here."
)
NAME_EXAMPLES: Final = (
    ('knowchain name "Mari Ellis" Mari', Message("From now on she is Mari to you.")),
    ("knowchain name --remove Mari", Message("Forget the name.")),
    ("knowchain name", Message("Who is known here.")),
)
REMOVE: Final = Message("Forget this petname.")
NAMED: Final = Message("{id} is {petname} to you.")
FORGOTTEN: Final = Message("The name {petname} is forgotten.")
PETNAME: Final = Message("Your name")
DISPLAY_NAME: Final = Message("Their name")
IDENTITY: Final = Message("Identity")
NOBODY: Final = Message("Nobody is known here yet.")

FOLLOW_TEXT: Final = Message(
    "Follows people, collections, languages and topics: what concerns them comes first. Without anything "
    "named, lists "
    "what you follow. It stays in this home; --publish signs the whole list for everybody to read."
)
FOLLOW_EXAMPLES: Final = (
    (
        'knowchain follow "Mari Ellis" --language cy --topic "folk song"',
        Message("Somebody, a language, a topic."),
    ),
    ("knowchain follow", Message("What is followed.")),
    ("knowchain follow --publish", Message("Let everybody know.")),
)
UNFOLLOW_TEXT: Final = Message(
    "Follows less. A list that was published stays as it was until you publish it again."
)
UNFOLLOW_EXAMPLES: Final = (("knowchain unfollow --topic 'folk song'", Message("Not that topic any more.")),)
COLLECTION: Final = Message("A collection. May be repeated.")
LANGUAGE: Final = Message("A language, with what is narrower. May be repeated.")
TOPIC: Final = Message("A topic, as works name their subjects. May be repeated.")
PUBLISH: Final = Message("Sign the whole list as a public record.")
NOTHING: Final = Message("Nothing is followed.")
PERSON: Final = Message("person")
A_COLLECTION: Final = Message("collection")
A_LANGUAGE: Final = Message("language")
A_TOPIC: Final = Message("topic")
WHAT: Final = Message("What")
WHICH: Final = Message("Which")
PUBLISHED: Final = Message("Signed for everybody to read: {id}")
