"""trace and blast."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

TRACE_TEXT: Final = Message(
    "Tells where a record comes from: what it was made out of, quotes or cites, who signed it, with which "
    "model or program, and how it came here. And what became of it: newer versions, translations, quotes, "
    "reviews, judgements, retractions, and what happened to the thing itself, such as changes of custody.\n\n"
    "A line that begins with ! says what to know before relying on a record. Three times are kept apart: "
    "what the author claims, what is proven, and when it came here. Names of words in JSON and PROV: "
    "docs/spec/trace.md."
)
TRACE_EXAMPLES: Final = (
    ("knowchain trace bafyreif5", Message("Both ways, as text.")),
    ("knowchain trace bafyreif5 --up --depth 2", Message("Its sources, and theirs.")),
    (
        "knowchain trace bafyreif5 --format prov > harbour.json",
        Message("A W3C PROV document that other programs read."),
    ),
)
BLAST_TEXT: Final = Message(
    "Lists every record here that derives from a record, quotes, cites or judges it, or is under its rights "
    "or part of it, and what stands on those in turn, by distance and by author: whom to tell, and what to "
    "look at again. Those that had merely seen it are listed apart.\n\n"
    "With a key (did:key:…, as `knowchain show` names it) it does so for all that the key signed: from where "
    "its identity revoked it, or from --since on. A time counts the records that claim it or came here later."
)
BLAST_EXAMPLES: Final = (
    ("knowchain blast bafyreif5", Message("What stands on a record that was retracted.")),
    ("knowchain blast did:key:z6Mk… --since 2026-01-31", Message("A key that was stolen that day.")),
    ("knowchain blast did:key:z6Mk… --since 41 --json", Message("From its record number 41 on.")),
)
UP: Final = Message("Only its sources.")
DOWN: Final = Message("Only what became of it.")
BOTH: Final = Message("Both; as if nothing was said.")
DEPTH: Final = Message("How many references away; by default as far as --most allows.")
MOST_TRACED: Final = Message("How many records each way; 200 by default.")
FORMAT: Final = Message("text, json, mermaid, dot, prov (PROV-JSON) or provn.")
PREFERRED: Final = Message("Language in which titles are preferred; may be given again.")
SINCE: Final = Message("Of a key: a sequence number, a record, or a date or time.")
MOST_AFFECTED: Final = Message("How many records are listed; all are counted. 1,000 by default.")
