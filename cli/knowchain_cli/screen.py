"""The screen: where answers go, as text for people or as one JSON document for programs.

With ``--json`` the standard output holds exactly one JSON document, whatever happens, an error included.
Without it, answers go to the standard output; warnings, progress and errors to the standard error.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Final, Literal, TextIO, TypeAlias

from knowchain_cli.catalogue import ENGLISH, Catalogue, Message
from knowchain_cli.terminal_text import safe, safe_lines

if TYPE_CHECKING:
    from rich.console import Console

__all__ = ["Cell", "Screen"]

Cell: TypeAlias = object
"""A cell of a table: a :class:`Message` is translated, anything else is data."""
_GAP: Final = 2
_NARROWEST: Final = 8
Advance: TypeAlias = Callable[[int], None]


class Screen:
    """Shows answers.

    Attributes:
        json: whether answers are JSON.
        quiet: whether only answers are shown: no warnings, no progress, no advice.
    """

    def __init__(
        self, catalogue: Catalogue = ENGLISH, out: TextIO | None = None, err: TextIO | None = None
    ) -> None:
        self.catalogue = catalogue
        self.json = False
        self.quiet = False
        self._out = out or sys.stdout
        self._err = err or sys.stderr
        catalogue.isolate = self._out.isatty()

    # --- JSON ----------------------------------------------------------------------------------------

    def answered(self, document: Mapping[str, object]) -> bool:
        """Give the answer as JSON, if that is asked for; tells whether it was."""
        if self.json:
            self._write(self._out, json.dumps(document, ensure_ascii=False, indent=1))
        return self.json

    # --- text ------------------------------------------------------------------------------------------

    def say(self, message: Message, /, *, indent: int = 0, **fields: object) -> None:
        """A line of the answer."""
        self._write(self._out, " " * indent + self.catalogue.text(message, **fields))

    def data(self, text: str, *, indent: int = 0) -> None:
        """Lines of the answer that are data, such as the words of a note."""
        for line in safe_lines(text, isolate=self.catalogue.isolate):
            self._write(self._out, " " * indent + line)

    def line(self, ready: str, *, indent: int = 0) -> None:
        """A line that is put together of messages which the catalogue has filled in."""
        self._write(self._out, " " * indent + ready)

    def script(self, source: str) -> None:
        """Code for a shell, as it is."""
        self._write(self._out, source)

    def blank(self) -> None:
        """An empty line."""
        self._write(self._out, "")

    def advise(self, message: Message, /, **fields: object) -> None:
        """What to do next; left out with ``--quiet``."""
        if not self.quiet:
            self._write(self._out, self.catalogue.text(message, **fields))

    def warn(self, message: str, /, **fields: object) -> None:
        """Something that the person should know beside the answer."""
        if not self.quiet and not self.json:
            self.complain(message, **fields)

    def complain(self, message: str, /, **fields: object) -> None:
        """A line on the standard error."""
        self._write(self._err, self.catalogue.text(message, **fields))

    def table(self, columns: Sequence[Message], rows: Sequence[Sequence[Cell]]) -> None:
        """A table, its columns aligned by the width that each script takes; cut only on a terminal."""
        from rich.cells import cell_len, set_cell_size

        body = [[self.catalogue.value(cell) for cell in row] for row in rows]
        head = [self.catalogue.text(column) for column in columns]
        widths = [max(cell_len(row[i]) for row in [head, *body]) for i in range(len(columns))]
        self._narrow(widths)
        for line in [head, *body]:
            cells = [
                set_cell_size(cell, width)
                if cell_len(cell) <= width
                else set_cell_size(cell, width - 1) + "…"
                for cell, width in zip(line, widths, strict=True)
            ]
            self._write(self._out, (" " * _GAP).join(cells).rstrip())

    def _narrow(self, widths: list[int]) -> None:
        if not self._out.isatty():
            return
        room = shutil.get_terminal_size().columns - _GAP * (len(widths) - 1)
        while sum(widths) > room and max(widths) > _NARROWEST:
            widths[widths.index(max(widths))] -= 1

    # --- progress --------------------------------------------------------------------------------------

    @contextlib.contextmanager
    def progress(
        self, label: Message, total: int | None = None, unit: Literal["bytes", "items"] = "items"
    ) -> Iterator[Advance]:
        """A bar while something takes long, on a terminal only; what it gives is told how much is done."""
        if self.quiet or self.json or not self._err.isatty() or os.environ.get("TERM") == "dumb":
            yield lambda _done: None
            return
        from knowchain_cli.progress_bar import bar

        with bar(self._console(), self.catalogue.text(label), total, unit) as advance:
            yield advance

    def _console(self) -> Console:
        from rich.console import Console

        return Console(file=self._err, no_color="NO_COLOR" in os.environ, highlight=False)

    # --- writing -----------------------------------------------------------------------------------------

    def _write(self, stream: TextIO, text: str) -> None:
        stream.write(text + "\n")

    def name(self, text: str) -> str:
        """Data within a line that is put together elsewhere."""
        return safe(text, isolate=self.catalogue.isolate)
