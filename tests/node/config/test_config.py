"""Settings: the later source wins, and whatever is wrong is named with its place and a way out."""

from __future__ import annotations

from dataclasses import FrozenInstanceError, fields, is_dataclass
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from knowchain.errors import InvalidValue
from knowchain_node.config import Effective, read_environment, read_file, read_line, settled
from knowchain_node.network import Limits
from knowchain_node.settings import SETTINGS, PeerConfig


def from_toml(text: str) -> Effective:
    return settled(read_file(text, "config.toml"))


def refused(text: str) -> InvalidValue:
    with pytest.raises(InvalidValue) as caught:
        from_toml(text)
    return caught.value


def test_without_any_setting_the_peer_is_on_loopback_and_at_its_usual_port():
    config = settled().config
    assert (config.api.host, config.api.port) == ("127.0.0.1", 7484)
    assert config.network.limits == Limits()
    assert config.content.keep == "followed"


def test_every_part_of_the_value_is_frozen():
    def check(value: object) -> None:
        if is_dataclass(value):
            name = fields(value)[0].name
            with pytest.raises(FrozenInstanceError):
                setattr(value, name, None)
            for each in fields(value):
                check(getattr(value, each.name))

    check(settled().config)


def test_the_line_wins_over_the_environment_and_that_over_the_file():
    file = read_file("[api]\nport = 1\nhost = '::1'\n[log]\nlevel = 'error'\n", "config.toml")
    environment = read_environment({"KNOWCHAIN_API_PORT": "2", "KNOWCHAIN_LOG_LEVEL": "debug", "HOME": "/x"})
    found = settled(file, environment, read_line(["api.port=3"]))
    config = found.config
    assert (config.api.port, config.api.host, config.log.level) == (3, "::1", "debug")
    origins = {row.key: row.origin for row in found.rows}
    assert origins["api.port"] == "--set api.port"
    assert origins["api.host"] == "config.toml:3:1"
    assert origins["log.level"] == "KNOWCHAIN_LOG_LEVEL"
    assert origins["sync.interval_seconds"] == "default"


def test_every_setting_can_be_given_in_all_three_ways():
    for setting in SETTINGS:
        table, _, name = setting.key.rpartition(".")
        value = setting.default
        toml = (
            str(value).lower()
            if isinstance(value, bool)
            else repr(list(value) if isinstance(value, tuple) else value)
        )
        text = ",".join(value) if isinstance(value, tuple) else str(value).lower()
        variable = "KNOWCHAIN_" + setting.key.replace(".", "_").upper()
        for source in (
            read_file(f"[{table}]\n{name} = {toml}\n", "config.toml"),
            read_environment({variable: text}),
            read_line([f"{setting.key}={text}"]),
        ):
            found = settled(source)
            row = next(row for row in found.rows if row.key == setting.key)
            assert row.value == setting.default
            assert row.origin != "default"


@pytest.mark.parametrize(
    ("text", "place", "field"),
    [
        ("[api]\nport = 70000\n", "config.toml:2:1", "api.port"),
        ("[api]\n\n# a comment\n  port = 'x'\n", "config.toml:4:3", "api.port"),
        ("api.port = -1\n", "config.toml:1:5", "api.port"),
        ("api = { host = '127.0.0.1', port = true }\n", "config.toml:1:29", "api.port"),
        (
            "[network]\nlisten = [\n '/ip4/1.2.3.4/tcp/1',\n 'nonsense',\n]\nmdns = true\n",
            "config.toml:2:1",
            "network.listen",
        ),
        ("[network]\nmdns = 'port'\n[api]\nport = 1\n", "config.toml:2:1", "network.mdns"),
        ("[network.limits]\nstreams = 0\n", "config.toml:2:1", "network.limits.streams"),
        ('[api]\n"host" = "example.org"\n', "config.toml:2:1", "api.host"),
        ("[content]\nkeep = 'some'\n", "config.toml:2:1", "content.keep"),
        ("[network]\nbootstrap = ['/ip4/1.2.3.4/tcp/1']\n", "config.toml:2:1", "network.bootstrap"),
        ("[api]\ntext = '''\nport = 1\n'''\n", "config.toml:2:1", "api.text"),
        ("[apis]\nport = 1\n", "config.toml:1:2", "apis"),
        (
            "[network.limits]\nreserved_outbound = 128\n",
            "config.toml:2:1",
            "network.limits.reserved_outbound",
        ),
        ("[network.limits]\nconnections = 8\n", "config.toml:2:1", "network.limits.connections"),
        ("[api\n", "config.toml:1:5", "config.toml"),
        ("[api]\nport =\n", "config.toml:2:7", "config.toml"),
        ("[api]\nport = 1\nport = 2\n", "config.toml:3:9", "config.toml"),
        ("x = [1,\n2,", "config.toml:2:3", "config.toml"),
    ],
)
def test_what_is_wrong_is_named_with_line_and_column(text, place, field):
    error = refused(text)
    assert str(error).startswith(f"{place}:")
    assert error.fields["field"] == field
    assert error.remedy


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("[api]\nprot = 1\n", "api.port"),
        ("port = 1\n", "api.port"),
        ("[network]\nconnections = 1\n", "network.limits.connections"),
        ("[network]\nbootstraps = []\n", "network.bootstrap"),
        ("[sync]\ninterval = 1\n", "sync.interval_seconds"),
    ],
)
def test_a_setting_that_does_not_exist_names_the_one_that_was_meant(text, meant):
    assert refused(text).remedy == f"did you mean {meant}?"


def test_a_setting_that_resembles_none_says_where_all_are():
    assert "node config" in refused("[api]\nqwertz = 1\n").remedy


def test_a_variable_of_ours_that_is_misspelled_is_no_silence():
    with pytest.raises(InvalidValue) as caught:
        read_environment({"KNOWCHAIN_API_PROT": "1"})
    assert caught.value.remedy == "did you mean KNOWCHAIN_API_PORT?"
    assert read_environment({"KNOWCHAIN_HOME": "/x", "KNOWCHAIN_CATALOGUE": "y"}) == []


@pytest.mark.parametrize("text", ["api.port", "api.prot=1", "=1", "api.port=many", "network.mdns=perhaps"])
def test_a_bad_line_is_refused(text):
    with pytest.raises(InvalidValue) as caught:
        settled(read_line([text]))
    assert caught.value.remedy


def settings_or_refusal(*sources) -> PeerConfig | InvalidValue:
    try:
        return settled(*(source() for source in sources)).config
    except InvalidValue as exc:
        return exc


@given(st.text(max_size=200))
def test_no_document_gives_anything_but_settings_or_a_refusal(text):
    found = settings_or_refusal(lambda: read_file(text, "config.toml"))
    assert isinstance(found, PeerConfig) or (found.remedy and str(found).startswith("config.toml:"))


@given(st.sampled_from([setting.key for setting in SETTINGS]), st.text(max_size=30))
def test_no_text_gives_anything_but_a_value_or_a_refusal(key, text):
    found = settings_or_refusal(lambda: read_line([f"{key}={text}"]))
    assert isinstance(found, PeerConfig) or found.remedy


def test_the_guide_lists_every_setting_with_its_default():
    guide = (Path(__file__).parents[3] / "docs" / "guide" / "operating.md").read_text()
    for setting in SETTINGS:
        assert f"`{setting.key}`" in guide, setting.key
