"""Rules S1 to S3: what a block must look like."""

from __future__ import annotations

from collections.abc import Iterator

from .cbor import Link, Pairs, Raw, encode, head
from .people import (
    GENESIS,
    WORK,
    A,
    K,
    Key,
    R,
    Value,
    add,
    block_of,
    control,
    genesis_header,
    header,
    rid,
    signed,
    step_header,
)

Case = dict[str, object]
W = rid(WORK)
B2 = sorted([W, A])
P = Key("P")


def cases() -> list[Case]:
    """Every case of the file."""
    return [*_good(), *_encoding(), *_values(), *_versions(), *_ordinary(), *_log(), *_operations()]


def _case(name: str, description: str, block: bytes, reason: str | None = "malformed") -> Case:
    verdict = "accepted" if reason is None else "rejected"
    return {
        "name": name,
        "description": description,
        "block": block.hex(),
        "verdict": verdict,
        "reason": reason,
    }


def _work(**changes: Value) -> dict[str, Value]:
    return {**header(K, A, [A], 0), **changes}


def _without(rec: dict[str, Value], field: str) -> dict[str, Value]:
    return {name: value for name, value in rec.items() if name != field}


def _sealed(rec: Value, *keys: Key) -> bytes:
    return signed(rec, *(keys or (K,)))


def _good() -> Iterator[Case]:
    yield _case("genesis", "the genesis of section 13", GENESIS, None)
    yield _case("work", "the work of section 13", WORK, None)
    yield _case("bare", "an ordinary record without body and refs", _sealed(_work()), None)
    yield _case("unknown kind", "a kind that nobody knows is kept", _sealed(_work(kind="x-9-y")), None)
    yield _case("longest kind", "32 characters", _sealed(_work(kind="k" * 32)), None)
    yield _case("greatest time", "2^53 - 1", _sealed(_work(time=2**53 - 1)), None)
    yield _case("greatest seq", "2^53 - 1", _sealed({**header(K, A, [W], 1), "seq": 2**53 - 1}), None)
    eight = [bytes(W[:4]) + bytes([n]) * 32 for n in range(8)]
    yield _case("eight parents", "the most that a record may have", _sealed(header(K, A, eight, 1)), None)
    refs = [("kc:after", W[:4] + bytes([n]) * 32) for n in range(64)]
    yield _case("64 refs", "the most that a record may have", _sealed(header(K, A, [A], 0, refs=refs)), None)
    same = [("kc:about", W), ("kc:about", A), ("kc:after", A)]
    yield _case(
        "refs by relation, then id",
        "equal relations, ids apart",
        _sealed(header(K, A, [A], 0, refs=same)),
        None,
    )
    case = [("kc:Z", W), ("kc:a", A)]
    yield _case(
        "relations by bytes", "capital letters come before small ones", _sealed(_work(refs=_refs(case))), None
    )
    yield _case("endorsement", "no operations", _sealed(step_header(K, A, A, 1, [])), None)
    yield _case(
        "highest identity seq", "65,535", _sealed({**step_header(K, A, A, 1, []), "seq": 65535}), None
    )
    yield _case("closing", "an empty control", _sealed(step_header(K, A, A, 1, [["control", []]])), None)


def _refs(refs: list[tuple[str, bytes]]) -> list[Value]:
    return [[relation, Link(target)] for relation, target in refs]


def _encoding() -> Iterator[Case]:
    rec = encode(_work())
    good = _sealed(_work())
    yield _case("no bytes", "nothing at all", b"")
    yield _case("one byte after", "a byte follows the block", good + b"\x00")
    yield _case("one byte short", "the last byte lacks", good[:-1])
    yield _case("two blocks", "a block follows the block", good + good)
    yield _case("array", "a block must be a map", encode([_work(), b"\x00" * 64]))
    yield _case("sig first", "keys out of order", encode(Pairs((("sig", good[-64:]), ("rec", Raw(rec))))))
    yield _case("rec alone", "no sig", encode({"rec": Raw(rec)}))
    yield _case("third field", "a block has two fields", encode({"rec": Raw(rec), "sig": good[-64:], "x": 1}))
    yield _case("rec is a list", "rec must be a map", _sealed([1]))
    yield _case("rec is bytes", "an encoding inside a byte string", encode({"rec": rec, "sig": good[-64:]}))
    long_sig = b"\xa2\x63rec" + rec + b"\x63sig" + head(2, 64, width=2) + good[-64:]
    yield _case("long head of sig", "a length of 64 in two bytes", long_sig)
    yield _case(
        "sig in pieces",
        "an indefinite byte string",
        b"\xa2\x63rec" + rec + b"\x63sig\x5f" + encode(good[-64:]) + b"\xff",
    )
    yield _case("indefinite map", "the block", b"\xbf" + good[1:] + b"\xff")
    raw = {
        "long head of an integer": (Raw(b"\x18\x00"), "0 in two bytes"),
        "long head of 24": (Raw(b"\x19\x00\x18"), "24 in three bytes"),
        "long head of 2^32-1": (Raw(head(0, 2**32 - 1, width=8)), "in nine bytes"),
    }
    for name, (value, description) in raw.items():
        yield _case(name, description, _sealed(_work(time=value)))
    yield _case("long head of text", "a kind of 4 in two bytes", _sealed(_work(kind=Raw(b"\x78\x04work"))))
    yield _case(
        "long head of bytes",
        "a key of 34 in 3 bytes",
        _sealed(_work(key=Raw(head(2, 34, width=2) + K.public))),
    )
    yield _case("long head of a list", "prev", _sealed(_work(prev=Raw(b"\x98\x01" + encode(Link(A))))))
    yield _case("indefinite list", "prev", _sealed(_work(prev=Raw(b"\x9f" + encode(Link(A)) + b"\xff"))))
    yield _case("indefinite text", "kind", _sealed(_work(kind=Raw(b"\x7f\x64work\xff"))))
    yield _case(
        "long head of the tag",
        "42 in two bytes after the first",
        _sealed(_work(author=Raw(b"\xd9\x00\x2a" + encode(b"\0" + A)))),
    )
    yield _case("another tag", "tag 1 around time", _sealed(_work(time=Raw(b"\xc1" + encode(1)))))
    yield _case("tag 43", "on author", _sealed(_work(author=Raw(b"\xd8\x2b" + encode(b"\0" + A)))))
    yield _case("tag 42 on text", "author", _sealed(_work(author=Raw(b"\xd8\x2a" + encode("a")))))
    yield _case("link without its zero", "author", _sealed(_work(author=Raw(b"\xd8\x2a" + encode(A)))))
    yield _case("tag 42 on nothing", "author", _sealed(_work(author=Raw(b"\xd8\x2a\x40"))))
    pairs = tuple(sorted(_work().items(), key=lambda pair: (len(pair[0]), pair[0])))
    yield _case("double key", "time twice", _sealed(Pairs((*pairs[:-1], ("prev", [Link(A)]), pairs[-1]))))
    yield _case(
        "keys by alphabet",
        "RFC 8949 order, not the shorter first",
        _sealed(Pairs(tuple(sorted(_work().items())))),
    )
    yield _case("keys reversed", "the longest first", _sealed(Pairs(pairs[::-1])))
    yield _case("integer key", "1 as a key of the header", _sealed(Pairs(((1, 1), *pairs))))
    yield _case("bytes key", "v as bytes", _sealed(Pairs(((b"v", 1), *pairs[1:]))))
    for name, text in {
        "lone continuation": b"\x80",
        "overlong slash": b"\xc0\xaf",
        "surrogate": b"\xed\xa0\x80",
        "beyond U+10FFFF": b"\xf4\x90\x80\x80",
        "cut sequence": b"\xe2\x82",
    }.items():
        yield _case(f"text: {name}", "not UTF-8", _sealed(_work(kind=Raw(head(3, len(text)) + text))))


def _values() -> Iterator[Case]:
    strange = {
        "float": (1.0, "1.0 is a float, not an integer"),
        "minus zero": (-0.0, "negative zero"),
        "half float": (Raw(b"\xf9\x3c\x00"), "1.0 in 16 bits"),
        "single float": (Raw(b"\xfa\x3f\x80\x00\x00"), "1.0 in 32 bits"),
        "not a number": (float("nan"), "NaN"),
        "infinity": (float("inf"), "infinity"),
        "null": (None, "null"),
        "undefined": (Raw(b"\xf7"), "undefined"),
        "simple value": (Raw(b"\xe0"), "simple value 0"),
        "boolean": (True, "true is no number"),
        "2^53": (2**53, "one more than the greatest integer"),
        "2^64 - 1": (2**64 - 1, "the greatest of CBOR"),
        "negative": (-1, "-1"),
        "text": ("0", "text"),
        "bignum": (Raw(b"\xc2\x41\x01"), "tag 2"),
        "reserved head": (Raw(b"\x1c"), "additional information 28"),
    }
    for name, (value, description) in strange.items():
        yield _case(f"time: {name}", description, _sealed(_work(time=value)))
        yield _case(f"seq: {name}", description, _sealed(_work(seq=value)))
    nest: Value = 1
    for _ in range(6):
        nest = [nest]
    yield _case("unknown field", "the header is closed", _sealed(_work(extra=1)))
    yield _case("deep unknown field", "8 containers deep", _sealed(_work(extra=nest)))
    too_large = _sealed({**header(K, A, [A], 0), "pad": b"\0" * 32_768})
    yield _case("too large", "more than 32,768 bytes", too_large)


def _versions() -> Iterator[Case]:
    yield _case("v 2", "a version to come", _sealed(_work(v=2)), "unsupported")
    yield _case("v 0", "a version that never was", _sealed(_work(v=0)), "unsupported")
    yield _case("v -1", "an integer other than 1", _sealed(_work(v=-1)), "unsupported")
    yield _case(
        "v 2 with other fields", "they are its own", _sealed({"v": 2, "x": {"y": [1]}}), "unsupported"
    )
    yield _case(
        "v 2 with no signature", "sig is its own too", encode({"rec": {"v": 2}, "sig": 7}), "unsupported"
    )
    for name, value in {
        "float": 1.5,
        "null": None,
        "boolean": True,
        "2^53": 2**53,
        "-2^53": -(2**53),
    }.items():
        yield _case(f"v 2 with {name}", "S1 comes before S2", _sealed(_work(v=2, x=value)))
    for depth, reason in ((8, "unsupported"), (9, "malformed")):
        nest: Value = []
        for _ in range(depth - 3):
            nest = [nest]
        yield _case(f"v 2, {depth} deep", "empty containers count", _sealed(_work(v=2, x=nest)), reason)
        filled: Value = 1
        for _ in range(depth - 2):
            filled = {"a": filled}
        yield _case(f"v 2, {depth} maps deep", "maps count like lists", _sealed(_work(v=2, x=filled)), reason)
    yield _case(
        "v 2 and a third field",
        "S1: the block's own map is closed",
        encode({"rec": {"v": 2}, "sig": b"", "x": 1}),
    )
    yield _case("no v", "v lacks", _sealed(_without(_work(), "v")))
    for name, value in {"text": "1", "boolean": True, "bytes": b"\x01", "list": [1]}.items():
        yield _case(f"v is {name}", "v must be an integer", _sealed(_work(v=value)))
    yield _case("v is 1.0", "a float", _sealed(_work(v=1.0)))
    p256 = b"\x80\x24" + b"\x02" * 33
    yield _case("P-256 key", "an algorithm that is reserved", _sealed(_work(key=p256)), "unsupported")
    yield _case("empty key", "it does not begin with ed 01", _sealed(_work(key=b"")), "unsupported")
    yield _case("half a code", "ed alone", _sealed(_work(key=b"\xed")), "unsupported")
    yield _case(
        "P-256 key and an unknown field", "S2 comes before S3", _sealed(_work(key=p256, x=1)), "unsupported"
    )
    yield _case("P-256 key and null", "S1 comes before S2", _sealed(_work(key=p256, x=None)))
    cosigned = {**genesis_header(K, [control((1, [K]))]), "with": [p256]}
    yield _case("P-256 co-signer", "an algorithm that is reserved", _sealed(cosigned), "unsupported")
    yield _case(
        "P-256 co-signer of a work", "S2 comes before S3", _sealed(_work(**{"with": [p256]})), "unsupported"
    )
    yield _case("P-256 co-signer and null", "S1 comes before S2", _sealed({**cosigned, "x": None}))
    yield _case("short key", "ed 01 and 31 bytes", _sealed(_work(key=K.public[:-1])))
    yield _case("long key", "ed 01 and 33 bytes", _sealed(_work(key=K.public + b"\0")))
    yield _case("key is text", "a did:key", _sealed(_work(key="did:key:z6Mk")))
    yield _case("no key", "key lacks", _sealed(_without(_work(), "key")))


def _ordinary() -> Iterator[Case]:
    for field in ("kind", "author", "prev", "seq", "time"):
        yield _case(f"no {field}", "a field lacks", _sealed(_without(_work(), field)))
    kinds = {
        "empty": "",
        "capital": "Work",
        "digit first": "1work",
        "hyphen first": "-work",
        "33 characters": "k" * 33,
        "newline at the end": "work\n",
        "underscore": "my_work",
        "accent, composed": "caf\u00e9",
        "accent, decomposed": "cafe\u0301",
        "Arabic digit": "work\u0661",
        "zero byte": "work\0",
        "bytes": b"work",
        "number": 5,
    }
    for name, kind in kinds.items():
        yield _case(f"kind: {name}", "not [a-z][a-z0-9-]{0,31}", _sealed(_work(kind=kind)))
    links = {
        "raw": b"\x01\x55" + A[2:],
        "dag-pb": b"\x01\x70" + A[2:],
        "sha2-512": b"\x01\x71\x13\x20" + A[4:],
        "short digest": b"\x01\x71\x12\x1f" + A[4:-1],
        "version 0": A[2:],
        "trailing byte": A + b"\0",
        "long varint": b"\x01\xf1\x00" + A[2:],
        "empty": b"",
    }
    for name, cid in links.items():
        yield _case(f"author: {name}", "no rid", _sealed(_work(author=Link(cid))))
        yield _case(f"prev: {name}", "no rid", _sealed(_work(prev=[Link(cid)])))
        yield _case(f"refs: {name}", "no rid", _sealed(_work(refs=[["kc:about", Link(cid)]])))
        body = {"cid": Link(cid), "size": 1}
        yield _case(f"body cid: {name}", "no rid", _sealed(_work(body=body)))
    yield _case("author is bytes", "no link", _sealed(_work(author=A)))
    yield _case("author is text", "no link", _sealed(_work(author="bafyrei")))
    yield _case("author is a map", "how JSON writes a link", _sealed(_work(author={"/": "bafyrei"})))
    yield _case("no parents", "an empty prev", _sealed(_work(prev=[])))
    nine = [Link(W[:4] + bytes([n]) * 32) for n in range(9)]
    yield _case("nine parents", "one too many", _sealed(_work(prev=nine, seq=1)))
    two = [Link(cid) for cid in B2]
    yield _case("two parents at seq 0", "a chain begins at one record", _sealed(_work(prev=two)))
    yield _case("parents unordered", "descending", _sealed(_work(prev=two[::-1], seq=1)))
    yield _case("parent twice", "double", _sealed(_work(prev=[two[0], two[0]], seq=1)))
    yield _case("prev is a link", "not a list", _sealed(_work(prev=Link(A))))
    yield _case("refs empty", "an empty list has another encoding: none", _sealed(_work(refs=[])))
    many = _refs([("kc:after", W[:4] + bytes([n]) * 32) for n in range(65)])
    yield _case("65 refs", "one too many", _sealed(_work(refs=many)))
    yield _case(
        "refs unordered by relation", "descending", _sealed(_work(refs=_refs([("kc:b", A), ("kc:a", A)])))
    )
    down = _refs([("kc:a", B2[1]), ("kc:a", B2[0])])
    yield _case("refs unordered by id", "descending", _sealed(_work(refs=down)))
    yield _case("ref twice", "double", _sealed(_work(refs=_refs([("kc:a", A), ("kc:a", A)]))))
    by_length = _refs([("kc:b", A), ("kc:aa", A)])
    yield _case("refs by length", "text orders by bytes here, not by length", _sealed(_work(refs=by_length)))
    for name, ref in {
        "three items": ["kc:a", Link(A), 1],
        "one item": ["kc:a"],
        "a map": {"rel": "kc:a", "rid": Link(A)},
        "turned": [Link(A), "kc:a"],
    }.items():
        yield _case(f"ref of {name}", "a ref is a pair", _sealed(_work(refs=[ref])))
    for name, relation in {
        "no prefix": "about",
        "empty prefix": ":about",
        "empty name": "kc:",
        "capital prefix": "Kc:about",
        "two colons": "kc:a:b",
        "digit": "kc:about2",
        "16 characters of prefix": "a" * 16 + ":b",
        "33 characters of name": "a:" + "b" * 33,
        "newline at the end": "kc:about\n",
        "not ASCII": "kc:\u00e9tat",
    }.items():
        yield _case(
            f"relation: {name}", "not [a-z]{1,15}:[A-Za-z]{1,32}", _sealed(_work(refs=_refs([(relation, A)])))
        )
    longest = "a" * 15 + ":" + "B" * 32
    yield _case("longest relation", "15 and 32", _sealed(_work(refs=_refs([(longest, A)]))), None)
    for name, body in {
        "size 0": {"cid": Link(A), "size": 0},
        "too large": {"cid": Link(A), "size": 262_145},
        "no size": {"cid": Link(A)},
        "no cid": {"size": 1},
        "third field": {"cid": Link(A), "size": 1, "x": 1},
        "size is true": {"cid": Link(A), "size": True},
        "a link": Link(A),
        "empty": {},
    }.items():
        yield _case(f"body: {name}", "not a cid and a size", _sealed(_work(body=body)))
    yield _case(
        "body of 262,144", "the greatest", _sealed(_work(body={"cid": Link(A), "size": 262_144})), None
    )
    yield _case(
        "ordinary with co-signers", "with is an identity record's", _sealed(_work(**{"with": [R.public]}))
    )
    yield _case("ordinary with ops", "ops are an identity record's", _sealed(_work(ops=[])))
    yield _case("ordinary with net", "net is a genesis'", _sealed(_work(net="main")))
    rec = encode(_work())
    yield _case("sig is text", "not bytes", encode({"rec": Raw(rec), "sig": "s" * 64}))
    yield _case("sig is a list", "not bytes", encode({"rec": Raw(rec), "sig": [K.sign(rec)]}))


def _log() -> Iterator[Case]:
    start = genesis_header(K, [control((1, [K]))])
    later = step_header(K, A, A, 1, [])
    for field in ("key", "seq", "time", "ops"):
        yield _case(f"genesis without {field}", "a field lacks", _sealed(_without(start, field)))
    for field in ("author", "prev", "seq", "time", "ops"):
        yield _case(f"later without {field}", "a field lacks", _sealed(_without(later, field)))
    yield _case("genesis at seq 1", "it is the first", _sealed({**start, "seq": 1}))
    yield _case("genesis with author", "it can't name itself", _sealed({**start, "author": Link(A)}))
    yield _case("genesis with prev", "it follows nothing", _sealed({**start, "prev": [Link(A)]}))
    yield _case(
        "genesis with refs",
        "identity records refer to nothing",
        _sealed({**start, "refs": _refs([("kc:a", A)])}),
    )
    yield _case(
        "later with a body",
        "identity records have none",
        _sealed({**later, "body": {"cid": Link(A), "size": 1}}),
    )
    yield _case("later with net", "net is a genesis'", _sealed({**later, "net": "main"}))
    yield _case("net: capital", "no name", _sealed({**start, "net": "Main"}))
    yield _case("net: empty", "no name", _sealed({**start, "net": ""}))
    yield _case("later at seq 0", "only the genesis is", _sealed({**later, "seq": 0}))
    yield _case("later at seq 65,536", "one too many", _sealed({**later, "seq": 65_536}))
    two = [Link(cid) for cid in B2]
    yield _case("two parents in a log", "a log is a tree", _sealed({**later, "prev": two}))
    ordered = sorted([R, P], key=lambda key: key.public)
    for name, cosigners in {
        "empty": [],
        "double": [R.public, R.public],
        "unordered": [key.public for key in ordered[::-1]],
        "the first signer again": [K.public],
        "short": [R.public[:-1]],
        "16": sorted(Key(f"co{n}").public for n in range(16)),
        "a key": R.public,
        "text": ["R"],
    }.items():
        keys = [K] * (1 + (len(cosigners) if type(cosigners) is list else 0))
        yield _case(
            f"with: {name}",
            "not 1 to 15 ascending keys beside the first",
            _sealed({**start, "with": cosigners}, *keys),
        )
    most = sorted((Key(f"co{n}") for n in range(15)), key=lambda key: key.public)
    yield _case(
        "15 co-signers", "the most", _sealed({**start, "with": [key.public for key in most]}, K, *most), None
    )


def _operations() -> Iterator[Case]:
    def later(*ops: Value) -> bytes:
        return _sealed(step_header(K, A, A, 1, ops))

    high, low = sorted([K.id, R.id], reverse=True)
    for name, op in {
        "unknown": ["rename", "x"],
        "empty": [],
        "a text": "add",
        "a number for a name": [1, K.id],
        "add of nothing": ["add"],
        "add of two": ["add", K.id, R.id],
        "add of a key": ["add", K.public],
        "add of text": ["add", "x" * 32],
        "revoke with half a cut": ["revoke", K.id, [1]],
        "revoke with a cut of three": ["revoke", K.id, [1, Link(W), 1]],
        "revoke with a negative cut": ["revoke", K.id, [-1, Link(W)]],
        "revoke with a cut at 2^53": ["revoke", K.id, [2**53, Link(W)]],
        "revoke with a raw CID": ["revoke", K.id, [1, Link(b"\x01\x55" + W[2:])]],
        "revoke with a null cut": ["revoke", K.id, None],
        "revoke of four": ["revoke", K.id, [1, Link(W)], 1],
        "successor of a keyid": ["successor", K.id],
        "successor of a raw CID": ["successor", Link(b"\x01\x55" + W[2:])],
        "accept of two": ["accept", Link(W), Link(W)],
        "accept of text": ["accept", "bafyrei"],
        "control of nothing": ["control"],
        "control of a rank": ["control", [1, [K.id]]],
        "rank of no keys": ["control", [[1, []]]],
        "rank that needs none": ["control", [[0, [K.id]]]],
        "rank that needs too many": ["control", [[2, [K.id]]]],
        "rank that needs true": ["control", [[True, [K.id]]]],
        "rank of three": ["control", [[1, [K.id], 1]]],
        "rank unordered": ["control", [[1, [high, low]]]],
        "rank with a key twice": ["control", [[2, [K.id, K.id]]]],
        "rank of a public key": ["control", [[1, [K.public]]]],
        "rank of 17": ["control", [[1, [bytes([n]) * 32 for n in range(17)]]]],
        "nine ranks": ["control", [[1, [K.id]]] * 9],
    }.items():
        yield _case(f"op: {name}", "no operation of version 1", later(op))
    yield _case(
        "rank of 16", "the most", later(["control", [[16, [bytes([n]) * 32 for n in range(16)]]]]), None
    )
    yield _case("eight ranks", "the most", later(["control", [[1, [K.id]]] * 8]), None)
    yield _case("64 operations", "the most", later(*[["accept", Link(W)]] * 64), None)
    yield _case("65 operations", "one too many", later(*[["accept", Link(W)]] * 65))
    yield _case("ops is a map", "not a list", _sealed({**step_header(K, A, A, 1, []), "ops": {}}))
    yield _case("key in two ranks", "nothing forbids it", later(control((1, [K]), (2, [K, R]))), None)
    yield _case("add of one key twice", "its form is good; rule I3 refuses it", later(add(P), add(P)), None)


__all__ = ["block_of", "cases"]
