"""Logs: lines for people, or JSON lines for programs; neither ever carries a secret.

Whatever is logged passes :func:`redacted` last, so that a secret that a library put into a message by mistake
does not reach the disk. It takes out what it was told to keep secret, such as the token, and what looks so.
"""

from __future__ import annotations

import json
import logging
import re
import sys
import time
from collections.abc import Mapping
from typing import Any, Final, TextIO

from knowchain_node.settings import LogConfig

__all__ = ["JsonLines", "TextLines", "keep_secret", "redacted", "start_logs"]

_STANDARD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}
_SECRETS: Final = (
    (re.compile(r"(?i)\b(bearer\s+)\S+"), r"\1…"),
    (re.compile(r"(?i)\b(authorization['\"]?\s*[:=]\s*['\"]?)(?!bearer\b)[^\s'\"]+"), r"\1…"),
    (
        re.compile(r"(?i)\b((?:pass(?:word|phrase)|secret|token|seed)['\"]?\s*[:=]\s*['\"]?)[^\s'\",}]+"),
        r"\1…",
    ),
    # A recovery secret as it is spelled: seventeen groups of four hexadecimal digits.
    (re.compile(r"(?i)\b[0-9a-f]{4}(?: [0-9a-f]{4}){16}\b"), "…"),
)


_known: Final[set[str]] = set()
_SHORTEST: Final = 16


def keep_secret(secret: str) -> None:
    """Take ``secret`` out of every line from now on; one that is shorter than 16 characters is no secret."""
    if len(secret) >= _SHORTEST:
        _known.add(secret)


def redacted(text: str) -> str:
    """``text`` without what is secret or looks like it."""
    for secret in _known:
        text = text.replace(secret, "…")
    for pattern, replacement in _SECRETS:
        text = pattern.sub(replacement, text)
    return text


def start_logs(config: LogConfig, stream: TextIO | None = None) -> None:
    """Send knowchain's logs, and the warnings of libraries, to ``stream`` (by default the standard error)."""
    stream = sys.stderr if stream is None else stream
    as_text = config.format == "text" or (config.format == "auto" and stream.isatty())
    handler = logging.StreamHandler(stream)
    handler.setFormatter(TextLines() if as_text else JsonLines())
    root = logging.getLogger()
    for former in root.handlers[:]:
        root.removeHandler(former)
    root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger("knowchain").setLevel(config.level.upper())
    logging.getLogger("knowchain_node").setLevel(config.level.upper())
    logging.captureWarnings(True)


def _extra(record: logging.LogRecord) -> Mapping[str, Any]:
    """What was given beside the message."""
    return {name: value for name, value in vars(record).items() if name not in _STANDARD}


class JsonLines(logging.Formatter):
    """One JSON object a line: ``time`` (RFC 3339, UTC), ``level``, ``logger``, ``message``, and additions."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        document: dict[str, object] = {
            "time": _moment(record.created),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": redacted(record.getMessage()),
        }
        for name, value in _extra(record).items():
            plain = value if isinstance(value, int | float | bool) or value is None else redacted(str(value))
            document.setdefault(name, plain)
        if record.exc_info:
            document["traceback"] = redacted(self.formatException(record.exc_info))
        return json.dumps(document, ensure_ascii=False)


class TextLines(logging.Formatter):
    """A line for people: time of day, level, message, additions. Control characters are spelled out."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        clock = time.strftime("%H:%M:%S", time.localtime(record.created))
        extra = "".join(f" {name}={value}" for name, value in _extra(record).items())
        line = _printable(redacted(record.getMessage() + extra))
        if record.exc_info:
            line += "\n" + redacted(self.formatException(record.exc_info))
        return f"{clock} {record.levelname.lower():<7} {line}"


def _moment(seconds: float) -> str:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(seconds))
    return f"{stamp}.{int(seconds % 1 * 1000):03d}Z"


def _printable(text: str) -> str:
    """Messages carry words of other peers, which must not drive a terminal."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)
