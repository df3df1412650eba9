"""Secrets that live in files beside the database, never in it."""

import os
import secrets
from contextlib import suppress
from functools import cache
from pathlib import Path
from typing import Final

BYTES: Final = 32


@cache
def secret(folder: Path, name: str) -> bytes:
    """The 256-bit secret in `folder`/`name`, made when it is first asked for. Two who make it at once get the same.

    Raises:
        OSError: the file can be neither read nor made.
    """
    path = folder / name
    if not path.exists():
        with suppress(FileExistsError):
            write_new(path, secrets.token_bytes(BYTES))
    return path.read_bytes()


def write_new(path: Path, content: bytes) -> None:
    """Put a secret into a file that only its owner may read, and onto the disk before this returns.

    The whole file appears at once: nobody ever reads half of it, and of several who make it at once one wins.

    Raises:
        FileExistsError: it is there already.
    """
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    try:
        path.hardlink_to(draft)
    finally:
        draft.unlink()
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """Put onto the disk which files a folder has: a file that was only written itself may be gone after a power cut."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
