"""Message encryption for web push: what is sent only the subscribed browser reads. Pure.

RFC 8291 over RFC 8188, content coding `aes128gcm`, one record. Written on `cryptography`, which the
product has anyway: `pywebpush` brings requests, aiohttp and what these need, and it connects by the
name, not to an address that was looked at. The tests open what is sealed here by the library
`http-ece`, and compare it with the example of RFC 8291.
"""

import os
from typing import Final

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE: Final = ec.SECP256R1()
POINT_BYTES: Final = 65
SECRET_BYTES: Final = 16
SALT_BYTES: Final = 16
RECORD_BYTES: Final = 4096
"""RFC 8291, section 4: a push service need not take more."""
LAST_RECORD: Final = b"\x02"
# Header: salt, record size, length of the key, key. Behind the text its delimiter and GCM's tag.
MOST_TEXT: Final = RECORD_BYTES - (SALT_BYTES + 4 + 1 + POINT_BYTES) - len(LAST_RECORD) - 16


def encrypt(text: bytes, point: bytes, secret: bytes) -> bytes:
    """Return the body of a push message for the browser with this public key and secret.

    Raises:
        ValueError: the text is too long, or `point` is no point of the curve.
    """
    return seal(text, point, secret, ec.generate_private_key(CURVE), os.urandom(SALT_BYTES))


def seal(
    text: bytes, point: bytes, secret: bytes, private: ec.EllipticCurvePrivateKey, salt: bytes
) -> bytes:
    """As `encrypt`, with a one-time key and a salt, which must never be used a second time."""
    if len(text) > MOST_TEXT:
        raise ValueError("a push message is too long")
    own = encoded(private.public_key())
    shared = private.exchange(ec.ECDH(), decoded(point))
    # Section 3.4: the secret of the browser, and both keys, go into the key.
    keying = _derive(secret, shared, b"WebPush: info\0" + point + own, 32)
    key = _derive(salt, keying, b"Content-Encoding: aes128gcm\0", 16)
    nonce = _derive(salt, keying, b"Content-Encoding: nonce\0", 12)
    header = salt + RECORD_BYTES.to_bytes(4) + bytes([len(own)]) + own
    return header + AESGCM(key).encrypt(nonce, text + LAST_RECORD, None)


def encoded(public: ec.EllipticCurvePublicKey) -> bytes:
    """Return the 65 bytes of a public key."""
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def decoded(point: bytes) -> ec.EllipticCurvePublicKey:
    """Return the public key of 65 bytes.

    Raises:
        ValueError: they are no point of the curve.
    """
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)


def _derive(salt: bytes, keying: bytes, info: bytes, length: int) -> bytes:
    return HKDF(hashes.SHA256(), length, salt, info).derive(keying)
