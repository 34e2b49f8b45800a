"""The verbs of the command: each parses what was typed, asks the home, and shows the answer."""
