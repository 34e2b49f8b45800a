"""Blocks and bodies: what is written is what is read, and what can't be read is refused by name."""

from __future__ import annotations

from itertools import permutations

import pytest

from knowchain import codec, limits
from knowchain.chains import author_of
from knowchain.errors import InvalidRecord, InvalidValue
from knowchain.identifiers import RecordId, cid_of, key_id, raw_twin, record_id
from knowchain.records import (
    Accept,
    Add,
    Block,
    BodyLink,
    Control,
    Cut,
    Header,
    IdentityHeader,
    Rank,
    Ref,
    Revoke,
    Successor,
    check_network,
    read_block,
    read_body,
    verify_block,
    write_body,
    write_genesis,
    write_identity,
    write_record,
)
from knowchain.records.header import is_name, is_relation
from knowchain.signing import KeyPair

K, R, S = (KeyPair(bytes([n]) * 32) for n in (1, 2, 3))
NOW = 1_767_225_600_000


def rank(*keys: KeyPair, need: int = 1) -> Rank:
    return Rank(need, tuple(sorted(key_id(key.public_key) for key in keys)))


@pytest.fixture(scope="module")
def genesis() -> Block:
    ops = [Control((rank(R), rank(K))), Add(key_id(K.public_key))]
    return write_genesis([K], net="main", ops=ops, time=NOW)


def work(genesis: Block, **fields: object) -> Block:
    given: dict[str, object] = {
        "kind": "work", "author": genesis.id, "prev": [genesis.id], "seq": 0, "time": NOW, **fields,
    }  # fmt: skip
    return write_record(K, **given)  # type: ignore[arg-type]


def test_a_genesis_is_its_own_author(genesis: Block) -> None:
    header = genesis.header
    assert isinstance(header, IdentityHeader)
    assert header.author is None
    assert author_of(genesis.id, header) == genesis.id
    assert (header.kind, header.net, header.seq, header.prev) == ("identity", "main", 0, ())
    assert header.body is None
    assert header.refs == ()
    assert header.signers == (K.public_key,)
    assert header.signer_ids == {key_id(K.public_key)}
    assert genesis.id == record_id(genesis.data)


def test_what_is_written_is_read_again(genesis: Block) -> None:
    body = write_body({"title": "Hen benillion"}, author=genesis.id, salt=bytes(16))
    refs = [Ref("kc:about", genesis.id), Ref("dcterms:isPartOf", genesis.id), Ref("kc:about", genesis.id)]
    block = work(genesis, body=body.link, refs=refs, kind="note")
    read = read_block(block.data)
    verify_block(read)
    assert read == block
    assert read.header == Header(
        "note", K.public_key, genesis.id, (genesis.id,), 0, NOW, body.link,
        (Ref("dcterms:isPartOf", genesis.id), Ref("kc:about", genesis.id)),
    )  # fmt: skip


def test_parents_are_written_in_order_whatever_the_order_given(genesis: Block) -> None:
    parents = [work(genesis, time=NOW + n).id for n in range(3)]
    blocks = {work(genesis, prev=given, seq=1).data for given in permutations(parents)}
    assert len(blocks) == 1
    assert read_block(blocks.pop()).header.prev == tuple(sorted(parents))


def test_every_operation_is_read_again(genesis: Block) -> None:
    one, two = key_id(R.public_key), key_id(S.public_key)
    ops = (
        Control((rank(K), Rank(2, tuple(sorted((one, two)))))),
        Add(one),
        Revoke(one, None),
        Revoke(two, Cut(7, genesis.id)),
        Successor(genesis.id),
        Accept(genesis.id),
    )
    block = write_identity([K], author=genesis.id, prev=genesis.id, seq=1, ops=ops, time=NOW)
    assert isinstance(block.header, IdentityHeader)
    assert block.header.ops == ops
    assert block.header.author == genesis.id
    assert block.header.net is None


@pytest.mark.parametrize("count", [1, 2, 3, 4, 15, 16])
def test_signatures_of_many_signers_are_over_one_message(count: int) -> None:
    signers = [KeyPair(bytes([n + 1]) * 32) for n in range(count)]
    block = write_genesis(signers, net="main", ops=[Control((rank(*signers),))], time=NOW)
    verify_block(block)
    first, *others = block.header.signers
    assert first == signers[0].public_key
    assert others == sorted(signer.public_key for signer in signers[1:])
    rec = codec.decode(block.data)["rec"]  # type: ignore[index,call-overload]
    assert block.message == b"knowchain/record/1\0" + codec.encode(rec)
    assert len(block.signature) == 64 * count


def test_too_many_co_signers_are_refused_before_anything_is_sent() -> None:
    signers = [KeyPair(bytes([n + 1]) * 32) for n in range(17)]
    with pytest.raises(InvalidValue, match="with"):
        write_genesis(signers, net="main", ops=[Control((rank(K),))], time=NOW)


@pytest.mark.parametrize(
    ("fields", "what"),
    [
        ({"kind": "identity"}, "identity"),
        ({"kind": "No"}, "kind"),
        ({"seq": -1}, "seq"),
        ({"seq": 2**53}, "seq"),
        ({"time": 1.5}, "time"),
        ({"time": None}, "time"),
        ({"prev": []}, "prev"),
        ({"refs": [Ref("nothing", RecordId(cid_of(b"", 0x71)))]}, "refs"),
        ({"body": BodyLink(RecordId(cid_of(b"", 0x71)), 0)}, "body.size"),
        ({"body": BodyLink(RecordId(cid_of(b"")), 1)}, "body.cid"),
    ],
)
def test_nothing_invalid_is_ever_signed(genesis: Block, fields: dict[str, object], what: str) -> None:
    with pytest.raises(InvalidValue, match=what.replace(".", r"\.")) as refused:
        work(genesis, **fields)
    assert refused.value.remedy


def test_a_signature_that_fails_names_the_key(genesis: Block) -> None:
    forged = genesis.data[:-1] + bytes([genesis.data[-1] ^ 1])
    with pytest.raises(InvalidRecord, match=f"{K.public_key} does not match"):
        verify_block(read_block(forged))


def test_a_key_of_small_order_is_named_as_such(genesis: Block) -> None:
    small = b"\xed\x01" + b"\x01" + bytes(31)
    rec = codec.decode(work(genesis).data)["rec"]  # type: ignore[index,call-overload]
    rec["key"] = small  # type: ignore[index,call-overload]
    block = read_block(codec.encode({"rec": rec, "sig": b"\x01" + bytes(63)}))
    with pytest.raises(InvalidRecord, match="not of prime order"):
        verify_block(block)


def test_the_second_of_two_signatures_is_checked_too() -> None:
    block = write_genesis([K, R], net="main", ops=[Control((rank(K, R, need=2),))], time=NOW)
    forged = block.data[:-1] + bytes([block.data[-1] ^ 1])
    with pytest.raises(InvalidRecord, match=str(R.public_key)):
        verify_block(read_block(forged))


def test_a_genesis_belongs_to_one_network(genesis: Block) -> None:
    check_network(genesis.header, "main")
    check_network(work(genesis).header, "anywhere")
    with pytest.raises(InvalidRecord, match="network main, not test") as refused:
        check_network(genesis.header, "test")
    assert refused.value.reason == "network"


def test_names_and_relations() -> None:
    assert is_name("work")
    assert not is_name("")
    assert not is_name(b"work")
    assert is_relation("kc:about")
    assert not is_relation("about")
    assert not is_relation(None)


# --- bodies ---------------------------------------------------------------------------------------


def test_a_body_is_read_with_its_unknown_fields(genesis: Block) -> None:
    fields = {"title": {"cy": ["Hen benillion"]}, "scanned": True, "file": cid_of(b"x"), "pages": [-1, 2]}
    body = write_body(fields, author=genesis.id, salt=bytes(range(16)))
    block = work(genesis, body=body.link)
    read = read_body(body.data, block.header, genesis.id)
    assert read == body
    assert read.fields == fields
    assert read.link == BodyLink(record_id(body.data), len(body.data))


@pytest.mark.parametrize("size", [0, 15, 17])
def test_a_salt_has_sixteen_bytes(genesis: Block, size: int) -> None:
    with pytest.raises(InvalidValue, match="salt"):
        write_body({}, author=genesis.id, salt=bytes(size))


@pytest.mark.parametrize("name", ["salt", "author"])
def test_the_envelope_of_a_body_is_reserved(genesis: Block, name: str) -> None:
    with pytest.raises(InvalidValue, match=name):
        write_body({name: "x"}, author=genesis.id, salt=bytes(16))


def _nested(depth: int) -> codec.Value:
    value: codec.Value = []
    for _ in range(depth - 1):
        value = [value]
    return value


@pytest.mark.parametrize(
    "value", [1.0, None, 2**53, -(2**53), _nested(32), (1, 2), {1: 2}, "\ud800", b"x" * 262_144]
)
def test_a_body_that_none_may_hold_is_not_written(genesis: Block, value: codec.Value) -> None:
    with pytest.raises(InvalidValue, match="body"):
        write_body({"x": value}, author=genesis.id, salt=bytes(16))


def test_a_body_may_nest_as_deep_as_the_bound(genesis: Block) -> None:
    body = write_body({"x": _nested(31)}, author=genesis.id, salt=bytes(16))
    assert read_body(body.data, work(genesis, body=body.link).header, genesis.id) == body


def test_a_body_that_holds_itself_twice_is_refused_at_once(genesis: Block) -> None:
    loop: list[codec.Value] = []
    loop += [loop, loop]
    with pytest.raises(InvalidValue, match="body"):
        write_body({"x": loop}, author=genesis.id, salt=bytes(16))


def test_the_greatest_body(genesis: Block) -> None:
    overhead = len(write_body({"x": b"\0" * 70_000}, author=genesis.id, salt=bytes(16)).data) - 70_000
    data = b"\0" * (limits.MAX_BODY - overhead)
    body = write_body({"x": data}, author=genesis.id, salt=bytes(16))
    assert len(body.data) == limits.MAX_BODY
    assert work(genesis, body=body.link).header.body == body.link
    with pytest.raises(InvalidValue, match="more than the 262144"):
        write_body({"x": data + b"\0"}, author=genesis.id, salt=bytes(16))


def test_a_record_can_be_pinned_by_its_raw_twin(genesis: Block) -> None:
    twin = raw_twin(genesis.id)
    assert twin == cid_of(genesis.data)
    assert str(twin).startswith("bafkrei")
    assert twin.multihash == genesis.id.multihash
