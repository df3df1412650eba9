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
        _make(path)
    return path.read_bytes()


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f".{secrets.token_hex(8)}")
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(secrets.token_bytes(BYTES))
        file.flush()
        os.fsync(file.fileno())
    try:
        with suppress(FileExistsError):
            path.hardlink_to(draft)  # the whole file appears at once, or another's was there first
    finally:
        draft.unlink()
