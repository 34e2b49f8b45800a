"""Ed25519 in plain integers (RFC 8032), for signatures that no library makes. Slow, and not for secrets."""

from __future__ import annotations

import hashlib

P = 2**255 - 19
L = 2**252 + 27742317777372353535851937790883648493
D = -121665 * pow(121666, P - 2, P) % P
_ROOT = pow(2, (P - 1) // 4, P)

Point = tuple[int, int]
NEUTRAL: Point = (0, 1)


def add(a: Point, b: Point) -> Point:
    """The sum of two points."""
    (x1, y1), (x2, y2) = a, b
    t = D * x1 * x2 * y1 * y2 % P
    x = (x1 * y2 + x2 * y1) * pow(1 + t, P - 2, P) % P
    y = (y1 * y2 + x1 * x2) * pow(1 - t, P - 2, P) % P
    return x, y


def multiply(n: int, point: Point) -> Point:
    """The sum of ``n`` times ``point``, in extended coordinates so that one inversion is enough."""
    x, y, z, t = 0, 1, 1, 0
    a, b, c, d = point[0], point[1], 1, point[0] * point[1] % P
    while n:
        if n & 1:
            x, y, z, t = _add_extended((x, y, z, t), (a, b, c, d))
        a, b, c, d = _add_extended((a, b, c, d), (a, b, c, d))
        n >>= 1
    inverse = pow(z, P - 2, P)
    return x * inverse % P, y * inverse % P


def _add_extended(p: tuple[int, int, int, int], q: tuple[int, int, int, int]) -> tuple[int, int, int, int]:
    """RFC 8032, section 5.1.4."""
    a = (p[1] - p[0]) * (q[1] - q[0]) % P
    b = (p[1] + p[0]) * (q[1] + q[0]) % P
    c = 2 * D * p[3] * q[3] % P
    d = 2 * p[2] * q[2] % P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % P, g * h % P, f * g % P, e * h % P


def x_of(y: int, sign: int) -> int | None:
    """The x of a point with that y and sign; None if there is none."""
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if x * x % P != square:
        x = x * _ROOT % P
    if x * x % P != square:
        return None
    return P - x if x & 1 != sign and x else x


BASE: Point = (x_of(4 * pow(5, P - 2, P) % P, 0) or 0, 4 * pow(5, P - 2, P) % P)


def encode(point: Point) -> bytes:
    """The canonical encoding."""
    return (point[1] | (point[0] & 1) << 255).to_bytes(32, "little")


def order_eight() -> Point:
    """A point of order 8: L times a point of the whole curve that is of no smaller one."""
    y = 2
    while True:
        x = x_of(y, 0)
        if x is not None:
            torsion = multiply(L, (x, y))
            if multiply(4, torsion) != NEUTRAL:
                return torsion
        y += 1


def scalar(seed: bytes) -> tuple[int, bytes]:
    """The secret scalar of a seed, and the prefix for its nonces."""
    digest = hashlib.sha512(seed).digest()
    number = int.from_bytes(digest[:32], "little") & (1 << 254) - 8 | 1 << 254
    return number, digest[32:]


def challenge(r: bytes, a: bytes, message: bytes) -> int:
    """The number h of section 3 of the specification."""
    return int.from_bytes(hashlib.sha512(r + a + message).digest(), "little") % L


def sign(seed: bytes, message: bytes) -> bytes:
    """An ordinary signature."""
    secret, prefix = scalar(seed)
    return sign_with(secret, encode(multiply(secret, BASE)), prefix, message, NEUTRAL)


def sign_with(secret: int, public: bytes, prefix: bytes, message: bytes, shift: Point) -> bytes:
    """A signature whose R is shifted by a point of small order, under a key of any encoding."""
    nonce = int.from_bytes(hashlib.sha512(prefix + message).digest(), "little") % L
    r = encode(add(multiply(nonce, BASE), shift))
    return r + ((nonce + challenge(r, public, message) * secret) % L).to_bytes(32, "little")
