"""The files for containers and for systemd: what can be checked of them without an engine."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from knowchain_node.config import read_environment, settled

ROOT = Path(__file__).parents[3]
DOCKER = ROOT / "docker"
COMPOSE: dict[str, Any] = yaml.safe_load((DOCKER / "compose.yaml").read_text())
DOCKERFILE = (DOCKER / "Dockerfile").read_text()
UNIT = (DOCKER / "systemd" / "knowchain.service").read_text()


def instructions() -> list[tuple[str, str]]:
    """Instructions of the Dockerfile, continued lines joined."""
    text = re.sub(r"(?m)^\s*#.*\n", "", DOCKERFILE).replace("\\\n", " ")
    return [(line.split()[0], line.partition(" ")[2]) for line in text.splitlines() if line.strip()]


def test_everything_that_is_copied_into_the_image_exists():
    for word, rest in instructions():
        if word == "COPY" and "--from=" not in rest:
            for source in [part for part in rest.split() if not part.startswith("--")][:-1]:
                assert (ROOT / source).exists(), source


def test_the_image_runs_as_nobody_special_and_installs_by_hash():
    words = instructions()
    last_user = [rest for word, rest in words if word == "USER"][-1]
    assert last_user == "knowchain"
    assert [word for word, _ in words].index("USER") < [word for word, _ in words].index("ENTRYPOINT")
    installs = [
        part for word, rest in words if word == "RUN" for part in rest.split("&&") if "pip install" in part
    ]
    assert installs
    assert all("--require-hashes" in part or "--no-deps" in part for part in installs)


def test_the_image_carries_no_home_and_no_secret():
    for word, rest in instructions():
        if word in ("COPY", "ADD", "ENV", "ARG"):
            assert not re.search(r"(?i)token|passphrase|secret|password|\.key", rest)


def test_the_compose_file_holds_three_peers_with_homes_of_their_own():
    services = COMPOSE["services"]
    assert set(services) == {"one", "two", "three"}
    mounted = [volume.split(":")[0] for each in services.values() for volume in each["volumes"]]
    assert len(mounted) == len(set(mounted)) == 6
    assert set(mounted) == set(COMPOSE["volumes"])
    declared = next(rest for word, rest in instructions() if word == "VOLUME")
    for each in services.values():
        for volume in each["volumes"]:
            assert f'"{volume.split(":")[1]}"' in declared
        assert each["networks"] == ["peers"]
        assert each["read_only"] is True
    built = [each["build"] for each in services.values() if "build" in each]
    assert [(DOCKER / each["context"] / each["dockerfile"]).resolve() for each in built] == [
        DOCKER / "Dockerfile"
    ]


def test_ports_and_settings_in_the_files_are_those_of_the_peer():
    exposed = next(rest for word, rest in instructions() if word == "EXPOSE").partition("/")[0]
    listen = settled().config.network.listen[0]
    assert listen.endswith(f"/tcp/{exposed}")
    for each in COMPOSE["services"].values():
        for port in each.get("ports", []):
            assert port.split(":")[-1] == exposed
        settled(read_environment(each["environment"]))
    set_by_image = dict(
        part.split("=", 1) for word, rest in instructions() if word == "ENV" for part in rest.split()
    )
    settled(read_environment({**set_by_image, **dict(re.findall(r"(?m)^Environment=(\w+)=(.*)$", UNIT))}))


def test_the_verbs_in_the_files_exist():
    from knowchain_cli.main import run

    lines = re.findall(r"knowchain (node \w+|init)", DOCKERFILE + UNIT + (DOCKER / "entry.sh").read_text())
    assert lines
    for line in set(lines):
        assert run([*line.split(), "--help"]) == 0


@pytest.mark.parametrize("name", ["", "One"])
def test_the_entry_script_makes_a_home_once_and_becomes_the_command(tmp_path: Path, name: str):
    script = (DOCKER / "entry.sh").read_text().replace("/recovery/", f"{tmp_path}/")
    (tmp_path / "entry.sh").write_text(script)
    environment = {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "KNOWCHAIN_HOME": str(tmp_path / "home"),
        "KNOWCHAIN_NAME": name,
    }
    line = ["sh", str(tmp_path / "entry.sh"), "node", "run", "--help"]
    for _ in range(2):
        done = subprocess.run(line, env=environment, capture_output=True, text=True, timeout=60, check=False)
        assert done.returncode == 0, done.stderr
    assert "node run" in done.stdout
    assert (tmp_path / "home" / "store.sqlite").is_file()
    assert (tmp_path / "knowchain-recovery.txt").exists() == bool(name)


def test_the_unit_keeps_what_the_peer_needs_and_gives_up_the_rest(tmp_path: Path):
    assert "ExecStart=/opt/knowchain/bin/knowchain node run" in UNIT
    stop = int(re.search(r"TimeoutStopSec=(\d+)s", UNIT)[1])  # type: ignore[index]
    assert stop > 15, "longer than the peer's own patience when it ends"
    home = re.search(r"KNOWCHAIN_HOME=(\S+)", UNIT)[1]  # type: ignore[index]
    assert home.startswith("/var/lib/knowchain/"), "beneath StateDirectory, which is writable"
    for line in ("NoNewPrivileges=yes", "ProtectSystem=strict", "CapabilityBoundingSet=", "UMask=0077"):
        assert line in UNIT
    analyze = shutil.which("systemd-analyze")
    if analyze is None:
        pytest.skip("systemd-analyze is missing: the unit is not verified by systemd itself")
    unit = tmp_path / "knowchain.service"
    unit.write_text(UNIT.replace("/opt/knowchain/bin/knowchain", sys.executable))
    done = subprocess.run([analyze, "verify", unit], capture_output=True, text=True, timeout=60, check=False)
    assert "knowchain.service" not in done.stderr, done.stderr
