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
    "revise": Entry("publish", text.REVISE, text.WRITE),
    "show": Entry("show", text.SHOW, text.READ),
    "verify": Entry("verify", text.VERIFY, text.READ),
}
