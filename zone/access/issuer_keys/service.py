"""Issuer keys: Ed25519, in files outside the database. All of them verify, the newest that the doors know signs.

A file is `issuer-<n>.pem` with n from 1 to 255, as a certificate names its issuer in one byte. To rotate, add a key: it
is told to the doors at once and signs a little later, as its first line says. Take an old one away when no door can
meet a certificate of it any more that it has to read.
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
HEARD_WITHIN: Final = timedelta(hours=2)
"""A new issuer signs after this time: until then every bridge that is online has heard of it (they ask hourly or more
often), and no door meets a certificate whose issuer it does not know."""
READ_WITHIN: Final = timedelta(days=8)
"""How long doors may need an old issuer after the next one signs: phones show certificates in their first minutes
only, and a door trusts what it knows for 7 days without a word from the server."""


def ensure_issuer(keys_dir: Path) -> int:
    """Make the first issuer key where there is none; the number of the newest."""
    return max(_files(keys_dir), default=0) or _make(keys_dir, 1)


def add_issuer(keys_dir: Path, signs_from: datetime) -> int:
    """Make the next issuer key, which signs from that moment on; its number.

    Raises:
        ValueError: all 255 numbers are used.
    """
    number = max(_files(keys_dir), default=0) + 1
    if number > MOST:
        raise ValueError("no issuer number is left")
    return _make(keys_dir, number, f"Signs-From: {signs_from.isoformat()}\n")


def _make(keys_dir: Path, number: int, first_line: str = "") -> int:
    """Of several processes that make the same number at once one wins, and all use its key."""
    pem = Ed25519PrivateKey.generate().private_bytes(
        Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()
    )
    with suppress(FileExistsError):
        write_new(keys_dir / f"issuer-{number}.pem", first_line.encode() + pem)
    return number


def signing_key(keys_dir: Path, now: datetime) -> tuple[int, Ed25519PrivateKey]:
    """The number and key of the newest issuer that signs by now; made where there is none."""
    ensure_issuer(keys_dir)
    number = signing_number(keys_dir, now)
    return number, _load(_files(keys_dir)[number])


def signing_number(keys_dir: Path, now: datetime) -> int:
    """The newest issuer that signs by now; where none does yet, the oldest."""
    starts = signs_from(keys_dir)
    due = [number for number, start in starts.items() if start is None or start <= now]
    return max(due) if due else min(starts)


def signs_from(keys_dir: Path) -> dict[int, datetime | None]:
    """From when each issuer signs; None: from the beginning."""
    found = (
        (number, _SIGNS_FROM.match(path.read_bytes()))
        for number, path in sorted(_files(keys_dir).items())
    )
    return {
        number: None if line is None else datetime.fromisoformat(line[1].decode())
        for number, line in found
    }


def drop_older(keys_dir: Path, number: int) -> list[Path]:
    """Take away every issuer before this one; which files that were."""
    return secrets.drop_older(_files(keys_dir), number)


def issuers(keys_dir: Path) -> dict[int, Ed25519PublicKey]:
    """The public keys of every issuer by number. Makes the first: doors must know it before any phone does."""
    ensure_issuer(keys_dir)
    return {number: _load(path).public_key() for number, path in sorted(_files(keys_dir).items())}


def raw_issuers(keys_dir: Path) -> dict[int, bytes]:
    """The same as 32 bytes each, as the doors are told."""
    return {
        number: key.public_bytes(Encoding.Raw, PublicFormat.Raw)
        for number, key in issuers(keys_dir).items()
    }


def _files(keys_dir: Path) -> dict[int, Path]:
    if not keys_dir.is_dir():
        return {}
    found = ((_FILE.fullmatch(path.name), path) for path in keys_dir.iterdir())
    return {int(name[1]): path for name, path in found if name}


def _load(path: Path) -> Ed25519PrivateKey:
    key = load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise TypeError(f"{path}: not an Ed25519 key")
    return key
