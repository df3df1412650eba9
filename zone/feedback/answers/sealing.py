"""Seal answers, so that the database alone shows neither their text nor their length.

HPKE (RFC 9180) with X25519, HKDF-SHA256 and ChaCha20-Poly1305. The private key is a file in the
keys folder, never in the database. It is named by a hash of the public key, so that no survey
overwrites another one's key.
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
"""Every answer is padded to this length; LONGEST characters of JSON-escaped text fit."""
LENGTH_BYTES: Final = 4


def make_key(settings: Settings) -> bytes:
    """Make a key pair, store the private key durably, and return the public key (32 bytes)."""
    private = X25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    write_new(key_path(settings, public), private.private_bytes_raw())
    return public


def key_path(settings: Settings, public: bytes) -> Path:
    """Return the file of a survey's private key."""
    return settings.keys / f"survey-{hashlib.sha256(public).hexdigest()[:32]}.key"


def read_key(settings: Settings, public: bytes) -> X25519PrivateKey:
    """Return the private key of a survey.

    Raises:
        DomainError: survey_key_missing.
    """
    try:
        return X25519PrivateKey.from_private_bytes(key_path(settings, public).read_bytes())
    except FileNotFoundError as error:
        raise DomainError(SURVEY_KEY_MISSING) from error


def erase_key(settings: Settings, public: bytes) -> bool:
    """Delete the private key and return whether there was one; backups of the folder keep it."""
    path = key_path(settings, public)
    if not path.exists():
        return False
    path.unlink(missing_ok=True)  # `close_early` and the job may both erase it
    sync_folder(path.parent)
    return True


def seal(public: bytes, plain: bytes) -> bytes:
    """Encrypt for the survey's private key; all results have the same length.

    Raises:
        ValueError: `plain` is too long.
    """
    return SUITE.encrypt(
        pad(plain), X25519PublicKey.from_public_bytes(public), info=_purpose(public)
    )


def unseal(private: X25519PrivateKey, sealed: bytes) -> bytes:
    """Decrypt what `seal` made.

    Raises:
        cryptography.exceptions.InvalidTag: it was sealed for another key, or changed.
    """
    return unpad(
        SUITE.decrypt(sealed, private, info=_purpose(private.public_key().public_bytes_raw()))
    )


def pad(plain: bytes) -> bytes:
    """Return length, content and zeros: always PLAIN_BYTES.

    Raises:
        ValueError: the content does not fit.
    """
    if len(plain) > PLAIN_BYTES - LENGTH_BYTES:
        raise ValueError(f"{len(plain)} bytes are too many to seal")
    return (len(plain).to_bytes(LENGTH_BYTES) + plain).ljust(PLAIN_BYTES, b"\0")


def unpad(padded: bytes) -> bytes:
    """Return the content of a padded block."""
    length = int.from_bytes(padded[:LENGTH_BYTES])
    return padded[LENGTH_BYTES : LENGTH_BYTES + length]


def _purpose(public: bytes) -> bytes:
    return b"zone-survey-1" + public
