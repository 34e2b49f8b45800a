"""Custody histories: from what a museum wrote to one step per event that can be read with certainty.

>>> history = read_custody("Mary Smith [1830-1903], Boston, MA, until 1903; gift to the Museum, 1903.")
>>> [(step.agent.name, step.method) for step in history.steps if step.agent]
[('Mary Smith', 'unstated'), ('Museum', 'gift')]

What can't be read so is kept whole, with its place in the text, in ``history.unread``. The grammar, and
why each rule is as strict as it is, is in docs/spec/custody.md.
"""

from knowchain.archive.custody.events import to_events, unread_note
from knowchain.archive.custody.history import (
    Capacity,
    CustodyDate,
    CustodyHistory,
    CustodyStep,
    Footnote,
    Method,
    Party,
    Span,
)
from knowchain.archive.custody.reading import read_custody

__all__ = [
    "Capacity",
    "CustodyDate",
    "CustodyHistory",
    "CustodyStep",
    "Footnote",
    "Method",
    "Party",
    "Span",
    "read_custody",
    "to_events",
    "unread_note",
]
