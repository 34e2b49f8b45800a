"""Secrets stay secret: no seed, no recovery secret and no passphrase in anything that is shown."""

from __future__ import annotations

import json
import re
from typing import Any

PASSPHRASE = "correct-horse-battery-staple"


def test_no_output_and_no_open_file_holds_a_secret(newcomer: Any) -> None:
    person = newcomer("careful")
    person.write("pass", f"{PASSPHRASE}\nsecond line\n".encode())
    person.write("wrong", b"something-else-entirely\n")
    told = [person("init", "--name", "Careful", "--passphrase-file", "pass", "--json")]
    work = ("publish", "-t", "x", "-l", "en", "--access", "public", "--passphrase-file")
    told += [person(*work, "pass"), person.type(*work, "wrong"), person.type(*work, "nowhere", "--json")]
    told += [
        person(*line)
        for line in (["keys", "list"], ["keys", "log"], ["stats"], ["show", "Careful"], ["fsck"])
    ]
    told.append(person("export", "all.car", "--all"))
    told.append(person("keys", "rotate", "--passphrase-file", "pass", "--new-passphrase-file", "wrong"))
    told.append(person(*work, "wrong"))
    told.append(person.type("keys", "recover", "--recovery-file", "pass"))
    text = "".join(answer.out + answer.err for answer in told)

    recovery = (person.folder / "knowchain-recovery-Careful.txt").read_text()
    secret = re.search(r"secret: ([0-9a-f ]+)", recovery)[1]  # type: ignore[index]
    for leak in (PASSPHRASE, "something-else-entirely", secret, secret.replace(" ", "")):
        assert leak not in text
        for path in person.home.rglob("*"):
            assert not path.is_file() or leak.encode() not in path.read_bytes(), path
    assert bytes.fromhex(secret)[:32] not in (person.folder / "all.car").read_bytes()


def test_a_key_without_passphrase_is_readable_by_its_owner_alone(mari: Any) -> None:
    key = mari.home / "keys" / "device.key"
    seed = json.loads(key.read_text())["seed"]
    assert key.stat().st_mode & 0o077 == 0
    assert mari.home.stat().st_mode & 0o077 == 0
    assert (mari.folder / "knowchain-recovery-Mari.txt").stat().st_mode & 0o077 == 0
    told = "".join(
        mari(*line).out for line in (["keys", "list"], ["stats"], ["show", "Mari"], ["keys", "rotate"])
    )
    assert seed not in told


def test_an_encrypted_key_stays_encrypted_through_a_rotation(newcomer: Any) -> None:
    person = newcomer("careful")
    person.write("pass", f"{PASSPHRASE}\n".encode())
    person("init", "--name", "Careful", "--passphrase-file", "pass")
    error = person.json("keys", "rotate", "--passphrase-file", "pass", code=2)["error"]
    assert error["field"] == "passphrase"
    assert "sealed" in json.loads((person.home / "keys" / "device.key").read_text())
