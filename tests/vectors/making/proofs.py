"""Proofs of forks (section 10) and bodies (rule B1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from .cbor import Link, Pairs, Raw, encode
from .people import (
    EXAMPLE_BODY,
    GENESIS,
    TIME,
    WORK,
    A,
    K,
    Key,
    Value,
    block_of,
    control,
    genesis,
    header,
    record,
    rid,
    signed,
    step,
)

Case = dict[str, object]
W = rid(WORK)
P = Key("P")


def forks() -> list[Case]:
    """The cases of forks.json."""
    return list(_forks())


def _forks() -> Iterator[Case]:
    one, other = record(K, A, [W], 1), record(K, A, [W], 1, kind="note")

    def case(
        name: str, description: str, first: bytes, second: bytes, reason: str | None, seq: int | None = None
    ) -> Case:
        return {
            "name": name,
            "description": description,
            "first": first.hex(),
            "second": second.hex(),
            "reason": reason,
            "key": None if reason else K.public.hex(),
            "seq": seq,
        }

    yield case("fork", "one key, one seq, two records", one, other, None, 1)
    yield case("turned", "the order does not matter", other, one, None, 1)
    elsewhere = record(K, A, [rid(one)], 1)
    yield case("chain rules not asked", "the pair is a proof by itself", one, elsewhere, None, 1)
    yield case("the same", "one record twice", one, one, "chain")
    yield case("two places", "seq differs", one, WORK, "chain")
    yield case("two keys", "key differs", one, record(P, A, [W], 1), "chain")
    yield case("a log", "identity records prove nothing of a chain", GENESIS, step(K, A, A, 1, []), "chain")
    log = step(K, A, A, 1, [])
    yield case(
        "two of a log", "one key, one seq, still no chain", log, step(K, A, A, 1, [], time=TIME + 1), "chain"
    )
    # A verifier may put the two in order first: each fault stands once in the smaller, once in the greater.
    smaller, greater = _around(rid(log), lambda n: record(K, A, [W], 1, time=n))
    yield case("a log and a smaller", "one is an identity record", log, smaller, "chain")
    yield case("a log and a greater", "one is an identity record", log, greater, "chain")
    smaller, greater = _around(rid(one), lambda n: block_of(header(K, A, [W], 1, time=n), one[-64:]))
    yield case("smaller forged", "its signature is not good", one, smaller, "signature")
    yield case("greater forged", "its signature is not good", one, greater, "signature")
    yield case("broken", "the second is no block", one, other[:-1], "malformed")


def _around(middle: bytes, make: Callable[[int], bytes]) -> tuple[bytes, bytes]:
    """Two blocks that differ in their time alone: with an id below ``middle``, and above."""
    made = [make(n) for n in range(32)]
    smaller = next(block for block in made if rid(block) < middle)
    return smaller, next(block for block in made if rid(block) > middle)


def body() -> list[Case]:
    """The cases of body.json."""
    return list(_body())


def _body() -> Iterator[Case]:
    salt = b"\x03" * 16
    good = {"salt": salt, "author": Link(A)}

    def case(
        name: str,
        description: str,
        data: bytes,
        reason: str | None = "body",
        *,
        linked: bytes | None = None,
        block: bytes | None = None,
    ) -> Case:
        owner = block or record(K, A, [A], 0, body=data if linked is None else linked)
        return {
            "name": name,
            "description": description,
            "block": owner.hex(),
            "body": data.hex(),
            "reason": reason,
        }

    def valued(name: str, value: Value, reason: str | None = "body") -> Case:
        return case(name, "a field's value", encode({**good, "x": value}), reason)

    yield case("example", "of section 13", EXAMPLE_BODY, None, block=WORK)
    yield case("least", "salt and author alone", encode(good), None)
    yield case(
        "unknown fields", "kept", encode({**good, "zz": {"deep": [1, -1, True, False, b"", ""]}}), None
    )
    other = genesis(P, [control((1, [P]))])
    yield case("foreign author", "another identity's body", encode({**good, "author": Link(rid(other))}))
    yield case("author is bytes", "no link", encode({**good, "author": A}))
    yield case(
        "author is a raw twin",
        "the same digest is not enough",
        encode({**good, "author": Link(b"\x01\x55" + A[2:])}),
    )
    yield case("no author", "nobody's", encode({"salt": salt}))
    yield case("no salt", "it could be found by trying", encode({"author": Link(A)}))
    for size in (0, 15, 17, 32):
        yield case(f"salt of {size}", "16 bytes", encode({**good, "salt": bytes(size)}))
    yield case("salt is text", "bytes", encode({**good, "salt": "s" * 16}))
    yield case("list", "a map", encode([salt, Link(A)]))
    yield case("not linked", "the record has no body", encode(good), block=record(K, A, [A], 0))
    yield case("of a log", "identity records have no body", encode(good), block=GENESIS)
    yield case("other bytes", "another body's id", encode({**good, "x": 1}), linked=encode({**good, "x": 2}))
    long = header(K, A, [A], 0, body=encode(good))
    for name, size in {
        "size too great": len(encode(good)) + 1,
        "size too small": len(encode(good)) - 1,
    }.items():
        wrong = {**long, "body": {"cid": Link(rid(encode(good))), "size": size}}
        yield case(name, "the id fits, the size does not", encode(good), block=signed(wrong, K))
    data = encode(good)
    yield case("byte after", "trailing", data + b"\0")
    yield case("byte short", "cut", data[:-1])
    yield case(
        "keys out of order", "author before salt", encode(Pairs((("author", Link(A)), ("salt", salt))))
    )
    yield case("key twice", "salt", encode(Pairs((("salt", salt), ("salt", salt), ("author", Link(A))))))
    yield valued("float", 1.5)
    yield valued("whole float", 1.0)
    yield valued("minus zero", -0.0)
    yield valued("null", None)
    yield valued("undefined", Raw(b"\xf7"))
    yield valued("true and false", [True, False], None)
    yield valued("2^53 - 1", 2**53 - 1, None)
    yield valued("-2^53 + 1", 1 - 2**53, None)
    yield valued("2^53", 2**53)
    yield valued("-2^53", -(2**53))
    yield valued("decomposed text", "cafe\u0301 \U00016d43", None)
    yield valued("noncharacter", "\uffff", None)
    yield valued("surrogate", Raw(b"\x63\xed\xa0\x80"))
    yield valued("raw link", Link(b"\x01\x55\x12\x20" + b"\x07" * 32), None)
    yield valued("blake3 link", Link(b"\x01\x55\x1e\x20" + b"\x07" * 32), None)
    yield valued("identity link", Link(b"\x01\x55\x00\x03abc"), None)
    yield valued("empty identity link", Link(b"\x01\x55\x00\x00"), None)
    yield valued("unknown codec and hash", Link(b"\x01\xff\xff\x03\xfe\xff\x03\x02hi"), None)
    yield valued("link of 64 bytes", Link(b"\x01\x55\x00\x3c" + b"\x07" * 60), None)
    yield valued("link of 65 bytes", Link(b"\x01\x55\x00\x3d" + b"\x07" * 61))
    yield valued("version 0 link", Link(b"\x12\x20" + b"\x07" * 32))
    yield valued("version 2 link", Link(b"\x02\x55\x12\x20" + b"\x07" * 32))
    yield valued("short digest", Link(b"\x01\x55\x12\x1f" + b"\x07" * 31))
    yield valued("digest cut", Link(b"\x01\x55\x12\x20" + b"\x07" * 31))
    yield valued("digest too long", Link(b"\x01\x55\x12\x20" + b"\x07" * 33))
    yield valued("long varint in a link", Link(b"\x01\xd5\x00\x12\x20" + b"\x07" * 32))
    yield valued("sha1 link of 32", Link(b"\x01\x55\x11\x20" + b"\x07" * 32))
    yield valued("link of one byte", Link(b"\x01"))
    yield valued("bignum", Raw(b"\xc2\x41\x01"))
    for depth, reason in ((32, None), (33, "body")):
        empty: Value = []
        for _ in range(depth - 2):
            empty = [empty]
        yield valued(f"{depth} deep, empty inside", empty, reason)
        filled: Value = 1
        for _ in range(depth - 1):
            filled = {"a": filled}
        yield valued(f"{depth} maps deep", filled, reason)
    start = len(encode({**good, "x": b"\0" * 70_000})) - 70_000
    yield case("262,144 bytes", "the greatest", encode({**good, "x": b"\0" * (262_144 - start)}), None)


__all__ = ["TIME", "body", "forks"]
