"""A record's blocks under a tool that nobody here wrote: Kubo reads, walks and pins them."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from knowchain.content.car import read_car, write_car
from knowchain.identifiers import Cid, key_id, raw_twin
from knowchain.records import (
    Add,
    Block,
    Body,
    Control,
    Rank,
    Ref,
    write_body,
    write_genesis,
    write_record,
)
from knowchain.signing import KeyPair


class Ipfs:
    """Kubo's command on an empty repository of its own, without a network."""

    def __init__(self, program: Path, repository: Path) -> None:
        self._program = program
        self._environment = {**os.environ, "IPFS_PATH": str(repository)}
        self("init", "--empty-repo")

    def __call__(self, *words: str, given: bytes = b"") -> bytes:
        done = subprocess.run(
            [self._program, "--offline", *words],
            input=given, env=self._environment, capture_output=True, timeout=60, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout


@pytest.fixture
def ipfs(need_program: Callable[[str], Path], tmp_path: Path) -> Ipfs:
    """A fresh Kubo."""
    return Ipfs(need_program("kubo"), tmp_path / "ipfs")


@pytest.fixture
def chain() -> tuple[list[Block], Body]:
    """A genesis and three records, the last of which has a body and refers to the first."""
    key = KeyPair(bytes(31) + b"\x07")
    ranks = Control((Rank(1, (key_id(key.public_key),)),))
    genesis = write_genesis([key], net="main", ops=[ranks, Add(key_id(key.public_key))], time=1)
    body = write_body({"title": {"cy": ["Hen benillion"]}}, author=genesis.id, salt=bytes(16))
    blocks = [genesis]
    for seq in range(3):
        blocks.append(
            write_record(
                key,
                kind="work",
                author=genesis.id,
                prev=[blocks[-1].id],
                seq=seq,
                time=2 + seq,
                body=body.link if seq == 2 else None,
                refs=[Ref("prov:wasRevisionOf", blocks[1].id)] if seq == 2 else (),
            )
        )
    return blocks, body


@pytest.fixture
def imported(ipfs: Ipfs, chain: tuple[list[Block], Body], tmp_path: Path) -> tuple[list[Block], Body]:
    """The chain, handed to Kubo as a CAR."""
    blocks, body = chain
    car = tmp_path / "chain.car"
    parts = [*((block.id, block.data) for block in blocks), (body.link.cid, body.data)]
    car.write_bytes(b"".join(write_car([blocks[-1].id], parts)))
    ipfs("dag", "import", "--pin-roots=false", str(car))
    return blocks, body


def test_kubo_walks_a_chain_from_its_head_to_the_genesis(
    ipfs: Ipfs, imported: tuple[list[Block], Body]
) -> None:
    blocks, _ = imported
    head = blocks[-1].id
    for steps, block in enumerate(reversed(blocks)):
        path = str(head) + "/rec/prev/0" * steps + "/rec"
        rec = json.loads(ipfs("dag", "get", path))
        assert rec["seq"] == block.header.seq
        assert rec["kind"] == block.header.kind


def test_kubo_reads_the_body_and_what_a_record_refers_to(
    ipfs: Ipfs, imported: tuple[list[Block], Body]
) -> None:
    blocks, _ = imported
    head = blocks[-1].id
    assert json.loads(ipfs("dag", "get", f"{head}/rec/body/cid"))["title"] == {"cy": ["Hen benillion"]}
    assert json.loads(ipfs("dag", "get", f"{head}/rec/refs/0/1/rec"))["seq"] == 0


def test_kubo_computes_the_same_ids(ipfs: Ipfs, imported: tuple[list[Block], Body]) -> None:
    blocks, _ = imported
    for block in blocks:
        rec = ipfs("dag", "get", "--output-codec=dag-json", str(block.id))
        put = ipfs("dag", "put", "--store-codec=dag-cbor", "--input-codec=dag-json", given=rec)
        assert Cid.parse(put.decode().strip()) == block.id


def test_kubo_pins_the_raw_twin_of_a_record_as_one_block(
    ipfs: Ipfs, imported: tuple[list[Block], Body]
) -> None:
    blocks, _ = imported
    twin = raw_twin(blocks[-1].id)
    assert str(twin) in ipfs("pin", "add", str(twin)).decode()
    assert ipfs("refs", "--recursive", str(twin)).split() == []


def test_what_kubo_exports_is_the_chain_again(ipfs: Ipfs, imported: tuple[list[Block], Body]) -> None:
    blocks, body = imported
    car = read_car([ipfs("dag", "export", str(blocks[-1].id))])
    found = dict(car)
    assert car.roots == (blocks[-1].id,)
    assert found == {**{block.id: block.data for block in blocks}, body.link.cid: body.data}
