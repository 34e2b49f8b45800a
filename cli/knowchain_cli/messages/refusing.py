"""How errors are told."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

ERROR: Final = Message("Error: {message}")
REMEDY: Final = Message("  → {remedy}")
WARNING: Final = Message("Note: {message}")
BODY: Final = Message("This {kind} can't be written:")
UNKNOWN_VERB: Final = Message("there is no verb {field}")
UNKNOWN_OPTION: Final = Message("there is no option {field}")
DID_YOU_MEAN: Final = Message("did you mean `{near}`? `{path} --help` lists them all")
SEE_HELP: Final = Message("`{path} --help` shows how it goes, with examples")
MISSING: Final = Message("{field} is missing")
NO_VALUE: Final = Message("{field} needs a value")
NO_CHOICE: Final = Message("{field}: that is not a choice")
CHOICES: Final = Message("give one of {choices}")
BAD_VALUE: Final = Message("{field}: {why}")
NOT_UNDERSTOOD: Final = Message("not understood: {why}")
INTERRUPTED: Final = Message("Interrupted; nothing is half-done.")
