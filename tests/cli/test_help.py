"""Help that teaches: every verb has a page with examples that work, and the first page comes at once."""

from __future__ import annotations

import re
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from knowchain_cli.commands import CONTEXT, Root
from knowchain_cli.overview import ENTRIES, OVERVIEW
from knowchain_cli.screen import Screen
from knowchain_cli.session import Session

COMMAND = Path(sys.executable).with_name("knowchain")


def every_verb() -> Iterator[tuple[str, Any]]:
    root = Root("knowchain", entries=ENTRIES, taught=OVERVIEW, context_settings=CONTEXT)
    context = click.Context(root, info_name="knowchain", obj=Session(Screen()))
    for name in root.list_commands(context):
        command = root.get_command(context, name)
        yield name, command
        if isinstance(command, click.Group):
            for inner in command.list_commands(context):
                yield f"{name} {inner}", command.get_command(context, inner)


VERBS = dict(every_verb())


@pytest.mark.parametrize("name", VERBS)
def test_each_verb_says_what_it_is_for_and_shows_examples(name: str) -> None:
    taught = VERBS[name].taught
    assert taught.summary
    assert len(taught.text) > 10
    assert 1 <= len(taught.examples) <= 4
    for line, meaning in taught.examples:
        assert line.startswith(("knowchain ", "KNOWCHAIN"))
        assert meaning


@pytest.mark.parametrize("name", VERBS)
def test_the_options_of_each_example_exist(name: str) -> None:
    """An example is split as a shell would, and every option in it belongs to the verb that it names."""
    for line, _ in VERBS[name].taught.examples:
        words = shlex.split(line.replace("\\\n", " "))
        words = words[: next((i for i, word in enumerate(words) if word in (">", ">>", "|")), None)]
        verb = " ".join(words[1:3]) if " ".join(words[1:3]) in VERBS else words[1]
        known = {option for param in VERBS[verb].params for option in param.opts}
        used = {word.partition("=")[0] for word in words if re.match(r"--?[a-z]", word)}
        assert used <= known, (line, used - known)


@pytest.mark.parametrize("name", VERBS)
def test_every_option_is_explained(name: str) -> None:
    for param in VERBS[name].params:
        if isinstance(param, click.Option):
            assert param.help, param.opts


def test_the_first_page_groups_the_verbs_and_says_where_to_begin(mari: Any) -> None:
    page = mari("--help").out
    assert "Begin with `init`" in page
    for name in ENTRIES:
        assert re.search(rf"^  {name}\s", page, re.MULTILINE), name
    assert mari().out == page
    assert "list" in mari("keys", code=2).out


def test_the_first_page_loads_no_verb_and_no_store() -> None:
    """Counted in modules, which no busy machine makes slower."""
    code = (
        "import sys; from knowchain_cli.main import run; run(['--help']); "
        "sys.stderr.write('\\n'.join(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    loaded = set(done.stderr.split())
    heavy = {
        "knowchain.home",
        "knowchain.storage",
        "sqlite3",
        "nacl",
        "rich",
        "asyncio",
        "numpy",
        "aiohttp",
        "libp2p",
    }
    assert not {name for name in loaded if name in heavy}


@pytest.mark.slow
def test_the_first_page_comes_within_some_starts_of_the_interpreter() -> None:
    def seconds(*words: str) -> float:
        start = time.perf_counter()
        subprocess.run(words, capture_output=True, check=True, timeout=60)
        return time.perf_counter() - start

    pairs = [(seconds(str(COMMAND), "--help"), seconds(sys.executable, "-c", "pass")) for _ in range(9)]
    assert statistics.median(ours / bare for ours, bare in pairs) < 12
