"""``cat``, ``block/*``, ``pin/*``, ``id`` and ``version`` as scripts use them."""

from __future__ import annotations

import base64
import random

import pytest

from knowchain.content.cids import parse_cid
from knowchain.home.content import collect_content, pinned_content
from knowchain.identifiers import cid_of

BIG = random.Random(3).randbytes(700_000)
EMPTY = "QmbFMke1KXqnYyBBWxB74N4c5SBnJMVAiMNRcGu6x1AwQH"
ELSEWHERE = "bafkreifzjut3te7nhyekklss27nh3k72ysco7y32koao5eei66wof36n5e"


@pytest.fixture
async def tree(rpc, forms):
    """CIDs by name: a folder with a file of several blocks and an empty one."""
    rows = await rpc.add(forms.folder("t"), forms.part("t/big", BIG), forms.part("t/empty", b""))
    return {row["Name"]: row["Hash"] for row in rows}


# --- cat ------------------------------------------------------------------------------------------


async def test_a_file_is_given_by_cid_by_path_and_in_part(rpc, tree):
    for address in (tree["t/big"], f"/ipfs/{tree['t']}/big", f"{tree['t']}/big", parse_cid(tree["t/big"])):
        reply = await rpc.call(f"cat?arg={address}")
        assert reply.body == BIG
        assert reply.headers["X-Stream-Output"] == "1"
        assert reply.headers["X-Content-Length"] == str(len(BIG))
    part = await rpc.call(f"cat?arg={tree['t/big']}&offset=300000&length=1000")
    assert part.body == BIG[300_000:301_000]


async def test_several_files_are_given_as_one(rpc, tree):
    both = f"arg={tree['t/big']}&arg={tree['t/empty']}&arg={tree['t/big']}"
    assert (await rpc.call(f"cat?{both}&offset=699990&length=20")).body == (BIG + BIG)[699_990:700_010]
    assert (await rpc.call(f"cat?{both}&offset=2000000")).body == b""


@pytest.mark.parametrize(
    ("query", "why"),
    [
        ("arg={t}", "this dag node is a directory"),
        ("arg={t}/none", "nothing is at 'none'"),
        ("arg={t}/../x", "can't be kept"),
        (f"arg={ELSEWHERE}", "is not here"),
        ("arg=/ipns/example.org", "not a CID"),
        ("arg=nonsense", "not a CID"),
        ("arg={t}/big&offset=-1", "negative"),
        ("", "arguments"),
    ],
)
async def test_what_can_not_be_given_is_an_error_in_kubos_shape(rpc, tree, query, why):
    reply = await rpc.call("cat?" + query.format(t=tree["t"]))
    assert reply.status in (400, 500)
    assert why in reply.message


# --- block ----------------------------------------------------------------------------------------


async def test_a_block_is_put_told_and_given(rpc, home, forms):
    reply = await rpc.call("block/put", forms.form([forms.part("", b"Mary"), forms.part("", b"had")]))
    assert reply.rows == [
        {"Key": str(cid_of(b"Mary")), "Size": 4},
        {"Key": str(cid_of(b"had")), "Size": 3},
    ]
    assert (await rpc.call(f"block/stat?arg={cid_of(b'Mary')}")).json == {
        "Key": str(cid_of(b"Mary")),
        "Size": 4,
    }
    given = await rpc.call(f"block/get?arg=/ipfs/{cid_of(b'Mary')}")
    assert (given.body, given.headers["Content-Type"]) == (b"Mary", "application/vnd.ipld.raw")
    assert home.content.uploads() == []


@pytest.mark.parametrize(
    ("query", "key"),
    [
        ("", "bafkrei"),
        ("cid-codec=dag-pb", "bafybei"),
        ("cid-codec=dag-cbor", "bafyrei"),
        ("cid-codec=dag-json", "baguqeera"),
        ("format=v0", "Qm"),
        ("format=protobuf", "bafybei"),
        ("format=cbor", "bafyrei"),
        ("format=raw&mhtype=sha2-256&mhlen=32", "bafkrei"),
    ],
)
async def test_the_codec_stands_in_the_key_and_the_block_is_found_by_it(rpc, forms, query, key):
    (row,) = (await rpc.call(f"block/put?{query}", forms.form([forms.part("", b"\xa0")]))).rows
    assert row["Key"].startswith(key)
    assert (await rpc.call(f"block/get?arg={row['Key']}")).body == b"\xa0"
    assert (await rpc.call(f"block/stat?arg={row['Key']}")).json["Key"] == row["Key"]


@pytest.mark.parametrize("query", ["mhtype=blake3", "mhlen=20", "allow-big-block=true", "version=0"])
async def test_a_hash_that_is_not_kept_here_is_refused(rpc, forms, query):
    reply = await rpc.call(f"block/put?{query}", forms.form([forms.part("", b"x")]))
    assert reply.status == 500
    assert reply.message


async def test_a_block_that_nobody_could_exchange_is_refused(rpc, forms):
    reply = await rpc.call("block/put", forms.form([forms.part("", bytes(2**21 + 1))]))
    assert "2097152 bytes" in reply.message


async def test_a_pinned_block_stays_and_another_goes_with_the_collection(rpc, home, forms):
    await rpc.call("block/put?pin=true", forms.form([forms.part("", b"kept")]))
    await rpc.call("block/put", forms.form([forms.part("", b"loose")]))
    collect_content(home, dry_run=False)
    assert home.content.has(cid_of(b"kept"))
    assert not home.content.has(cid_of(b"loose"))


async def test_only_blocks_that_nothing_keeps_are_removed(rpc, home, forms, tree):
    await rpc.call("block/put", forms.form([forms.part("", b"loose")]))
    leaf = next(cid for cid in home.content.cids() if home.content.size(cid) == 262_144 + 14)
    args = "&".join(f"arg={one}" for one in (cid_of(b"loose"), tree["t"], leaf, ELSEWHERE))
    rows = (await rpc.call(f"block/rm?{args}")).rows
    assert rows[0] == {"Hash": str(cid_of(b"loose"))}
    assert rows[1] == {"Hash": tree["t"], "Error": "pinned: recursive"}
    assert rows[2]["Error"].startswith("pinned via ")
    assert "not here" in rows[3]["Error"]
    assert (await rpc.call(f"block/rm?arg={ELSEWHERE}&force=true")).rows == [{"Hash": ELSEWHERE}]
    assert (await rpc.call(f"block/rm?arg={ELSEWHERE}&force=true&quiet=true")).rows == []


# --- pin ------------------------------------------------------------------------------------------


async def test_pins_are_made_listed_and_taken_back(rpc, home, tree):
    big = tree["t/big"]
    assert (await rpc.call(f"pin/add?arg={tree['t']}/big&name=mine")).json == {"Pins": [big]}
    keys = (await rpc.call("pin/ls?type=recursive&names=true")).json["Keys"]
    assert keys == {
        tree["t"]: {"Type": "recursive", "Name": "t"},
        big: {"Type": "recursive", "Name": "mine"},
    }
    assert (await rpc.call(f"pin/rm?arg={big}")).json == {"Pins": [big]}
    reply = await rpc.call(f"pin/rm?arg={big}")
    assert "not pinned" in reply.message
    assert [pin.name for pin in pinned_content(home)] == ["t"]


async def test_what_pins_reach_is_listed_as_indirect(rpc, tree):
    keys = (await rpc.call("pin/ls")).json["Keys"]
    assert keys[tree["t"]]["Type"] == "recursive"
    assert keys[tree["t/big"]]["Type"] == "indirect"
    assert len(keys) == 1 + 2 + 3
    indirect = (await rpc.call("pin/ls?type=indirect")).json["Keys"]
    assert set(keys) - set(indirect) == {tree["t"]}
    assert (await rpc.call("pin/ls?type=direct")).json == {"Keys": {}}


async def test_pins_are_listed_as_rows_with_names_when_asked(rpc, tree):
    rows = (await rpc.call("pin/ls?stream=true&type=recursive")).rows
    assert rows == [{"Cid": tree["t"], "Type": "recursive"}]
    rows = (await rpc.call("pin/ls?stream=true&name=t")).rows
    assert rows == [{"Cid": tree["t"], "Name": "t", "Type": "recursive"}]
    assert (await rpc.call("pin/ls?stream=true&name=other")).rows == []


async def test_why_a_cid_is_kept_is_told(rpc, tree):
    keys = (await rpc.call(f"pin/ls?arg={tree['t']}/big&arg={tree['t']}")).json["Keys"]
    assert keys[tree["t/big"]]["Type"] == f"indirect through {tree['t']}"
    assert keys[tree["t"]]["Type"] == "recursive"
    reply = await rpc.call(f"pin/ls?arg={ELSEWHERE}")
    assert reply.message.startswith(f"path '{ELSEWHERE}' is not pinned")
    assert (await rpc.call(f"pin/ls?arg={tree['t/big']}&type=recursive")).status == 500


async def test_a_cid_is_shown_in_the_version_in_which_it_was_made(rpc, forms):
    (new,) = await rpc.add(forms.part("a", BIG), query="cid-version=1")
    (old,) = await rpc.add(forms.part("b", BIG))
    keys = (await rpc.call("pin/ls?type=recursive")).json["Keys"]
    assert set(keys) == {new["Hash"], old["Hash"]}
    keys = (await rpc.call("pin/ls?type=recursive&cid-base=base32")).json["Keys"]
    assert set(keys) == {new["Hash"], str(parse_cid(old["Hash"]))}


async def test_what_is_not_all_here_is_not_pinned(rpc, home, tree):
    home.content.unpin(parse_cid(tree["t"]))
    leaf = next(cid for cid in home.content.cids() if home.content.size(cid) == 262_144 + 14)
    home.content.delete(leaf)
    for cid in (tree["t"], ELSEWHERE):
        reply = await rpc.call(f"pin/add?arg={cid}")
        assert "is not here" in reply.message
    assert pinned_content(home) == ()


async def test_a_pin_that_would_keep_one_block_alone_is_refused(rpc, tree):
    for command in ("add", "rm"):
        reply = await rpc.call(f"pin/{command}?arg={tree['t']}&recursive=false")
        assert reply.status == 500
        assert "recursive=false" in reply.message


async def test_progress_of_a_pin_ends_with_the_pin(rpc, tree):
    rows = (await rpc.call(f"pin/add?arg={tree['t']}&progress=true")).rows
    assert rows[-1] == {"Pins": [tree["t"]]}


# --- id, version ----------------------------------------------------------------------------------


async def test_it_says_who_it_is(rpc):
    told = (await rpc.call("id")).json
    assert told["ID"].startswith("12D3KooW")
    assert told["Addresses"] == [f"/ip4/127.0.0.1/tcp/4001/p2p/{told['ID']}"]
    assert told["AgentVersion"].startswith("knowchain/")
    assert told["Protocols"] == ["/knowchain/sync/1"]
    assert len(base64.b64decode(told["PublicKey"])) == 36
    assert (await rpc.call(f"id?arg={told['ID']}")).status == 400


async def test_the_version_is_one_that_clients_can_read(rpc):
    told = (await rpc.call("version")).json
    numbers = [int(part) for part in told["Version"].partition("-")[0].split(".")]
    assert len(numbers) == 3
    assert set(told) == {"Version", "Commit", "Repo", "System", "Golang"}
