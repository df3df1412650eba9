"""Sealing answers so that whoever holds the database alone cannot read them, and cannot tell them apart by length.

HPKE (RFC 9180) with X25519, HKDF-SHA256 and ChaCha20-Poly1305. The private key is a file in the keys folder, never in
the database, named by the public key so that two surveys can never overwrite each other's.
"""

import hashlib
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, Suite

from zone.core.config import Settings
from zone.core.errors import DomainError
from zone.core.secrets import sync_folder, write_new
from zone.feedback.answers.errors import SURVEY_KEY_MISSING

SUITE: Final = Suite(KEM.X25519, KDF.HKDF_SHA256, AEAD.CHACHA20_POLY1305)
PLAIN_BYTES: Final = 8192
"""Every answer is padded to this, so that a long text does not show in the length of its box."""
LENGTH_BYTES: Final = 4


def make_key(settings: Settings) -> bytes:
    """A new key pair: the private half goes to its file, durably; the public half (32 bytes) is returned."""
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    write_new(key_path(settings, public), private.private_bytes_raw())
    return public


def key_path(settings: Settings, public: bytes) -> Path:
    """Where the private half of a survey's key is kept."""
    return settings.keys / f"survey-{hashlib.sha256(public).hexdigest()[:32]}.key"


def read_key(settings: Settings, public: bytes) -> X25519PrivateKey:
    """The private half of a survey's key.

    Raises:
        DomainError: survey_key_missing.
    """
    try:
        return X25519PrivateKey.from_private_bytes(key_path(settings, public).read_bytes())
    except FileNotFoundError as error:
        raise DomainError(SURVEY_KEY_MISSING) from error


def erase_key(settings: Settings, public: bytes) -> bool:
    """Remove the private half for good; whether it was there. A backup of the keys folder is not reached."""
    path = key_path(settings, public)
    if not path.exists():
        return False
    path.unlink(missing_ok=True)
    sync_folder(path.parent)
    return True


def seal(public: bytes, plain: bytes) -> bytes:
    """A box that only the survey's private key opens, as long as every other.

    Raises:
        ValueError: `plain` does not fit.
    """
    return SUITE.encrypt(
        pad(plain), X25519PublicKey.from_public_bytes(public), info=_purpose(public)
    )


def unseal(private: X25519PrivateKey, box: bytes) -> bytes:
    """What was sealed.

    Raises:
        cryptography.exceptions.InvalidTag: the box is not ours, or was changed.
    """
    return unpad(
        SUITE.decrypt(box, private, info=_purpose(private.public_key().public_bytes_raw()))
    )


def pad(plain: bytes) -> bytes:
    """Length, content, zeros, always PLAIN_BYTES long."""
    if len(plain) > PLAIN_BYTES - LENGTH_BYTES:
        raise ValueError(f"{len(plain)} bytes do not fit a box")
    return (len(plain).to_bytes(LENGTH_BYTES) + plain).ljust(PLAIN_BYTES, b"\0")


def unpad(padded: bytes) -> bytes:
    """The content of a padded block."""
    length = int.from_bytes(padded[:LENGTH_BYTES])
    return padded[LENGTH_BYTES : LENGTH_BYTES + length]


def _purpose(public: bytes) -> bytes:
    return b"zone-survey-1" + public
