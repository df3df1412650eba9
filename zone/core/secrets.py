"""Secrets in files beside the database, never in it.

The secret `sign-in.key` is followed by `sign-in.2.key` and so on. The newest signs, all verify: a
rotation adds one file, and older signatures stay valid. Files are read at each use, so that every
process sees a rotation at once.
"""

import errno
import os
import re
import secrets
from contextlib import suppress
from pathlib import Path
from typing import Final

BYTES: Final = 32


def current_secret(folder: Path, name: str) -> bytes:
    """The newest 256-bit secret of a name; created at the first use.

    Raises:
        OSError: the file can be neither read nor created.
    """
    return valid_secrets(folder, name)[0]


def valid_secrets(folder: Path, name: str) -> tuple[bytes, ...]:
    """Every secret of a name that still verifies, the newest first; created if there is none.

    Raises:
        OSError: a file can be neither read nor created.
    """
    if not secret_files(folder, name):
        _create_secret(folder / name)
    contents = []
    for _, path in sorted(secret_files(folder, name).items(), reverse=True):
        # Another process may delete an old file between the listing and the reading.
        with suppress(FileNotFoundError):
            contents.append(_whole(path.read_bytes()))
    return tuple(contents)


def _whole(secret: bytes) -> bytes:
    # With an empty file, anybody could make what is to be proved.
    if len(secret) < BYTES:
        raise OSError(errno.EINVAL, "a secret is too short")
    return secret


def secret_files(folder: Path, name: str) -> dict[int, Path]:
    """The files of a secret by number, counted from 1."""
    if not folder.is_dir():
        return {}
    stem, _, suffix = name.rpartition(".")
    pattern = re.compile(rf"{re.escape(stem)}(?:\.(\d+))?\.{re.escape(suffix)}")
    matches = ((pattern.fullmatch(path.name), path) for path in folder.iterdir())
    return {int(match[1] or 1): path for match, path in matches if match}


def rotate(folder: Path, name: str) -> Path:
    """Create the next secret of a name, which signs from now on; return its file."""
    stem, _, suffix = name.rpartition(".")
    number = max(secret_files(folder, name), default=0) + 1
    path = folder / (name if number == 1 else f"{stem}.{number}.{suffix}")
    _create_secret(path)
    return path


def drop_older(paths: dict[int, Path], newest: int) -> list[Path]:
    """Delete the files with numbers below `newest`; return them."""
    older = [path for number, path in sorted(paths.items()) if number < newest]
    for path in older:
        path.unlink(missing_ok=True)
        sync_folder(path.parent)
    return older


def _create_secret(path: Path) -> None:
    # Two processes may create it at once: the second one then reads the first one's.
    with suppress(FileExistsError):
        write_new(path, secrets.token_bytes(BYTES))


def write_new(path: Path, content: bytes) -> None:
    """Write a new file that only its owner may read; it is on disk when this returns.

    Raises:
        FileExistsError: the file exists.
    """
    # Written under a draft name and then linked: the whole file appears at once, and unlike a
    # rename a link never replaces a file that another process has just created.
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
    """Write a folder's list of files to disk."""
    # fsync of a file alone does not store its name: after a power cut the file could be missing.
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
