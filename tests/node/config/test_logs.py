"""Logs: one line for each event, in the form that was asked for, and never a secret."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest

from knowchain_node.logs import redacted, start_logs
from knowchain_node.settings import LogConfig

TOKEN = "kJ8fQz-3nV_2mXw7Lr5TbYc1HdPs6GoUe9ZiNaKvRqM"
RECOVERY = " ".join(["0f1e"] * 17)


@pytest.fixture
def log() -> Iterator[logging.Logger]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield logging.getLogger("knowchain.test")
    root.handlers[:], root.level = handlers, level
    logging.captureWarnings(False)
    for name in ("knowchain", "knowchain_node"):
        logging.getLogger(name).setLevel(logging.NOTSET)


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def started(form: str = "json", level: str = "info", stream: io.StringIO | None = None) -> io.StringIO:
    stream = stream or io.StringIO()
    start_logs(LogConfig(level, form), stream)  # type: ignore[arg-type]
    return stream


def test_json_lines_carry_what_was_added(log):
    stream = started()
    log.info("met %s", "a peer", extra={"peer": "12D3", "ms": 1.5})
    document = json.loads(stream.getvalue())
    assert document["message"] == "met a peer"
    assert (document["level"], document["peer"], document["ms"]) == ("info", "12D3", 1.5)
    assert document["time"].endswith("Z")


def test_people_on_a_terminal_get_text_and_programs_get_json(log):
    terminal, pipe = Terminal(), io.StringIO()
    started("auto", stream=terminal)
    log.warning("careful")
    started("auto", stream=pipe)
    log.warning("careful")
    assert terminal.getvalue().rstrip().endswith("warning careful")
    assert json.loads(pipe.getvalue())["message"] == "careful"


def test_what_is_below_the_level_is_not_told(log):
    stream = started(level="warning")
    log.info("quiet")
    assert stream.getvalue() == ""


@pytest.mark.parametrize("form", ["json", "text"])
@pytest.mark.parametrize(
    "message",
    [
        f"Authorization: Bearer {TOKEN}",
        f"bearer {TOKEN}",
        f'{{"token": "{TOKEN}"}}',
        f"passphrase={TOKEN}",
        f"password: {TOKEN}",
        f"seed={TOKEN}",
        f"the secret: {TOKEN} was given",
        f"secret: {RECOVERY}",
        f"read {RECOVERY}",
    ],
)
def test_no_secret_reaches_the_log_however_it_came_into_a_message(log, form, message):
    stream = started(form)
    log.error(message)
    log.error("with more", extra={"header": message})
    try:
        raise RuntimeError(message)
    except RuntimeError:
        log.exception("failed")
    assert TOKEN not in stream.getvalue()
    assert RECOVERY not in stream.getvalue()
    assert "…" in stream.getvalue()


def test_ordinary_words_stay():
    for text in ("the peer 12D3KooW… is shut out for 60 s", "3 bodies were erased", "a token of thanks"):
        assert redacted(text) == text


def test_words_of_strangers_do_not_drive_the_terminal(log):
    stream = started("text")
    log.warning("name: %s", "\x1b[2J\u202ehello\nfake line")
    text = stream.getvalue()
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert text.count("\n") == 1
