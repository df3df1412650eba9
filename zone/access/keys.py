"""Issuer keys: Ed25519, in files outside the database. The newest signs, all of them verify.

A file is `issuer-<n>.pem` with n from 1 to 255, as a certificate names its issuer in one byte. To rotate, add a key;
take an old one away when the last certificate that it signed has ended.
"""

import re
from contextlib import suppress
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

from zone.core.keyfile import write_new

_FILE: Final = re.compile(r"issuer-(\d{1,3})\.pem")
MOST: Final = 255


def ensure_issuer(keys_dir: Path) -> int:
    """Make the first issuer key where there is none; the number of the newest."""
    return max(_files(keys_dir), default=0) or _make(keys_dir, 1)


def add_issuer(keys_dir: Path) -> int:
    """Make the next issuer key, which signs from now on; its number.

    Raises:
        ValueError: all 255 numbers are used.
    """
    number = max(_files(keys_dir), default=0) + 1
    if number > MOST:
        raise ValueError("no issuer number is left")
    return _make(keys_dir, number)


def _make(keys_dir: Path, number: int) -> int:
    """Of several processes that make the same number at once one wins, and all use its key."""
    pem = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    with suppress(FileExistsError):
        write_new(keys_dir / f"issuer-{number}.pem", pem)
    return number


def signing_key(keys_dir: Path) -> tuple[int, Ed25519PrivateKey]:
    """The newest issuer's number and key; made where there is none."""
    number = ensure_issuer(keys_dir)
    return number, _load(_files(keys_dir)[number])


def issuers(keys_dir: Path) -> dict[int, Ed25519PublicKey]:
    """The public keys of every issuer by number. Makes the first: doors must know it before any phone does."""
    ensure_issuer(keys_dir)
    return {number: _load(path).public_key() for number, path in sorted(_files(keys_dir).items())}


def raw_issuers(keys_dir: Path) -> dict[int, bytes]:
    """The same as 32 bytes each, as the doors are told."""
    return {number: key.public_bytes(Encoding.Raw, PublicFormat.Raw) for number, key in issuers(keys_dir).items()}


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
