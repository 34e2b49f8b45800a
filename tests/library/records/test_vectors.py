"""The vectors of docs/spec/records.md, and the script and the JavaScript verifier that belong to them."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from knowchain.chains import RecordSet, author_of, check_fork_proof
from knowchain.errors import InvalidRecord
from knowchain.records import read_block, read_body, verify_block

TESTS = Path(__file__).parents[2]
VECTORS = TESTS / "vectors" / "records"


def cases(name: str) -> list[Any]:
    """The cases of one file, each a test with the case's own name."""
    listed = json.loads((VECTORS / f"{name}.json").read_text())["cases"]
    return [pytest.param(case, id=case["name"]) for case in listed]


def reason_of(judge: Callable[[], object]) -> str | None:
    try:
        judge()
    except InvalidRecord as refused:
        return refused.reason
    return None


@pytest.mark.parametrize("case", cases("form") + cases("signature"))
def test_block_alone(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["block"])
    assert reason_of(lambda: verify_block(read_block(data))) == case["reason"]


@pytest.mark.parametrize("case", cases("chain") + cases("identity"))
def test_block_on_its_parents(case: dict[str, Any]) -> None:
    held = RecordSet(case.get("network", "main"))
    shared = json.loads((VECTORS / "identity.json").read_text())["shared"]
    for given in shared.get(case.get("given_shared"), []) + case["given"]:
        block = read_block(bytes.fromhex(given))
        verify_block(block)
        held.add(block)
    block = read_block(bytes.fromhex(case["block"]))
    verify_block(block)
    missing = [parent.hex() for parent in held.missing(block)]
    assert sorted(missing) == case["missing"]
    if not missing:
        before = len(held)
        assert reason_of(lambda: held.add(block)) == case["reason"]
        assert len(held) == before + (case["verdict"] == "accepted")
        assert (block.id in held) == (case["verdict"] == "accepted")


@pytest.mark.parametrize("case", cases("body"))
def test_body_of_a_block(case: dict[str, Any]) -> None:
    block = read_block(bytes.fromhex(case["block"]))
    data = bytes.fromhex(case["body"])
    assert (
        reason_of(lambda: read_body(data, block.header, author_of(block.id, block.header))) == case["reason"]
    )


@pytest.mark.parametrize("case", cases("forks"))
def test_fork_proof(case: dict[str, Any]) -> None:
    first, second = bytes.fromhex(case["first"]), bytes.fromhex(case["second"])
    assert reason_of(lambda: check_fork_proof(first, second)) == case["reason"]
    if case["reason"] is None:
        proof = check_fork_proof(first, second)
        assert (proof.key.hex(), proof.seq) == (case["key"], case["seq"])
        assert proof.first.id < proof.second.id
        assert {proof.first.data, proof.second.data} == {first, second}


def test_vectors_are_what_the_script_makes(tmp_path: Path) -> None:
    subprocess.run([sys.executable, TESTS / "vectors" / "make_records.py", tmp_path], check=True)
    made = {path.name: path.read_text() for path in tmp_path.iterdir()}
    assert made == {path.name: path.read_text() for path in VECTORS.iterdir()}


def test_javascript_verifier_agrees(need_program: Callable[[str], Path]) -> None:
    node = need_program("node")
    script = TESTS / "js" / "verify" / "verify.mjs"
    run = subprocess.run([node, script, VECTORS], capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    counts = dict(line.split(" ", 1) for line in run.stdout.splitlines())
    for name in ("form", "signature", "ed25519", "chain", "identity", "forks", "body"):
        assert int(counts[name]) == len(cases(name))
    assert counts["example"].startswith("bafyreie7an72fwkbbu4bzh56pnhbgfu74ngyqwm2nrpyu657mqqz5vtzv4 of ")


def test_javascript_verifier_notices_a_wrong_vector(
    need_program: Callable[[str], Path], tmp_path: Path
) -> None:
    node = need_program("node")
    for path in VECTORS.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    form = json.loads((tmp_path / "form.json").read_text())
    form["cases"][0]["reason"] = "malformed"
    (tmp_path / "form.json").write_text(json.dumps(form))
    script = TESTS / "js" / "verify" / "verify.mjs"
    run = subprocess.run([node, script, tmp_path], capture_output=True, text=True, timeout=120, check=False)
    assert run.returncode == 1
    assert "form: genesis: reason is null" in run.stdout
