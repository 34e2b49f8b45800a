"""Rule S4 and section 3: signatures that libraries judge differently, and those that nobody may accept."""

from __future__ import annotations

from collections.abc import Iterator

from . import edwards
from .cbor import Raw, encode
from .edwards import BASE, NEUTRAL, L, P, multiply
from .people import DOMAIN, GENESIS, WORK, A, K, Key, R, block_of, control, genesis_header, header, signed

Case = dict[str, object]
CO1, CO2 = sorted((Key("co1"), Key("co2")), key=lambda key: key.public)
TORSION = edwards.order_eight()


def blocks() -> list[Case]:
    """The cases of signature.json."""
    return [*_plain(), *_cosigned(), *_points_in_blocks()]


def bare() -> list[Case]:
    """The cases of ed25519.json."""
    return [*_bare_good(), *_bare_keys(), *_bare_r(), *_bare_s()]


def _case(name: str, description: str, block: bytes, reason: str | None = "signature") -> Case:
    verdict = "accepted" if reason is None else "rejected"
    return {
        "name": name,
        "description": description,
        "block": block.hex(),
        "verdict": verdict,
        "reason": reason,
    }


def _flip(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def _plain() -> Iterator[Case]:
    rec = header(K, A, [A], 0)
    good = signed(rec, K)
    message = encode(rec)
    yield _case("good", "one signature", good, None)
    yield _case("genesis", "of section 13", GENESIS, None)
    yield _case("work", "of section 13", WORK, None)
    for name, domain in {
        "no domain": b"",
        "another version": b"knowchain/record/2\x00",
        "domain without its zero": b"knowchain/record/1",
        "domain of a seal": b"knowchain/seal/1\x00",
        "domain with another end": b"knowchain/record/1\x01",
    }.items():
        yield _case(name, "the signature is over another input", signed(rec, K, domain=domain))
    yield _case(
        "over the block",
        "signed with the map's head",
        block_of(rec, K.sign(DOMAIN + b"\xa2\x63rec" + message)),
    )
    yield _case("another key", "R signs for K", signed(rec, R))
    yield _case("another record", "the signature of the work", block_of(rec, WORK[-64:]))
    for name, size in {"no signature": 0, "63 bytes": 63, "32 bytes": 32}.items():
        yield _case(name, "too short", block_of(rec, good[-64:][:size]))
    yield _case("65 bytes", "a byte too long", block_of(rec, good[-64:] + b"\0"))
    yield _case("two signatures, one signer", "one is extra", signed(rec, K, K))
    yield _case("zeros", "64 zero bytes", block_of(rec, bytes(64)))
    yield _case("a bit of R", "one bit flipped", block_of(rec, _flip(good[-64:], 3)))
    yield _case("a bit of S", "one bit flipped", block_of(rec, _flip(good[-64:], 300)))
    yield _case("R and S turned", "S before R", block_of(rec, good[-32:] + good[-64:-32]))
    later = signed({**rec, "time": 1}, K)
    yield _case("a later header", "the signature of another time", block_of({**rec, "time": 2}, later[-64:]))


def _cosigned() -> Iterator[Case]:
    rec = genesis_header(K, [control((2, [K, CO1, CO2]))], co=[CO1, CO2])
    message = DOMAIN + encode(rec)
    one, two, three = (key.sign(message) for key in (K, CO1, CO2))
    yield _case("three signers", "each over the same input", block_of(rec, one + two + three), None)
    yield _case("co-signature dropped", "the last lacks", block_of(rec, one + two))
    yield _case("first dropped", "the first lacks", block_of(rec, two + three))
    yield _case("co-signatures swapped", "in the wrong order", block_of(rec, one + three + two))
    yield _case("first and second swapped", "in the wrong order", block_of(rec, two + one + three))
    yield _case("co-signature extra", "four for three signers", block_of(rec, one + two + three + one))
    yield _case("one signs for all", "the same signature thrice", block_of(rec, one * 3))
    yield _case("last one forged", "the last is of another key", block_of(rec, one + two + R.sign(message)))
    alone = {name: value for name, value in rec.items() if name != "with"}
    yield _case("signer taken out", "with removed, the old signature kept", block_of(alone, one))
    four = [CO1, CO2, *(Key(f"more{n}") for n in range(2))]
    many = genesis_header(K, [control((1, [K]))], co=four)
    yield _case(
        "five signers",
        "the head of sig has three bytes",
        signed(many, K, *sorted(four, key=lambda key: key.public)),
        None,
    )


def _points_in_blocks() -> Iterator[Case]:
    """The hostile points, as keys of records that are otherwise good."""
    for name, public in {
        "neutral key": edwards.encode(NEUTRAL),
        "key of order 8": edwards.encode(TORSION),
    }.items():
        # With a key of small order, S = 0 and R = −[h]A verify for whoever checks with the cofactor.
        rec = _header_of(public)
        yield _case(
            name,
            "anybody can sign for a key of small order",
            block_of(Raw(rec), edwards.encode(NEUTRAL) + bytes(32)),
        )
    public, signature, rec = _mixed_key()
    yield _case("key of mixed order", "cofactored verifiers accept it", block_of(Raw(rec), signature))
    rec = _header_of(K.raw)
    secret, prefix = edwards.scalar(K.seed)
    shifted = edwards.sign_with(secret, K.raw, prefix, DOMAIN + rec, TORSION)
    yield _case("R of mixed order", "cofactored verifiers accept it", block_of(Raw(rec), shifted))
    good = K.sign(DOMAIN + rec)
    plus = good[:32] + (int.from_bytes(good[32:], "little") + L).to_bytes(32, "little")
    yield _case("S + L", "the same residue, another encoding", block_of(Raw(rec), plus))


def _header_of(raw_key: bytes) -> bytes:
    rec = header(K, A, [A], 0)
    rec["key"] = b"\xed\x01" + raw_key
    return encode(rec)


def _mixed_key() -> tuple[bytes, bytes, bytes]:
    secret, prefix = edwards.scalar(K.seed)
    public = edwards.encode(edwards.add(multiply(secret, BASE), TORSION))
    rec = _header_of(public)
    return public, edwards.sign_with(secret, public, prefix, DOMAIN + rec, NEUTRAL), rec


MESSAGE = b"an old verse of Meirionnydd"


def _bare(
    name: str, description: str, key: bytes, signature: bytes, *, good: bool = False, message: bytes = MESSAGE
) -> Case:
    return {
        "name": name,
        "description": description,
        "key": key.hex(),
        "message": message.hex(),
        "signature": signature.hex(),
        "good": good,
    }


def _bare_good() -> Iterator[Case]:
    for size in (0, 1, 63, 64, 111, 112, 1000):
        message = bytes(n % 251 for n in range(size))
        signature = edwards.sign(K.seed, message)
        assert signature == K.sign(message)
        yield _bare(f"{size} bytes", "an ordinary signature", K.raw, signature, good=True, message=message)
    signature = K.sign(MESSAGE)
    yield _bare("another message", "a byte differs", K.raw, signature, message=MESSAGE + b".")
    yield _bare("another key", "R's key", R.raw, signature)
    for bit in (0, 7, 255, 256, 260, 503, 511):
        yield _bare(f"bit {bit}", "one bit of the signature flipped", K.raw, _flip(signature, bit))
    for size in (0, 32, 63, 65, 128):
        yield _bare(f"signature of {size} bytes", "a signature has 64", K.raw, (signature * 2)[:size])
    for size in (0, 31, 33):
        yield _bare(f"key of {size} bytes", "a key has 32", (K.raw * 2)[:size], signature)


def _bare_keys() -> Iterator[Case]:
    point = NEUTRAL
    for n in range(8):
        for name, signature in {
            "R neutral": edwards.encode(NEUTRAL) + bytes(32),
            "R of the key": edwards.encode(point) + bytes(32),
        }.items():
            yield _bare(
                f"small order {n}, {name}", "a key of order 1, 2, 4 or 8", edwards.encode(point), signature
            )
        point = edwards.add(point, TORSION)
    secret, prefix = edwards.scalar(K.seed)
    point = TORSION
    for n in range(1, 8):
        public = edwards.encode(edwards.add(multiply(secret, BASE), point))
        signature = _ground(secret, public, prefix, n)
        yield _bare(
            f"mixed order {n}, {len(signature[1])} bytes",
            "a key of order 2L, 4L or 8L",
            public,
            signature[0],
            message=signature[1],
        )
        point = edwards.add(point, TORSION)
    not_canonical = {
        "y = p": P,
        "y = p + 1": P + 1,
        "y = 2^255 - 1": 2**255 - 1,
        "neutral with sign": 1 | 1 << 255,
        "y = p + 1 with sign": P + 1 | 1 << 255,
        "y = -1 with sign": P - 1 | 1 << 255,
        "y = 2, on no curve": 2,
        "y = 0": 0,
        "y = 0 with sign": 1 << 255,
        "y = p + 3": P + 3,
    }
    for name, number in not_canonical.items():
        yield _bare(
            f"key: {name}",
            "no canonical point of prime order",
            number.to_bytes(32, "little"),
            edwards.encode(NEUTRAL) + bytes(32),
        )
    yield _bare("key: sign turned", "the negative of the key", _flip(K.raw, 255), K.sign(MESSAGE))


def _ground(secret: int, public: bytes, prefix: bytes, order: int) -> tuple[bytes, bytes]:
    """A signature that even a verifier without the cofactor accepts: h is a multiple of 8."""
    for n in range(1000):
        message = MESSAGE + bytes([order, n % 256, n // 256])
        signature = edwards.sign_with(secret, public, prefix, message, NEUTRAL)
        if edwards.challenge(signature[:32], public, message) % 8 == 0:
            return signature, message
    raise AssertionError


def _bare_r() -> Iterator[Case]:
    secret, prefix = edwards.scalar(K.seed)
    point = TORSION
    for n in range(1, 8):
        signature = edwards.sign_with(secret, K.raw, prefix, MESSAGE, point)
        yield _bare(f"R of mixed order {n}", "verifies with the cofactor only", K.raw, signature)
        point = edwards.add(point, TORSION)
    point = NEUTRAL
    for n in range(8):
        r = edwards.encode(point)
        s = edwards.challenge(r, K.raw, MESSAGE) * secret % L
        yield _bare(f"R of small order {n}", "a nonce of 0", K.raw, r + s.to_bytes(32, "little"))
        point = edwards.add(point, TORSION)
    for name, r in {
        "neutral as p + 1": (P + 1).to_bytes(32, "little"),
        "neutral with sign": (1 | 1 << 255).to_bytes(32, "little"),
    }.items():
        s = edwards.challenge(r, K.raw, MESSAGE) * secret % L
        yield _bare(f"R: {name}", "not canonical", K.raw, r + s.to_bytes(32, "little"))
    yield _bare("R of ones", "not canonical", K.raw, b"\xff" * 32 + K.sign(MESSAGE)[32:])
    yield _bare("R negated", "the sign turned", K.raw, _flip(K.sign(MESSAGE), 255))
    yield _bare("R is the key", "a point of prime order, the wrong one", K.raw, K.raw + K.sign(MESSAGE)[32:])


def _bare_s() -> Iterator[Case]:
    good = K.sign(MESSAGE)
    s = int.from_bytes(good[32:], "little")
    for n in range(1, 15):
        yield _bare(
            f"S + {n}L",
            "the same residue, another encoding",
            K.raw,
            good[:32] + (s + n * L).to_bytes(32, "little"),
        )
    for name, number in {
        "0": 0,
        "L": L,
        "L - 1": L - 1,
        "L + 1": L + 1,
        "2^252": 2**252,
        "2^255": 2**255,
        "2^256 - 1": 2**256 - 1,
        "-S": L - s,
        "S + 1": s + 1,
        "S + 2^255": s | 1 << 255,
    }.items():
        yield _bare(f"S is {name}", "no S of this R", K.raw, good[:32] + number.to_bytes(32, "little"))
