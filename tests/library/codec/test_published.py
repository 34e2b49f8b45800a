"""Published DAG-CBOR cases, where KNOWCHAIN_DATA names a folder that has them."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from knowchain import codec
from knowchain.errors import CodecError, KnowchainError

FOLDER = Path(os.environ.get("KNOWCHAIN_DATA", "")) / "dasl-cbor"
OURS = {"basic", "dag-cbor"}


def cases() -> list[Any]:
    if "KNOWCHAIN_DATA" not in os.environ:
        return []
    found = []
    for path in sorted(FOLDER.glob("*.json")):
        for n, case in enumerate(json.loads(path.read_text())):
            if not OURS & set(case["tags"]):
                continue  # of another profile: dCBOR's shortened floats, DASL's few hash functions
            found.append(pytest.param(case, id=f"{path.stem}-{n}-{case['type']}-{case['name']}"))
    return found


@pytest.mark.skipif("KNOWCHAIN_DATA" not in os.environ, reason="KNOWCHAIN_DATA names no folder of cases")
@pytest.mark.parametrize("case", cases() or [None])
def test_published_case(case: dict[str, Any]) -> None:
    data = bytes.fromhex(case["data"])
    if case["type"] == "roundtrip":
        assert codec.encode(codec.decode(data)) == data
    else:
        with pytest.raises(CodecError):
            codec.decode(data)


def test_errors_of_the_codec_are_known() -> None:
    assert issubclass(CodecError, KnowchainError)
