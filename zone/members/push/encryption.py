"""Message encryption for web push: what is sent only the subscribed browser reads. Pure.

RFC 8291 over RFC 8188, content coding `aes128gcm`, one record, by `http-ece`: the part of pywebpush
that seals. Its other part sends by name and follows redirects, which an address that is somebody's
word does not allow; see `providers.push_service`.
"""

import os
from typing import Final

import http_ece
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

CURVE: Final = ec.SECP256R1()
POINT_BYTES: Final = 65
SECRET_BYTES: Final = 16
SALT_BYTES: Final = 16
RECORD_BYTES: Final = 4096
"""RFC 8291, section 4: a push service need not take more."""
# Header: salt, record size, length of the key, key. Behind the text its delimiter and GCM's tag.
MOST_TEXT: Final = RECORD_BYTES - (SALT_BYTES + 4 + 1 + POINT_BYTES) - 1 - 16


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
    sealed: bytes = http_ece.encrypt(
        text,
        salt=salt,
        private_key=private,
        dh=encoded(decoded(point)),
        auth_secret=secret,
        rs=RECORD_BYTES,
        version="aes128gcm",
    )
    return sealed


def encoded(public: ec.EllipticCurvePublicKey) -> bytes:
    """Return the 65 bytes of a public key."""
    return public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)


def decoded(point: bytes) -> ec.EllipticCurvePublicKey:
    """Return the public key of 65 bytes.

    Raises:
        ValueError: they are no point of the curve.
    """
    return ec.EllipticCurvePublicKey.from_encoded_point(CURVE, point)
