"""Issuer keys, which sign the certificates of phones' keys: Ed25519, in files, not in the database.

A file is `issuer-<n>.pem` with n from 1 to 255, because a certificate names its issuer in one byte.
All issuers verify; the newest whose `Signs-From` (the file's first line) has passed signs.

To rotate: add an issuer, which doors fetch at once and which signs from a later time on; drop the
old one when no door can meet a certificate of it that it has to verify.
"""

from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from zone.access.issuer_keys.queries import files_of, load_key, signing_number
from zone.core import secrets
from zone.core.secrets import write_new

MOST: Final = 255

# A new issuer signs only after this time. By then every bridge that is online has fetched it (they
# poll at least hourly), so no door meets a certificate of an issuer that it does not know.
SIGNS_AFTER: Final = timedelta(hours=2)


def ensure_issuer(keys_dir: Path) -> int:
    """Create the first issuer key if there is none; return the number of the newest.

    The first must exist before any phone enrols, so that doors know it when they meet it.
    """
    return max(files_of(keys_dir), default=0) or _make(keys_dir, 1)


def add_issuer(keys_dir: Path, signs_from: datetime) -> int:
    """Create the next issuer key, which signs from `signs_from` on; return its number.

    Raises:
        ValueError: all 255 numbers are used.
    """
    number = max(files_of(keys_dir), default=0) + 1
    if number > MOST:
        raise ValueError("no issuer number is left")
    return _make(keys_dir, number, f"Signs-From: {signs_from.isoformat()}\n")


def _make(keys_dir: Path, number: int, first_line: str = "") -> int:
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    # Another process may have created the same number meanwhile: then all use its key.
    with suppress(FileExistsError):
        write_new(keys_dir / f"issuer-{number}.pem", first_line.encode() + pem)
    return number


def signing_key(keys_dir: Path, now: datetime) -> tuple[int, Ed25519PrivateKey]:
    """Return the number and key of the issuer that signs now; create the first if there is none."""
    ensure_issuer(keys_dir)
    number = signing_number(keys_dir, now)
    return number, load_key(files_of(keys_dir)[number])


def sign(keys_dir: Path, message: bytes, now: datetime) -> tuple[int, bytes]:
    """Return the number of the issuer that signs now, and its signature of a message."""
    number, key = signing_key(keys_dir, now)
    return number, key.sign(message)


def drop_older(keys_dir: Path, number: int) -> list[Path]:
    """Delete every issuer before this one; return the deleted files."""
    return secrets.drop_older(files_of(keys_dir), number)
