"""Verifying an Ed25519 signature (RFC 8032, section 5.1.7) with the standard library alone. Never sign with this: how
long it takes depends on the numbers.

Where the RFC leaves a choice, the strict one is taken, as a checkpoint needs one answer everywhere:

- the equation is [S]B = R + [k]A, without the cofactor, and R is compared as bytes;
- S must be below the group's order, and A the one encoding of its point (y below p, no negative zero);
- a public key of small order is refused: everybody can sign under it.
"""

from __future__ import annotations

import hashlib

_Point = tuple[int, int, int, int]
"""Extended coordinates X, Y, Z, T: x = X/Z, y = Y/Z, xy = T/Z (RFC 8032, section 5.1.4)."""

_P = 2**255 - 19
_ORDER = 2**252 + 27742317777372353535851937790883648493
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_1 = pow(2, (_P - 1) // 4, _P)
_NEUTRAL: _Point = (0, 1, 1, 0)


def verify(public_key: bytes, message: bytes, signature: bytes) -> bool:
    """Whether `signature` (64 bytes) is that of `message` under `public_key` (32 bytes). Malformed input is False."""
    if len(signature) != 64:
        return False
    point = _usable(public_key)
    s = int.from_bytes(signature[32:], "little")
    if point is None or s >= _ORDER:
        return False
    digest = hashlib.sha512(signature[:32] + public_key + message).digest()
    k = int.from_bytes(digest, "little") % _ORDER
    return _encode(_add_multiples(s, _BASE, k, _negative(point))) == signature[:32]


def is_public_key(encoded: bytes) -> bool:
    """Whether these bytes are a public key under which `verify` accepts anything."""
    return _usable(encoded) is not None


def _usable(encoded: bytes) -> _Point | None:
    point = _decode(encoded)
    if point is None:
        return None
    multiple = point
    for _ in range(3):
        multiple = _double(multiple)
    return None if multiple[0] == 0 and multiple[1] == multiple[2] else point


def _decode(encoded: bytes) -> _Point | None:
    """The point, or None if these are not the bytes of one (RFC 8032, section 5.1.3)."""
    if len(encoded) != 32:
        return None
    y = int.from_bytes(encoded, "little")
    sign = y >> 255
    y &= (1 << 255) - 1
    if y >= _P:
        return None
    u = (y * y - 1) % _P
    v = (_D * y * y + 1) % _P
    x = u * pow(v, 3, _P) * pow(u * pow(v, 7, _P), (_P - 5) // 8, _P) % _P
    if (v * x * x + u) % _P == 0:
        x = x * _ROOT_OF_MINUS_1 % _P
    if (v * x * x - u) % _P or (x == 0 and sign):
        return None
    if x & 1 != sign:
        x = _P - x
    return x, y, 1, x * y % _P


def _encode(point: _Point) -> bytes:
    x, y, z, _ = point
    inverse = pow(z, -1, _P)
    return (y * inverse % _P | (x * inverse % _P & 1) << 255).to_bytes(32, "little")


def _negative(point: _Point) -> _Point:
    x, y, z, t = point
    return -x % _P, y, z, -t % _P


def _add(one: _Point, other: _Point) -> _Point:
    x1, y1, z1, t1 = one
    x2, y2, z2, t2 = other
    a = (y1 - x1) * (y2 - x2) % _P
    b = (y1 + x1) * (y2 + x2) % _P
    c = 2 * t1 * t2 * _D % _P
    d = 2 * z1 * z2 % _P
    e, f, g, h = b - a, d - c, d + c, b + a
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _double(point: _Point) -> _Point:
    x, y, z, _ = point
    a = x * x % _P
    b = y * y % _P
    h = a + b
    e = h - (x + y) * (x + y)
    g = a - b
    f = 2 * z * z % _P + g
    return e * f % _P, g * h % _P, f * g % _P, e * h % _P


def _add_multiples(s: int, one: _Point, k: int, other: _Point) -> _Point:
    """[s]one + [k]other, both numbers read bit by bit at once."""
    both = _add(one, other)
    addends = (None, one, other, both)
    total = _NEUTRAL
    for bit in range(max(s.bit_length(), k.bit_length()) - 1, -1, -1):
        total = _double(total)
        addend = addends[(s >> bit & 1) | (k >> bit & 1) << 1]
        if addend is not None:
            total = _add(total, addend)
    return total


_BASE_X = 15112221349535400772501151409588531511454012693041857206046113283949847762202
_BASE_Y = 4 * pow(5, -1, _P) % _P
_BASE: _Point = (_BASE_X, _BASE_Y, 1, _BASE_X * _BASE_Y % _P)
