"""The verbs of the top level, in the order in which the help lists them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from knowchain_cli.commands import Entry, Help
from knowchain_cli.messages import overview as text

__all__ = ["ENTRIES", "OVERVIEW"]

OVERVIEW: Final = Help(text.SUMMARY, text.TEXT, text.EXAMPLES)

ENTRIES: Final[Mapping[str, Entry]] = {
    "init": Entry("init", text.INIT, text.BEGIN),
    "publish": Entry("publish", text.PUBLISH, text.WRITE),
    "map": Entry("table", text.MAP, text.WRITE),
    "revise": Entry("publish", text.REVISE, text.WRITE),
    "note": Entry("say", text.NOTE, text.WRITE),
    "evaluate": Entry("say", text.EVALUATE, text.WRITE),
    "retract": Entry("say", text.RETRACT, text.WRITE),
    "reinstate": Entry("say", text.REINSTATE, text.WRITE),
    "collection": Entry("collection", text.COLLECTION, text.WRITE),
    "show": Entry("show", text.SHOW, text.READ),
    "verify": Entry("verify", text.VERIFY, text.READ),
    "trace": Entry("trace", text.TRACE, text.READ),
    "search": Entry("search", text.SEARCH, text.READ),
    "feed": Entry("feed", text.FEED, text.READ),
    "profile": Entry("profile", text.PROFILE, text.READ),
    "groups": Entry("groups", text.GROUPS, text.READ),
    "inbox": Entry("feed", text.INBOX, text.READ),
    "blast": Entry("trace", text.BLAST, text.READ),
    "name": Entry("people", text.NAME, text.PEOPLE),
    "follow": Entry("people", text.FOLLOW, text.PEOPLE),
    "unfollow": Entry("people", text.UNFOLLOW, text.PEOPLE),
    "trust": Entry("say", text.TRUST, text.PEOPLE),
    "export": Entry("carry", text.EXPORT, text.CARRY),
    "import": Entry("carry", text.IMPORT, text.CARRY),
    "keys": Entry("keys", text.KEYS, text.KEEP),
    "content": Entry("content", text.CONTENT, text.KEEP),
    "stats": Entry("keep", text.STATS, text.KEEP),
    "fsck": Entry("keep", text.FSCK, text.KEEP),
    "rebuild": Entry("keep", text.REBUILD, text.KEEP),
    "backup": Entry("keep", text.BACKUP, text.KEEP),
    "restore": Entry("keep", text.RESTORE, text.KEEP),
    "erase": Entry("keep", text.ERASE, text.KEEP),
    "node": Entry("node", text.NODE, text.RUN),
    "version": Entry("program", text.VERSION, text.KEEP),
    "completion": Entry("program", text.COMPLETION, text.KEEP),
}
