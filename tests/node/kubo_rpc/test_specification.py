"""The page of the standard names what is there, and what is there is named."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from knowchain_node.kubo_rpc.options import EVERYWHERE
from knowchain_node.kubo_rpc.serving import COMMANDS

PAGE = (Path(__file__).parents[3] / "docs" / "spec" / "ipfs.md").read_text().partition("## Kubo's RPC")[2]
NAMED = set(re.findall(r"`([a-z][a-z0-9/-]*)(?:=[^`]*)?`", PAGE))


def test_the_page_lists_every_command():
    rows = re.findall(r"^\| `([a-z/]+)` \| ", PAGE.partition("### add")[0], re.M)
    assert rows == ["id", "version", "add", "cat", *rows[4:]]
    assert set(rows) == set(COMMANDS)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_page_names_every_option(command):
    assert set(COMMANDS[command].options) <= NAMED


def test_the_page_names_what_every_command_knows():
    assert set(EVERYWHERE) <= NAMED
