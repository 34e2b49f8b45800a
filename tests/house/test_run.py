"""The first of the two commands, in a clone in which nothing was ever made."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_make_run_opens_a_home_in_a_fresh_clone_and_ends_in_a_running_peer(tmp_path: Path) -> None:
    (tmp_path / "scripts").mkdir()
    shutil.copy(ROOT / "scripts" / "run.sh", tmp_path / "scripts")
    (tmp_path / ".venv").symlink_to(Path(sys.executable).parent.parent)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("KNOWCHAIN_")}
    environment |= {"KNOWCHAIN_API_PORT": "0", "KNOWCHAIN_NETWORK_ENABLED": "false"}
    process = subprocess.Popen(
        ["sh", "scripts/run.sh"],
        cwd=tmp_path, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
    )  # fmt: skip
    assert process.stdout is not None
    told = []
    for line in process.stdout:
        told.append(line)
        if "The peer answers at" in line:
            process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0, "".join(told)
    text = "".join(told)
    assert "Valid." in text
    assert "The peer answers at" in text
    assert (tmp_path / ".cache" / "demo-home").is_dir()
