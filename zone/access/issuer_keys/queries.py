"""Issuer keys as they are in their files: their public keys, and which of them signs.

`issuer_keys.service` says what the files hold; nothing here creates one.
"""

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

_FILE: Final = re.compile(r"issuer-(\d{1,3})\.pem")
_SIGNS_FROM: Final = re.compile(rb"Signs-From: (\S+)\n")

# For this long after the next issuer signs, doors may need the old one: phones show a certificate
# only in their first minutes, and an offline door uses its roster for 7 days.
NEEDED_FOR: Final = timedelta(days=8)


def signing_number(keys_dir: Path, now: datetime) -> int:
    """Return the newest issuer that may sign now; the oldest if none may yet."""
    starts = signs_from(keys_dir)
    due = [number for number, start in starts.items() if start is None or start <= now]
    return max(due) if due else min(starts)


def signs_from(keys_dir: Path) -> dict[int, datetime | None]:
    """Return from when each issuer signs; None: from the beginning."""
    first_lines = (
        (number, _SIGNS_FROM.match(path.read_bytes()))
        for number, path in sorted(files_of(keys_dir).items())
    )
    return {
        number: None if line is None else datetime.fromisoformat(line[1].decode())
        for number, line in first_lines
    }


def issuers(keys_dir: Path) -> dict[int, Ed25519PublicKey]:
    """Return the public keys of all issuers by number; none before the first is created."""
    return {
        number: load_key(path).public_key() for number, path in sorted(files_of(keys_dir).items())
    }


def raw_issuers(keys_dir: Path) -> dict[int, bytes]:
    """Return the public keys of all issuers by number, 32 bytes each, as in the roster."""
    return {
        number: key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        for number, key in issuers(keys_dir).items()
    }


def files_of(keys_dir: Path) -> dict[int, Path]:
    """Return the files of all issuers by number."""
    if not keys_dir.is_dir():
        return {}
    matches = ((_FILE.fullmatch(path.name), path) for path in keys_dir.iterdir())
    return {int(match[1]): path for match, path in matches if match}


def load_key(path: Path) -> Ed25519PrivateKey:
    """Return the private key of a file."""
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path}: not an Ed25519 key")
    return key
