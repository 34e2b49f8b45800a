"""The listening socket: announced, bounded against slow and many callers, and closed in time."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import stat
import subprocess
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from knowchain.errors import InvalidValue, StorageFault
from knowchain_node.api import listener
from knowchain_node.api.listener import bound_socket
from knowchain_node.api.tokens import kept_token

COMMAND = Path(sys.executable).with_name("knowchain")


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


async def connect(api) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    address = urlsplit(api.url)
    return await asyncio.open_connection(address.hostname, address.port)


async def test_the_home_says_where_the_api_is_to_its_owner_alone_and_only_while_it_is(home, serving):
    announced = home.layout.root / "api.json"
    async with serving(home) as api:
        assert json.loads(announced.read_text()) == {"url": api.url, "pid": os.getpid()}
        assert mode(announced) == 0o600
        assert mode(home.layout.token) == 0o600
    assert not announced.exists()


async def test_the_token_has_256_bits_and_stays(home):
    kept_token(home.layout)
    text = home.layout.token.read_text().strip()
    assert len(text) >= 43
    assert kept_token(home.layout).matches(f"Bearer {text}")
    assert text not in repr(kept_token(home.layout))
    assert home.layout.token.read_text().strip() == text


async def test_a_token_that_others_may_read_is_not_used(home):
    kept_token(home.layout)
    home.layout.token.chmod(0o644)
    with pytest.raises(StorageFault, match="others may read"):
        kept_token(home.layout)


async def test_an_address_that_is_taken_names_the_setting(home, serving):
    async with serving(home) as api:
        with pytest.raises(InvalidValue) as refused:
            bound_socket("127.0.0.1", urlsplit(api.url).port)
        assert refused.value.fields["field"] == "api.port"
        assert "--set api.port=0" in refused.value.remedy


async def test_a_head_that_never_ends_is_cut_off(home, serving, monkeypatch):
    """Slowloris: a byte of the head now and then."""
    monkeypatch.setattr(listener, "_PATIENCE", 0.3)
    async with serving(home) as api:
        reader, writer = await connect(api)
        begun = time.monotonic()

        async def drip() -> None:
            for byte in b"GET /api/v1/health HTTP/1.1\r\nHost: 127.0.0.1\r\nX: " + b"a" * 100_000:
                writer.write(bytes([byte]))
                await asyncio.sleep(0.02)

        dripping = asyncio.create_task(drip())
        assert await asyncio.wait_for(reader.read(), 10) == b""
        assert time.monotonic() - begun < 5
        dripping.cancel()
        writer.close()


async def test_a_body_that_never_ends_is_given_up(home, serving, monkeypatch):
    from knowchain_node.api import streaming

    monkeypatch.setattr(streaming, "PATIENCE", 0.2)
    async with serving(home) as api:
        reader, writer = await connect(api)
        writer.write(
            b"POST /api/v1/author HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Authorization: Bearer " + api.token.encode() + b"\r\nContent-Length: 100\r\n\r\n{"
        )
        head = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 10)
        assert b" 408 " in head
        writer.close()


async def test_more_connections_than_the_operator_allows_are_closed(home, serving):
    async with serving(home, most=8) as api:
        held = [await connect(api) for _ in range(8)]
        reader, writer = await connect(api)
        assert await asyncio.wait_for(reader.read(), 10) == b""
        held[0][1].close()
        await held[0][1].wait_closed()
        await asyncio.sleep(0)
        for _, each in [*held[1:], (reader, writer)]:
            each.close()


async def test_a_running_request_may_end_when_the_service_stops(home, serving, monkeypatch):
    async with serving(home) as api:
        entered, go = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()
        reader_of = home.store.reader

        def slow():
            loop.call_soon_threadsafe(entered.set)
            asyncio.run_coroutine_threadsafe(go.wait(), loop).result()
            return reader_of()

        monkeypatch.setattr(home.store, "reader", slow)
        asking = asyncio.create_task(api.get("/api/v1/health"))
        await asyncio.wait_for(entered.wait(), 10)
        loop.call_later(0.1, go.set)
        # leaving the block stops the service while the request runs
        api.service.ending.set()
        assert (await asking).status == 200


def start(home: Path, *more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [COMMAND, "--json", "--home", home, "node", "run", "--set", "api.port=0", *more],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def url_of(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    text = ""
    while line := process.stdout.readline():
        text += line
        if line == "}\n":
            url: str = json.loads(text)["peer"]["url"]
            return url
    raise AssertionError(process.stderr.read() if process.stderr else text)


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_a_peer_ends_in_good_order_and_in_time(seed_home: Path, tmp_path: Path, how: signal.Signals):
    shutil.copytree(seed_home, tmp_path / "home")
    network = ["network.listen=/ip4/127.0.0.1/tcp/0", "network.mdns=false"]
    process = start(tmp_path / "home", *(part for each in network for part in ("--set", each)))
    try:
        url_of(process)
        begun = time.monotonic()
        process.send_signal(how)
        _, err = process.communicate(timeout=20)
        assert process.returncode == 0, err
        assert time.monotonic() - begun < 15
        assert "Traceback" not in err
        assert not (tmp_path / "home" / "api.json").exists()
    finally:
        process.kill()
        process.wait()


def test_two_peers_can_not_hold_one_home(seed_home: Path, tmp_path: Path):
    shutil.copytree(seed_home, tmp_path / "home")
    first = start(tmp_path / "home", "--offline")
    try:
        url_of(first)
        second = start(tmp_path / "home", "--offline")
        out, _ = second.communicate(timeout=30)
        assert second.returncode == 1
        assert json.loads(out)["error"]["code"] == "home-error"
    finally:
        first.send_signal(signal.SIGTERM)
        first.communicate(timeout=20)


def test_what_was_left_on_the_way_by_a_killed_peer_is_cleared(seed_home: Path, tmp_path: Path):
    shutil.copytree(seed_home, tmp_path / "home")
    left = tmp_path / "home" / "passing-abc"
    left.mkdir()
    (left / "half").write_bytes(b"x")
    process = start(tmp_path / "home", "--offline")
    try:
        url_of(process)
        assert not left.exists()
    finally:
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=20)


def test_no_secret_is_in_the_log_of_a_whole_life(tmp_path: Path):
    """Everything at debug, with an encrypted key, a wrong token, a rotation, and a failure."""
    import urllib.request

    from knowchain.home import begin
    from knowchain.home.keyfile import read_key

    passphrase, home = "correct horse battery staple", tmp_path / "home"
    begin(home, name="Ada", recovery_file=tmp_path / "recovery.txt", passphrase=passphrase)
    (tmp_path / "passphrase").write_text(passphrase + "\n")
    line = [COMMAND, "--json", "--home", home, "--passphrase-file", tmp_path / "passphrase"]
    seed = read_key(home / "keys" / "device.key", lambda: passphrase).seed
    settings = ["api.port=0", "log.level=debug", "network.listen=/ip4/127.0.0.1/tcp/0", "network.mdns=false"]
    process = subprocess.Popen(
        [*line, "node", "run", *(part for each in settings for part in ("--set", each))],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        url = url_of(process)
        token = (home / "token").read_text().strip()
        for path, given in (("/api/v1/records", token), (f"/api/v1/records/{token}", token), ("/x", "wrong")):
            request = urllib.request.Request(url + path, headers={"Authorization": f"Bearer {given}"})
            try:
                urllib.request.urlopen(request, timeout=20).read()
            except urllib.error.HTTPError as exc:
                exc.close()
        done = subprocess.run(
            [*line, "keys", "rotate", "--new-passphrase-file", tmp_path / "passphrase"],
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, done.stdout
    finally:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate(timeout=30)
    recovery = (tmp_path / "recovery.txt").read_text().partition("secret: ")[2].splitlines()[0]
    transport = (home / "keys" / "transport.seed").read_bytes()
    assert "request" in err
    for secret in (token, passphrase, seed.hex(), recovery, transport.hex()):
        for text in (out, err, done.stdout, done.stderr):
            assert secret not in text
