"""How soon a peer answers, how soon it meets others, and what it costs while nothing happens.

The yardstick of the start is a Python that imports aiohttp and NumPy, without which there is no peer.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.report import Row, print_table
from knowchain.home import begin

_COMMAND = Path(sys.executable).with_name("knowchain")
_SETTINGS = ("--set", "network.listen=/ip4/127.0.0.1/tcp/0", "--set", "network.mdns=false")


def rows(scale: float = 1.0) -> list[Row]:
    """Start and idleness; ``scale`` is how long idleness is watched, 60 s for 1.0."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        begin(root / "home", name="Bench", recovery_file=root / "recovery.txt")
        starts, bare = [], []
        for _ in range(max(3, round(7 * scale))):
            bare.append(_bare())
            starts.append(_start(root / "home"))
        idle = _idle(root / "home", max(5.0, 60.0 * scale))
    start, yardstick = statistics.median(starts), statistics.median(bare)
    return [
        Row(
            "API answers after",
            start,
            yardstick,
            start / yardstick,
            "≤ 0.7 s",
            start <= 0.7,
            "s against bare imports",
        ),
        Row("idle processor time", idle * 100, 100.0, idle, "≤ 0.5 %", idle <= 0.005, "% of one processor"),
    ]


def _bare() -> float:
    begun = time.perf_counter()
    subprocess.run([sys.executable, "-c", "import aiohttp, numpy"], check=True)
    return time.perf_counter() - begun


def _start(home: Path) -> float:
    port = _free_port()
    begun = time.perf_counter()
    process = _peer(home, port)
    try:
        while not _answers(port):
            time.sleep(0.005)
        return time.perf_counter() - begun
    finally:
        _end(process)


def _idle(home: Path, seconds: float) -> float:
    """Share of one processor that a peer without company takes, its child included."""
    port = _free_port()
    process = _peer(home, port)
    try:
        while not _ready(port):
            time.sleep(0.05)
        time.sleep(3.0)
        begun, before = time.perf_counter(), _processor_seconds(process.pid)
        time.sleep(seconds)
        return (_processor_seconds(process.pid) - before) / (time.perf_counter() - begun)
    finally:
        _end(process)


def _peer(home: Path, port: int) -> subprocess.Popen[bytes]:
    line = [str(_COMMAND), "--home", str(home), "node", "run", "--set", f"api.port={port}", *_SETTINGS]
    return subprocess.Popen(line, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _end(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    process.wait(30)


def _free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
        return port


def _get(port: int, path: str) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    with contextlib.closing(connection):
        connection.request("GET", path)
        response = connection.getresponse()
        return response.status, response.read()


def _answers(port: int) -> bool:
    with contextlib.suppress(OSError):
        return _get(port, "/api/v1/health")[0] == 200
    return False


def _ready(port: int) -> bool:
    with contextlib.suppress(OSError):
        return json.loads(_get(port, "/api/v1/ready")[1]).get("network") == "up"
    return False


def _processor_seconds(pid: int) -> float:
    """User and system time of a process and its children, from ``/proc``."""
    total = 0.0
    for each in [pid, *_children(pid)]:
        fields = Path(f"/proc/{each}/stat").read_text().rpartition(")")[2].split()
        total += (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return total


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


if __name__ == "__main__":
    print_table(rows())
