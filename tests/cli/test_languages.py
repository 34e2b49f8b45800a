"""A second language: every text passes the catalogue, and nothing else is written to the screen."""

from __future__ import annotations

import ast
import json
import re
from pathlib import Path
from string import Formatter
from typing import Any

import pytest

import knowchain_cli
from knowchain.errors import InvalidValue, NotFound
from knowchain_cli.catalogue import Catalogue, Message, Word, read_catalogue
from knowchain_cli.extraction import command_messages, error_templates, main, words

SOURCES = Path(knowchain_cli.__file__).parent


def foreign(template: str) -> str:
    """A template in a made-up language: every letter from another script, fields and code as they are."""
    parts = []
    for literal, field, _, _ in Formatter().parse(template):
        pieces = re.split(r"(`[^`]*`)", literal.replace("{", "{{").replace("}", "}}"))
        parts += [piece if piece.startswith("`") else _other_letters(piece) for piece in pieces]
        parts.append("" if field is None else f"{{{field}}}")
    return "".join(parts)


def _other_letters(text: str) -> str:
    return "".join(
        chr(0x0430 + ord(c.lower()) - ord("a")) if c.isascii() and c.isalpha() else c for c in text
    )


@pytest.fixture
def catalogue_file(tmp_path: Path) -> str:
    path = tmp_path / "made-up.toml"
    entries = dict.fromkeys([*command_messages(), *error_templates(), *words()])
    lines = [f"{json.dumps(each)} = {json.dumps(foreign(each))}" for each in entries]
    path.write_text("\n".join(lines), encoding="utf-8")
    return str(path)


def english_words(text: str) -> set[str]:
    """What could be English: three letters of ASCII and more, apart from names that stay as they are."""
    text = re.sub(
        r"`[^`]*`|baf[a-z2-7]+…?|did:key:\w+|urn:uuid:[\w-]+|https?://\S+|-{1,2}[\w-]+|/[\w./-]+", " ", text
    )
    return set(re.findall(r"[A-Za-z]{3,}", text)) - NAMES


NAMES = {
    # of people, files, standards and measures, which stand in every language
    "UTC",
    "CID",
    "txt",
    "text",
    "plain",
    "Мари",
    "main",
    "JSON",
    "SQLite",
    "Python",
    "CPU",
    # words of the formats in values, which the records themselves hold
    "Text",
    "public",
    "access",
    "annotation",
    "und",
    "owner",
    "control",
    "add",
    "CNE",
    "vocab",
    "kind",
    "unixfs",
    "knowchain",
    "mistake",
    "DIR",
    "FILE",
    "NAME",
    # what was typed, and what the system itself says
    "publsh",
    "publish",
    "missing",
    "sealed",
    "such",
    "file",
    "directory",
    # suggestions of words, which the library puts together
    "give",
    "one",
    "the",
}


def test_no_english_is_left_on_the_screen_in_another_language(newcomer: Any, catalogue_file: str) -> None:
    person = newcomer("foreign")
    person.environment["KNOWCHAIN_CATALOGUE"] = catalogue_file
    told = [person("init", "--name", "Мари", "--recovery-file", "r").out]
    person.write("f.txt", b"x")
    published = person("publish", "f.txt", "-t", "Гавань", "-l", "uk", "--access", "public")
    work = re.search(r"bafyrei\w+", published.out.splitlines()[-1])[0]  # type: ignore[index]
    told += [published.out, published.err]
    for line in (
        ["show", work],
        ["verify", work],
        ["note", work, "Так"],
        ["retract", work, "--reason", "mistake"],
        ["show", work],
        ["reinstate", work],
        ["keys", "list"],
        ["stats"],
        ["fsck"],
        ["name"],
        ["follow"],
        ["collection", "list"],
        ["export", "x"],
        ["verify", "x"],
        ["import", "x"],
        ["erase"],
        ["content", "scrub"],
        ["content", "gc", "--dry-run"],
        ["backup", "b"],
    ):
        answer = person(*line)
        told += [answer.out, answer.err]
    for line in (
        ["publsh"],
        ["publish", "--titel", "x"],
        ["show"],
        ["publish", "-t", "а"],
        ["import", "missing"],
        ["retract", "bafyreiaaaaaaaa", "--reason", "mistake"],
        ["restore"],
        ["export", "x"],
        ["publish", "-t", "а", "-l", "uk", "--access", "sealed"],
    ):
        answer = person.type(*line)
        assert answer.code
        told.append(answer.err)
    left = {word for text in told for word in english_words(text)}
    assert not left, sorted(left)


def test_help_pages_are_in_the_other_language_too(newcomer: Any, catalogue_file: str) -> None:
    person = newcomer("foreign")
    for words_typed in (["--help"], ["publish", "--help"], ["keys", "--help"], ["keys", "add", "--help"]):
        page = person(*words_typed, KNOWCHAIN_CATALOGUE=catalogue_file).out
        assert "Usage" not in page
        assert "Options" not in page
        prose = [line for line in page.splitlines() if not line.lstrip().startswith(("knowchain", "-", "--"))]
        assert sum(len(english_words(line)) for line in prose) < len(prose), page


def test_every_template_can_be_filled_in_any_language(catalogue_file: str) -> None:
    catalogue = read_catalogue(Path(catalogue_file))
    for template in command_messages():
        fields = {name: "x" for _, name, _, _ in Formatter().parse(template) if name}
        assert catalogue.text(template, **fields) == foreign(template).format(**fields)


def test_values_are_never_read_as_templates() -> None:
    catalogue = Catalogue({"kind": "{evil}", "Hello {name}": "Helo {name}"})
    assert catalogue.text(Message("Hello {name}"), name="{0} {name}") == "Helo {0} {name}"
    assert catalogue.text(Message("Hello {name}"), name=Word("kind")) == "Helo {evil}"


@pytest.mark.parametrize("translated", ["{other}", "{", "{0}"])
def test_a_translation_with_other_fields_is_refused(tmp_path: Path, translated: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(f'"Hello {{name}}" = "{translated}"\n')
    with pytest.raises(InvalidValue, match="does not fit"):
        read_catalogue(path)
    with pytest.raises(NotFound):
        read_catalogue(tmp_path / "missing.toml")


def test_the_file_for_translators_is_whole_and_valid(tmp_path: Path, capsys: Any) -> None:
    main()
    path = tmp_path / "cy.toml"
    path.write_text(capsys.readouterr().out, encoding="utf-8")
    catalogue = read_catalogue(path)
    for template in command_messages():
        assert catalogue.template(template) == template


def test_nothing_writes_to_the_screen_but_the_screen() -> None:
    """No print, no click.echo, no literal text: mypy wants a Message, and so does this."""
    for path in SOURCES.rglob("*.py"):
        if path.name in ("extraction.py", "screen.py"):
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = ast.unparse(node.func)
            assert name not in ("print", "click.echo", "click.secho", "echo", "sys.stdout.write"), (
                f"{path}: {name}"
            )
            if name.endswith((".say", ".advise", ".warn", ".complain")) and node.args:
                assert not isinstance(node.args[0], ast.Constant | ast.JoinedStr), (
                    f"{path}: {ast.unparse(node)}"
                )
