"""Write firmware_bridge/wire/vectors.json: `python -m tests.world.make_vectors`.

The keys are derived from public numbers, so that anybody can check them; they open nothing. ECDSA
is deterministic here (RFC 6979), so that a second run changes no byte.
"""

import base64
import json
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from firmware_bridge.wire import base45
from firmware_bridge.wire import token as codes

PATH: Final = Path(codes.__file__).with_name("vectors.json")
ORDER: Final = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551
TS: Final = 1_800_000_000
HOLDER: Final = 0xC0FFEE01
PHONE: Final = ec.derive_private_key(
    int.from_bytes(b"zone test phone, opens nothing", "big"), ec.SECP256R1()
)
STRANGER: Final = ec.derive_private_key(
    int.from_bytes(b"zone test stranger, opens none", "big"), ec.SECP256R1()
)
ISSUER: Final = Ed25519PrivateKey.from_private_bytes(b"zone test issuer, opens nothing!")
FOREIGN_ISSUER: Final = Ed25519PrivateKey.from_private_bytes(b"zone foreign issuer, opens none!")
PHONES: Final = {"phone": PHONE, "stranger": STRANGER}


def sign(key: ec.EllipticCurvePrivateKey, message: bytes) -> bytes:
    r, s = decode_dss_signature(
        key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    )
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def mirrored(signature: bytes) -> bytes:
    """The other valid signature of the same message: (r, n - s)."""
    return signature[:32] + (ORDER - int.from_bytes(signature[32:], "big")).to_bytes(32, "big")


def text(raw: bytes) -> str:
    return "Z1" + base45.encode(raw)


def short(
    name: str, ts: int, flags: int = 0, *, context: bytes = b"zone-pop-s1", head_type: int = 2
) -> dict[str, Any]:
    kid = codes.compute_kid(PHONES[name].public_key())
    head = bytes([head_type]) + kid + ts.to_bytes(4, "big") + bytes([flags])
    signature = sign(PHONES[name], context + head)
    return {
        "key": name,
        "kid": kid.hex(),
        "ts": ts,
        "flags": flags,
        "head": head.hex(),
        "message": (context + head).hex(),
        "signature": signature.hex(),
        "text": text(head + signature),
    }


def long(
    name: str, ts: int, flags: int = 0, *, issuer: Ed25519PrivateKey = ISSUER, number: int = 1
) -> dict[str, Any]:
    point = codes.compress(PHONES[name].public_key())
    nbf, exp = TS - TS % 60 - 3600, TS - TS % 60 + 7 * 86400
    cert = codes.issue_certificate(issuer, number, HOLDER, point, nbf=nbf, exp=exp)
    moment = ts.to_bytes(4, "big") + bytes([flags])
    message = b"zone-pop-l1" + sha256(cert).digest() + moment
    signature = sign(PHONES[name], message)
    return {
        "key": name,
        "issuer": number,
        "holder": HOLDER,
        "nbf": nbf,
        "exp": exp,
        "cert": cert.hex(),
        "ts": ts,
        "flags": flags,
        "moment": moment.hex(),
        "message": message.hex(),
        "signature": signature.hex(),
        "text": text(cert + moment + signature),
    }


def swap_signature(vector: dict[str, Any], signature: bytes) -> str:
    return text(base45.decode(vector["text"][2:])[:-64] + signature)


def flip(vector: dict[str, Any], index: int) -> str:
    raw = bytearray(base45.decode(vector["text"][2:]))
    raw[index] ^= 0x01
    return text(bytes(raw))


def key(name: str) -> dict[str, Any]:
    numbers = PHONES[name].private_numbers()
    point = numbers.public_numbers
    parts = {"d": numbers.private_value, "x": point.x, "y": point.y}
    return {
        "name": name,
        "jwk": {"kty": "EC", "crv": "P-256", **{part: b64(value) for part, value in parts.items()}},
        "kid": codes.compute_kid(PHONES[name].public_key()).hex(),
        "point": codes.compress(PHONES[name].public_key()).hex(),
    }


def b64(value: int) -> str:
    return base64.urlsafe_b64encode(value.to_bytes(32, "big")).rstrip(b"=").decode()


def issuer(name: str, number: int, private: Ed25519PrivateKey) -> dict[str, Any]:
    public = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return {
        "name": name,
        "issuer": number,
        "private": private.private_bytes_raw().hex(),
        "public": public.hex(),
    }


def judged() -> list[dict[str, Any]]:
    """Codes with a door's answer at `now`; its roster has `roster_key` (or no key) and issuer 1."""
    s, l = short("phone", TS), long("phone", TS)  # noqa: E741 -- the names of the two formats
    signature = bytes.fromhex(s["signature"])
    stranger = sign(STRANGER, bytes.fromhex(s["message"]))
    half = codes.S_CHARS // 2
    rows = [
        ("S at its moment", s["text"], TS, "phone", "granted"),
        ("S at the end of its window", s["text"], TS + 30, "phone", "granted"),
        ("S from a phone 10 s ahead", s["text"], TS - 10, "phone", "granted"),
        (
            "S with the mirrored signature (r, n - s)",
            swap_signature(s, mirrored(signature)),
            TS,
            "phone",
            "granted",
        ),
        ("L of a key new to the door", l["text"], TS, None, "granted"),
        ("L of a key the door knows", l["text"], TS, "phone", "granted"),
        ("S one second after its window", s["text"], TS + 31, "phone", "code_expired"),
        ("S from a phone 11 s ahead", s["text"], TS - 11, "phone", "code_from_future"),
        ("S of a key new to the door", s["text"], TS, None, "unknown_key"),
        (
            "S signed under the context of L",
            short("phone", TS, context=b"zone-pop-l1")["text"],
            TS,
            "phone",
            "bad_signature",
        ),
        ("S with a changed flag", flip(s, 13), TS, "phone", "bad_signature"),
        ("S with a changed second", flip(s, 12), TS, "phone", "bad_signature"),
        ("S with a changed byte of r", flip(s, 20), TS, "phone", "bad_signature"),
        ("S with a changed byte of s", flip(s, 77), TS, "phone", "bad_signature"),
        ("S signed by a foreign key", swap_signature(s, stranger), TS, "phone", "bad_signature"),
        ("S with r and s zero", swap_signature(s, bytes(64)), TS, "phone", "bad_signature"),
        ("S with a changed kid", flip(s, 1), TS, "phone", "unknown_key"),
        ("S of another type", short("phone", TS, head_type=3)["text"], TS, "phone", "unknown_type"),
        ("S cut in half", s["text"][:half], TS, "phone", "malformed"),
        ("S with its spaces collapsed", s["text"].replace(" ", ""), TS, "phone", "malformed"),
        ("S in lower case", s["text"].lower(), TS, "phone", "malformed"),
        (
            "L of a foreign issuer",
            long("phone", TS, issuer=FOREIGN_ISSUER)["text"],
            TS,
            None,
            "bad_signature",
        ),
        (
            "L of an issuer the door does not know",
            long("phone", TS, number=9)["text"],
            TS,
            None,
            "unknown_key",
        ),
        ("L with a changed holder", flip(l, 4), TS, None, "bad_signature"),
        ("L with a changed byte of the issuer's signature", flip(l, 80), TS, None, "bad_signature"),
        ("L with a changed flag", flip(l, 115), TS, None, "bad_signature"),
        (
            "L before its certificate",
            long("phone", TS - 7200)["text"],
            TS - 7200,
            None,
            "not_yet_valid",
        ),
        (
            "L after its certificate",
            long("phone", TS + 8 * 86400)["text"],
            TS + 8 * 86400,
            None,
            "expired",
        ),
        ("an empty line", "", TS, "phone", "malformed"),
        ("somebody's web address", "HTTPS://EXAMPLE.ORG/", TS, "phone", "malformed"),
    ]
    names = ("name", "text", "now", "roster_key", "reason")
    return [dict(zip(names, row, strict=True)) for row in rows]


def vectors() -> dict[str, Any]:
    raw = (
        b"",
        b"A",
        b"AB",
        b"Hello!!",
        b"base-45",
        b"ietf!",
        bytes(3),
        b"\xff\xff\xff",
        bytes(range(16)),
    )
    return {
        "about": "Test vectors of the Zone pass, formats S and L."
        " Every key here is public and opens nothing.",
        "window_seconds": {"past": codes.PAST_SECONDS, "future": codes.FUTURE_SECONDS},
        "keys": [key(name) for name in PHONES],
        "issuers": [issuer("issuer", 1, ISSUER), issuer("foreign issuer", 1, FOREIGN_ISSUER)],
        "base45": [{"hex": data.hex(), "text": base45.encode(data)} for data in raw],
        "base45_invalid": ["A", "ABCD", "GGW", ":::", "::", "a0", "A\n", "Ä0"],
        "short": [
            short("phone", TS),
            short("phone", TS + 10, 1),
            short("phone", TS + 20, 2),
            short("stranger", 1),
        ],
        "long": [long("phone", TS), long("phone", TS + 10, 1), long("stranger", TS)],
        "judged": judged(),
    }


if __name__ == "__main__":
    PATH.write_text(json.dumps(vectors(), indent=1, ensure_ascii=False) + "\n")
