"""Secrets in files beside the database, never in it.

A secret `sign-in.key` is followed by `sign-in.2.key` and so on. The newest signs, all of them verify: a
rotation is one new file, and what was signed before stays valid. Files are read at each use, so that every
process sees a rotation at once.
"""

import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

BYTES: Final = 32


def secret(folder: Path, name: str) -> bytes:
    """The newest 256-bit secret of a name, made when it is first asked for. Two who make it at once get the same.

    Raises:
        OSError: the file can be neither read nor made.
    """
    return secrets_in_force(folder, name)[0]


def secrets_in_force(folder: Path, name: str) -> tuple[bytes, ...]:
    """Every secret of a name that still verifies, the newest first; made where there is none.

    Raises:
        OSError: a file can be neither read nor made.
    """
    if not files(folder, name):
        _make(folder / name)
    found = []
    for _, path in sorted(files(folder, name).items(), reverse=True):
        with suppress(FileNotFoundError):  # dropped in this moment
            found.append(path.read_bytes())
    return tuple(found)


def files(folder: Path, name: str) -> dict[int, Path]:
    """The files of a secret by their numbers, counted from 1."""
    if not folder.is_dir():
        return {}
    stem, _, suffix = name.rpartition(".")
    wanted = re.compile(rf"{re.escape(stem)}(?:\.(\d+))?\.{re.escape(suffix)}")
    found = ((wanted.fullmatch(path.name), path) for path in folder.iterdir())
    return {int(match[1] or 1): path for match, path in found if match}


def rotate(folder: Path, name: str) -> Path:
    """Make the next secret of a name, which signs from now on; its file."""
    stem, _, suffix = name.rpartition(".")
    number = max(files(folder, name), default=0) + 1
    path = folder / (name if number == 1 else f"{stem}.{number}.{suffix}")
    _make(path)
    return path


def drop_older(paths: dict[int, Path], newest: int) -> list[Path]:
    """Delete the files with smaller numbers, for good; which they were."""
    gone = [path for number, path in sorted(paths.items()) if number < newest]
    for path in gone:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    return gone


def _make(path: Path) -> None:
    with suppress(FileExistsError):
        write_new(path, secrets.token_bytes(BYTES))


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
