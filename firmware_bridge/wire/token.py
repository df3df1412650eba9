"""The code that a phone shows as a QR code: build, parse, verify.

Theory of operation. The phone has a P-256 key and signs the current time with it every 10 seconds.
A door accepts a code when it knows the key, the time is within the window, and the signature is
valid. A copied code is useless after 30 s, and each code opens an area once. There are two forms:

- S (short), for everyday use: names the key by `kid`; the door has the key in its roster.
- L (long), for a key that may be new to the doors: carries a certificate in which the server signs,
  with Ed25519, that the key belongs to a holder. It works on a door without network.

Each signature covers a context string first, so that one kind of message never passes for another.
`parse` proves nothing; `verify_certificate`, `check_time` and `verify_possession` do.

Text: "Z1" + Base45(bytes). Integers are big-endian. Times are UTC seconds since 1970, in
certificates minutes.

    S   78 bytes, 119 characters   u8 0x02 | kid[8] | u32 ts | u8 flags | r‖s[64]
    L  180 bytes, 272 characters   cert[111] | u32 ts | u8 flags | r‖s[64]
    cert[111]                      u8 0x01 | u8 issuer | u32 holder | u32 nbf | u32 exp
                                   | point[33] | Ed25519[64]

`docs/pass-format.md` is the specification. The published vectors (vectors.json beside this file)
are a test of this module, the pass page and the simulated phone.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from firmware_bridge.wire import base45
from firmware_bridge.wire.reasons import Reason

PREFIX: Final = "Z1"
S_TYPE: Final = 0x02
CERT_TYPE: Final = 0x01
S_BYTES: Final = 78
L_BYTES: Final = 180
CERT_BYTES: Final = 111
# Base45 of an even number of bytes has 3 characters for 2 bytes; "Z1" adds 2.
S_CHARS: Final = 119
L_CHARS: Final = 272
FLAG_EXIT: Final = 0b01
FLAG_DURESS: Final = 0b10
# The window around the door's clock. 30 s back: a code is shown for 10 s, and a phone's clock may
# be slow. 10 s ahead: only a fast clock makes such a code.
PAST_SECONDS: Final = 30
FUTURE_SECONDS: Final = 10
_S_CONTEXT: Final = b"zone-pop-s1"
_L_CONTEXT: Final = b"zone-pop-l1"
_CERT_CONTEXT: Final = b"zone-cert-1"
_CERT_BODY: Final = struct.Struct(">BBIII33s")
_MOMENT: Final = struct.Struct(">IB")
_CURVE: Final = ec.SECP256R1()
_ECDSA: Final = ec.ECDSA(hashes.SHA256())


class TokenError(Exception):
    """The text is not a Zone code; `reason` says why."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Certificate:
    """The server's statement that a key belongs to a holder. `nbf` and `exp` are UTC seconds."""

    issuer: int
    holder: int
    nbf: int
    exp: int
    # 33 bytes, compressed P-256 point.
    point: bytes
    # All 111 bytes, the issuer's signature included.
    raw: bytes


@dataclass(frozen=True, slots=True)
class Token:
    """A parsed code, not yet verified. `ts` is UTC seconds."""

    kid: bytes
    ts: int
    flags: int
    # The bytes that the phone signed, context included.
    signed: bytes
    # r‖s, 64 bytes.
    signature: bytes
    cert: Certificate | None

    @property
    def leaving(self) -> bool:
        return bool(self.flags & FLAG_EXIT)

    @property
    def duress(self) -> bool:
        return bool(self.flags & FLAG_DURESS)


def compute_kid(key: ec.EllipticCurvePublicKey) -> bytes:
    """The key id: the first 8 bytes of SHA-256 over the 65-byte uncompressed point."""
    return sha256(key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)).digest()[:8]


def load_point(point: bytes) -> ec.EllipticCurvePublicKey:
    """Load the public key of a compressed (33 bytes) or uncompressed (65 bytes) point.

    Raises:
        ValueError: it is not a point of P-256.
    """
    return ec.EllipticCurvePublicKey.from_encoded_point(_CURVE, point)


def compress(key: ec.EllipticCurvePublicKey) -> bytes:
    """The 33-byte form of a public key, as in certificates and roster rows."""
    return key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def uncompress(point: bytes) -> bytes:
    """The 65-byte form of a point.

    Raises:
        ValueError: it is not a point of P-256.
    """
    # 65 bytes load in 9 µs, 33 bytes in 53 µs: they need a square root modulo p.
    return load_point(point).public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def parse(text: bytes) -> Token:
    """Parse the text of a scanned code.

    Raises:
        TokenError: `malformed` or `unknown_type`.
    """
    # Length and prefix first: anybody can show anything to a reader, and these two checks cost
    # least.
    if len(text) not in (S_CHARS, L_CHARS) or not text.startswith(PREFIX.encode()):
        raise TokenError(Reason.MALFORMED)
    try:
        raw = base45.decode(text[len(PREFIX) :].decode("ascii"))
    except ValueError as error:
        raise TokenError(Reason.MALFORMED) from error
    if raw[0] == S_TYPE and len(raw) == S_BYTES:
        return _parse_short(raw)
    if raw[0] == CERT_TYPE and len(raw) == L_BYTES:
        return _parse_long(raw)
    raise TokenError(Reason.UNKNOWN_TYPE)


def _parse_short(raw: bytes) -> Token:
    ts, flags = _MOMENT.unpack_from(raw, 9)
    return Token(raw[1:9], ts, flags, _S_CONTEXT + raw[:14], raw[14:], None)


def _parse_long(raw: bytes) -> Token:
    cert = parse_certificate(raw[:CERT_BYTES])
    ts, flags = _MOMENT.unpack_from(raw, CERT_BYTES)
    # The phone signs the hash of the certificate, so a code cannot be moved to another certificate.
    signed = _L_CONTEXT + sha256(cert.raw).digest() + raw[CERT_BYTES : CERT_BYTES + _MOMENT.size]
    try:
        kid = compute_kid(load_point(cert.point))
    except ValueError as error:
        raise TokenError(Reason.MALFORMED) from error
    return Token(kid, ts, flags, signed, raw[CERT_BYTES + _MOMENT.size :], cert)


def parse_certificate(raw: bytes) -> Certificate:
    """Parse the 111 bytes of a certificate. Verifies nothing."""
    _, issuer, holder, nbf, exp, point = _CERT_BODY.unpack_from(raw)
    return Certificate(issuer, holder, nbf * 60, exp * 60, point, raw)


def verify_certificate(
    cert: Certificate, issuers: Mapping[int, Ed25519PublicKey], now: float
) -> Reason | None:
    """None when a known issuer signed the certificate and it is valid at `now`, else the reason."""
    issuer = issuers.get(cert.issuer)
    if issuer is None:
        return Reason.UNKNOWN_KEY
    try:
        issuer.verify(cert.raw[_CERT_BODY.size :], _CERT_CONTEXT + cert.raw[: _CERT_BODY.size])
    except InvalidSignature:
        return Reason.BAD_SIGNATURE
    if now < cert.nbf:
        return Reason.NOT_YET_VALID
    return Reason.EXPIRED if now >= cert.exp else None


def check_time(ts: int, now: float) -> Reason | None:
    """None when `ts` is in [now - 30 s, now + 10 s], else the reason. Both are UTC seconds."""
    if ts < now - PAST_SECONDS:
        return Reason.CODE_EXPIRED
    return Reason.CODE_FROM_FUTURE if ts > now + FUTURE_SECONDS else None


def verify_possession(token: Token, key: ec.EllipticCurvePublicKey) -> bool:
    """Whether `key` signed this token. A foreign key or a changed byte gives False."""
    # Codes carry r‖s at fixed width (as WebCrypto signs), cryptography wants DER.
    r, s = int.from_bytes(token.signature[:32], "big"), int.from_bytes(token.signature[32:], "big")
    try:
        key.verify(encode_dss_signature(r, s), token.signed, _ECDSA)
    except InvalidSignature:
        return False
    return True


def sign_short(key: ec.EllipticCurvePrivateKey, ts: int, flags: int = 0) -> str:
    """Build the short code S of a key at `ts` (UTC seconds)."""
    head = bytes([S_TYPE]) + compute_kid(key.public_key()) + _MOMENT.pack(ts, flags)
    return PREFIX + base45.encode(head + _sign(key, _S_CONTEXT + head))


def sign_long(key: ec.EllipticCurvePrivateKey, cert: bytes, ts: int, flags: int = 0) -> str:
    """Build the long code L, which carries the certificate of the key."""
    moment = _MOMENT.pack(ts, flags)
    return PREFIX + base45.encode(
        cert + moment + _sign(key, _L_CONTEXT + sha256(cert).digest() + moment)
    )


def issue_certificate(
    issuer_key: Ed25519PrivateKey, issuer: int, holder: int, point: bytes, *, nbf: int, exp: int
) -> bytes:
    """Sign that `point` (33 bytes) belongs to `holder` from `nbf` to `exp` (UTC seconds)."""
    # Whole minutes: nbf is rounded down and exp up, so the certificate covers all that was asked
    # for.
    body = _CERT_BODY.pack(CERT_TYPE, issuer, holder, nbf // 60, -(-exp // 60), point)
    return body + issuer_key.sign(_CERT_CONTEXT + body)


def _sign(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    r, s = decode_dss_signature(key.sign(message, _ECDSA))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def signed_by(point: bytes, token: Token) -> bool:
    """Whether the key at `point` signed the token; False where no key is there."""
    # A roster row may carry 33 bytes that are no point of P-256: then no signature is valid.
    try:
        key = load_point(point)
    except ValueError:
        return False
    return verify_possession(token, key)
