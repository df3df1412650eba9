"""Issuer keys, which sign the certificates of phones' keys: Ed25519, in files, not in the database.

A file is `issuer-<n>.pem` with n from 1 to 255, because a certificate names its issuer in one byte.
All issuers verify; the newest whose `Signs-From` (the file's first line) has passed signs.

To rotate: add an issuer, which doors fetch at once and which signs from a later time on; drop the
old one when no door can meet a certificate of it that it has to verify.
"""

import re
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from zone.core import secrets
from zone.core.secrets import write_new

_FILE: Final = re.compile(r"issuer-(\d{1,3})\.pem")
_SIGNS_FROM: Final = re.compile(rb"Signs-From: (\S+)\n")
MOST: Final = 255

# A new issuer signs only after this time. By then every bridge that is online has fetched it (they
# poll at least hourly), so no door meets a certificate of an issuer that it does not know.
SIGNS_AFTER: Final = timedelta(hours=2)

# For this long after the next issuer signs, doors may need the old one: phones show a certificate
# only in their first minutes, and an offline door uses its roster for 7 days.
NEEDED_FOR: Final = timedelta(days=8)


def ensure_issuer(keys_dir: Path) -> int:
    """Create the first issuer key if there is none; return the number of the newest."""
    return max(_files(keys_dir), default=0) or _make(keys_dir, 1)


def add_issuer(keys_dir: Path, signs_from: datetime) -> int:
    """Create the next issuer key, which signs from `signs_from` on; return its number.

    Raises:
        ValueError: all 255 numbers are used.
    """
    number = max(_files(keys_dir), default=0) + 1
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
    return number, _load(_files(keys_dir)[number])


def signing_number(keys_dir: Path, now: datetime) -> int:
    """Return the newest issuer that may sign now; the oldest if none may yet."""
    starts = signs_from(keys_dir)
    due = [number for number, start in starts.items() if start is None or start <= now]
    return max(due) if due else min(starts)


def signs_from(keys_dir: Path) -> dict[int, datetime | None]:
    """Return from when each issuer signs; None: from the beginning."""
    first_lines = (
        (number, _SIGNS_FROM.match(path.read_bytes()))
        for number, path in sorted(_files(keys_dir).items())
    )
    return {
        number: None if line is None else datetime.fromisoformat(line[1].decode())
        for number, line in first_lines
    }


def drop_older(keys_dir: Path, number: int) -> list[Path]:
    """Delete every issuer before this one; return the deleted files."""
    return secrets.drop_older(_files(keys_dir), number)


def issuers(keys_dir: Path) -> dict[int, Ed25519PublicKey]:
    """Return the public keys of all issuers by number; create the first if there is none."""
    # The first must exist before any phone enrols, so that doors know it when they meet it.
    ensure_issuer(keys_dir)
    return {number: _load(path).public_key() for number, path in sorted(_files(keys_dir).items())}


def raw_issuers(keys_dir: Path) -> dict[int, bytes]:
    """Return the public keys of all issuers by number, 32 bytes each, as in the roster."""
    return {
        number: key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        for number, key in issuers(keys_dir).items()
    }


def _files(keys_dir: Path) -> dict[int, Path]:
    if not keys_dir.is_dir():
        return {}
    matches = ((_FILE.fullmatch(path.name), path) for path in keys_dir.iterdir())
    return {int(match[1]): path for match, path in matches if match}


def _load(path: Path) -> Ed25519PrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path}: not an Ed25519 key")
    return key
