"""Targets in the settings: what is wrong is told with a remedy, and no token is told at all."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Any

import pytest

from knowchain.errors import InvalidValue
from knowchain_node.config import read_environment, read_file, read_line, settled
from knowchain_node.logs import redacted
from knowchain_node.pinning.config import TargetConfig
from knowchain_node.pinning.exchange import Exchange
from knowchain_node.pinning.opening import read_tokens

SECRET = "very-secret-token-0123456789"
KUBO = TargetConfig("archive", "kubo", "http://127.0.0.1:5001")


def test_targets_are_tables_in_the_file_and_toml_on_the_line() -> None:
    text = """
[[pinning.targets]]
name = "archive"
kind = "kubo"
url = "http://127.0.0.1:5001/"

[[pinning.targets]]
name = "service"
kind = "service"
url = "https://pins.example/psa"
pins = "chosen"
token_file = "pinning.token"
"""
    expected = (
        KUBO,
        TargetConfig("service", "service", "https://pins.example/psa", "chosen", "pinning.token"),
    )
    assert settled(read_file(text, "config.toml")).config.pinning.targets == expected
    line = '[{name = "archive", kind = "kubo", url = "http://127.0.0.1:5001"}]'
    for source in (
        read_line([f"pinning.targets={line}"]),
        read_environment({"KNOWCHAIN_PINNING_TARGETS": line}),
    ):
        assert settled(source).config.pinning.targets == (KUBO,)


@pytest.mark.parametrize(
    "change",
    [
        {"name": "Archive"},
        {"name": ""},
        {"kind": "cluster"},
        {"url": "ftp://x"},
        {"url": "http://user:word@127.0.0.1"},
        {"url": "http://127.0.0.1/?token=x"},
        {"url": ""},
        {"pins": "all"},
        {"token": SECRET},
        {"token_variable": "A B"},
        {"token_file": 5},
    ],
    ids=lambda change: next(iter(change.items()))[0] + repr(next(iter(change.values())))[:12],
)
def test_what_is_wrong_with_a_target_is_told_and_its_values_are_not(change: dict[str, Any]) -> None:
    fields = {"name": "archive", "kind": "kubo", "url": "http://127.0.0.1:5001"} | change
    table = "\n".join(f"{name} = {value!r}" for name, value in fields.items())
    with pytest.raises(InvalidValue) as refusal:
        settled(read_file(f"[[pinning.targets]]\n{table}\n", "config.toml"))
    told = str(refusal.value) + refusal.value.remedy + str(refusal.value.fields)
    assert "config.toml:1:11: pinning.targets" in told
    assert refusal.value.remedy
    assert SECRET not in told
    assert "word" not in told


def test_two_targets_have_two_names() -> None:
    table = '[[pinning.targets]]\nname = "a"\nkind = "kubo"\nurl = "http://127.0.0.1:5001"\n'
    with pytest.raises(InvalidValue, match="different names"):
        settled(read_file(table * 2, "config.toml"))


def test_a_token_comes_from_a_file_or_a_variable_and_is_kept_out_of_logs(tmp_path: Path) -> None:
    (tmp_path / "pinning.token").write_text(f"{SECRET}\n")
    by_file = TargetConfig("a", "service", "https://pins.example", token_file="pinning.token")
    by_variable = TargetConfig("b", "service", "https://pins.example", token_variable="PINS")
    found = read_tokens([by_file, by_variable, KUBO], tmp_path, {"PINS": "another-token-0123456789"})
    assert found == {"a": SECRET, "b": "another-token-0123456789", "archive": None}
    assert redacted(f"x {SECRET} another-token-0123456789") == "x … …"


@pytest.mark.parametrize(
    ("content", "why"),
    [(None, "No such file"), (b"", "empty"), (b" \n", "empty"), (b"a\nb", "no line"), (b"\xff", "no text")],
    ids=["missing", "empty", "blank", "two-lines", "bytes"],
)
def test_a_token_that_is_none_is_told_with_its_place(tmp_path: Path, content: bytes | None, why: str) -> None:
    if content is not None:
        (tmp_path / "t").write_bytes(content)
    target = TargetConfig("a", "service", "https://pins.example", token_file="t")
    with pytest.raises(InvalidValue, match=why) as refusal:
        read_tokens([target], tmp_path, {})
    assert str(tmp_path / "t")[-30:] in str(refusal.value)
    with pytest.raises(InvalidValue, match="not set"):
        read_tokens([TargetConfig("a", "kubo", "https://x", token_variable="NONE")], tmp_path, {})


@pytest.mark.parametrize(
    ("url", "covered"),
    [
        ("https://pins.example", True),
        ("http://127.0.0.1:5001", True),
        ("http://[::1]:5001", True),
        ("http://localhost:5001", True),
        ("http://192.0.2.7:5001", False),
        ("http://pins.example", False),
        ("http://localhost.example", False),
    ],
)
def test_a_token_never_crosses_a_network_in_the_clear(tmp_path: Path, url: str, covered: bool) -> None:
    target = TargetConfig("a", "kubo", url, token_variable="PINS")
    if covered:
        assert read_tokens([target], tmp_path, {"PINS": SECRET}) == {"a": SECRET}
        return
    with pytest.raises(InvalidValue, match="in the clear") as refusal:
        read_tokens([target], tmp_path, {"PINS": SECRET})
    assert SECRET not in str(refusal.value)


def test_what_a_target_says_of_the_token_is_not_repeated() -> None:
    exchange = Exchange("a", "https://x", f"basic:user:{SECRET}")
    assert exchange.clean(f"you sent user:{SECRET} and {SECRET}") == "you sent … and …"
    encoded = base64.b64encode(f"user:{SECRET}".encode()).decode()
    assert exchange.clean(f"it was {encoded}") == "it was …"
    assert exchange.clean("x" * 5000) == "x" * 149 + "…" + "x" * 150
    assert exchange.clean("a\x1b[31mred") == "a\\x1b[31mred"
