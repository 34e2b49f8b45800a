"""Everything that can be translated, as the file that a translator fills in.

``python -m knowchain_cli.extraction > cy.toml``; then ``KNOWCHAIN_CATALOGUE=cy.toml knowchain …`` shows it.
Templates of errors are found in the sources, since an error is written where it is raised.
"""

from __future__ import annotations

import ast
import importlib
import json
import pkgutil
import sys
from collections.abc import Iterator, Mapping, Sequence
from itertools import chain
from pathlib import Path
from typing import Final

import knowchain
import knowchain_cli.messages
import knowchain_node
from knowchain.chains import Flag
from knowchain.records import IDENTITY
from knowchain.records.bodies import KINDS
from knowchain.records.bodies.structures import Field, ListOf, Object
from knowchain.records.vocabulary.relations import RELATIONS
from knowchain_cli.catalogue import Message

__all__ = ["command_messages", "error_templates", "main", "words"]

_PACKAGES: Final = (knowchain, knowchain_node, knowchain_cli)
_PLACED: Final = "{field}: "
"""What ``Place.error`` puts before a template (knowchain.records.bodies.place)."""


def command_messages() -> Iterator[str]:
    """Every message of the command, module by module."""
    for found in pkgutil.iter_modules(knowchain_cli.messages.__path__):
        module = importlib.import_module(f"knowchain_cli.messages.{found.name}")
        for value in vars(module).values():
            yield from _messages_in(value)


def _messages_in(value: object) -> Iterator[str]:
    if isinstance(value, Message):
        yield str(value)
    elif isinstance(value, Mapping):
        for item in value.values():
            yield from _messages_in(item)
    elif isinstance(value, Sequence) and not isinstance(value, str):
        for item in value:
            yield from _messages_in(item)


def error_templates() -> Iterator[str]:
    """Every template and remedy of an error in the sources of the three packages."""
    for package in _PACKAGES:
        for folder in package.__path__:
            for path in sorted(Path(folder).rglob("*.py")):
                tree = ast.parse(path.read_text(encoding="utf-8"))
                yield from _named_sentences(tree)
                for node in ast.walk(tree):
                    if isinstance(node, ast.Call):
                        yield from _templates_in(node)


def _templates_in(call: ast.Call) -> Iterator[str]:
    name = call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
    yield from (text for each in call.keywords if each.arg == "refused" for text in _constants(each.value))
    remedy = next((each.value for each in call.keywords if each.arg == "remedy"), None)
    texts = [each for argument in call.args for each in _constants(argument)]
    if remedy is not None or name in ("InvalidRecord", "SyncError", "ContentError"):
        prefix = _PLACED if name == "error" else ""
        yield from (prefix + each for each in texts if " " in each or "{" in each)
    if remedy is not None:
        yield from _constants(remedy)


def _named_sentences(tree: ast.Module) -> Iterator[str]:
    """Module constants that hold a sentence, such as a reason that several fields share."""
    for node in tree.body:
        value = node.value if isinstance(node, ast.Assign | ast.AnnAssign) else None
        if isinstance(value, ast.Constant) and isinstance(value.value, str) and value.value.count(" ") > 1:
            yield value.value


def _constants(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.IfExp):
        yield from _constants(node.body)
        yield from _constants(node.orelse)
    elif isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value:
        yield node.value


def words() -> Iterator[str]:
    """The words of the formats that are shown to people: kinds, names of fields, relations, flags."""
    yield from (IDENTITY, *KINDS)
    for kind in KINDS.values():
        yield from _field_names(kind.fields)
        yield from (ref.name for ref in kind.refs)
    yield from RELATIONS
    yield from Flag


def _field_names(fields: Sequence[Field]) -> Iterator[str]:
    for field in fields:
        yield field.name
        inner = field.type.of if isinstance(field.type, ListOf) else field.type
        if isinstance(inner, Object):
            yield from _field_names(inner.fields)


def main() -> None:
    """Write the file, with the English text on both sides."""
    for english in dict.fromkeys(chain(command_messages(), error_templates(), words())):
        quoted = json.dumps(english, ensure_ascii=False)
        sys.stdout.write(f"{quoted} = {quoted}\n")


if __name__ == "__main__":
    main()
