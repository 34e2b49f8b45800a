"""Texts that all help pages share."""

from __future__ import annotations

from typing import Final

from knowchain_cli.catalogue import Message

HOME: Final = Message("The folder of keys and records; by default KNOWCHAIN_HOME, else the usual place.")
JSON: Final = Message("Answer with one JSON document.")
QUIET: Final = Message("Leave out warnings, advice and progress.")
PASSPHRASE_FILE: Final = Message("A file whose first line is the passphrase of the device key.")
HELP: Final = Message("Show this page.")
USAGE: Final = Message("Usage:")
VERB_PIECE: Final = Message("VERB …")
OPTIONS: Final = Message("Options")
EVERYWHERE: Final = Message("With every verb")
VERBS: Final = Message("Verbs")
EXAMPLES: Final = Message("Examples")
YES: Final = Message("yes")
NO: Final = Message("no")
