"""Custody steps as ``event`` bodies in the human form, ready to be validated and signed."""

from __future__ import annotations

from typing import Any

from knowchain.archive.custody.history import CustodyHistory, CustodyStep, Party

__all__ = ["to_events"]


def to_events(history: CustodyHistory, subject: str) -> list[dict[str, Any]]:
    """One ``custody-transfer`` event for each step, in the order of the text.

    Args:
        subject: the work that changed hands, as the human form names it (its id or record id).

    ``from`` is the source that the clause names or, where a semicolon says that nothing lies between, the
    agent of the step before. ``detail`` holds the clause as written, with the notes that it cites. A step
    that its writer hedged has the outcome ``warning``.
    """
    events: list[dict[str, Any]] = []
    for position, step in enumerate(history.steps):
        before = history.steps[position - 1] if step.direct and position else None
        events.append(_event(history, step, before, subject))
    return events


def _event(
    history: CustodyHistory, step: CustodyStep, before: CustodyStep | None, subject: str
) -> dict[str, Any]:
    source = step.source or (before.agent if before else None)
    actor = step.agent or step.source
    event: dict[str, Any] = {
        "event": "custody-transfer",
        "subject": [subject],
        "when": _when(step),
        "agent": {"name": actor.name if actor else "not named", "role": step.capacity},
        "outcome": "success" if step.certain else "warning",
        "detail": _detail(history, step),
    }
    if source is not None:
        event["from"] = _shown(source)
    if step.agent is not None:
        event["to"] = _shown(step.agent)
    return event


def _when(step: CustodyStep) -> dict[str, str]:
    if step.date is None:
        return {"display": "undated"}
    edtf = {"edtf": step.date.edtf} if step.date.edtf else {}
    return {"display": step.date.words, **edtf}


def _shown(party: Party) -> str:
    return f"{party.name}, {party.place}" if party.place else party.name


def _detail(history: CustodyHistory, step: CustodyStep) -> str:
    cited = (note for note in history.footnotes if note.number in step.footnotes)
    notes = (" ".join(note.text.split()) for note in cited)
    return "\n".join([f"{step.method}: {' '.join(step.text.split())}", *notes])
