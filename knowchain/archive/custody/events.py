"""Custody steps as ``event`` bodies in the human form (docs/spec/bodies.md), ready to be composed."""

from __future__ import annotations

from typing import Any, Final

from knowchain.archive.custody.history import CustodyHistory, CustodyStep, Party

__all__ = ["NOT_STATED", "UNKNOWN_TIME", "to_events", "unread_note"]

UNKNOWN_TIME: Final = "XXXX"
"""EDTF for a year of which no digit is known: what an event says when no date can be read with certainty."""
NOT_STATED: Final = "not stated"
"""The name of a party that the text does not name; a ``custody-transfer`` needs both sides."""


def to_events(history: CustodyHistory, subject: str, language: str = "und") -> list[dict[str, Any]]:
    """One ``custody-transfer`` event for each step, in the order of the text.

    Args:
        subject: the record id of the work that changed hands.
        language: the BCP 47 tag of the history's own words, under which ``detail`` keeps them.

    ``from`` is the source that the clause names or, where a semicolon says that nothing lies between, the
    agent of the step before. ``when`` is the time for which the text vouches, in EDTF; its words, like the
    whole clause and the notes that it cites, stand in ``detail``. A step that its writer hedged has the
    outcome ``warning``.
    """
    events: list[dict[str, Any]] = []
    for position, step in enumerate(history.steps):
        before = history.steps[position - 1] if step.direct and position else None
        events.append(_event(history, step, before, subject, language))
    return events


def _event(
    history: CustodyHistory, step: CustodyStep, before: CustodyStep | None, subject: str, language: str
) -> dict[str, Any]:
    giver = step.source or (before.agent if before else None)
    actor = step.agent or step.source
    return {
        "event": "custody-transfer",
        "subject": [subject],
        "when": step.date.edtf if step.date and step.date.edtf else UNKNOWN_TIME,
        "agent": _shown(actor, role=step.capacity),
        "outcome": "success" if step.certain else "warning",
        "from": _shown(giver),
        "to": _shown(step.agent),
        "detail": {language: [_detail(history, step)]},
    }


def _shown(party: Party | None, role: str | None = None) -> dict[str, str]:
    if party is None:
        return {"name": NOT_STATED}
    name = f"{party.name}, {party.place}" if party.place else party.name
    return {"name": name, "role": role} if role else {"name": name}


def _detail(history: CustodyHistory, step: CustodyStep) -> str:
    cited = (note for note in history.footnotes if note.number in step.footnotes)
    notes = (" ".join(note.text.split()) for note in cited)
    return "\n".join([f"{step.method}: {' '.join(step.text.split())}", *notes])


def unread_note(history: CustodyHistory) -> str | None:
    """The whole text, and below it each passage that was not read; None if all of it was read."""
    passages = [" ".join(span.text.split()) for span in history.unread if span.text.strip()]
    if not passages:
        return None
    quoted = "\n".join(f"- {passage}" for passage in passages)
    return f"Custody history as the source has it:\n{history.text.strip()}\n\nNot read as events:\n{quoted}"
