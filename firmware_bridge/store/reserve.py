"""Disk space put by, so that a full disk can still be told about: SQLite on a full disk cannot even delete."""

import os
from pathlib import Path
from typing import Final

BYTES: Final = 4 * 1024 * 1024


class Reserve:
    """A file of real blocks. While it cannot be held, the disk counts as full."""

    def __init__(self, path: Path, size: int = BYTES) -> None:
        self._path, self._size = path, size
        self.held = False
        self.hold()

    def hold(self) -> bool:
        """Put the space by, if the disk has it."""
        if self.held:
            return True
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(file, 0, self._size)
            self.held = True
        except OSError:
            # ENOSPC, or a quota: give back what was got.
            os.ftruncate(file, 0)
        finally:
            os.close(file)
        return self.held

    def release(self) -> None:
        """Let the journal have the space."""
        self._path.unlink(missing_ok=True)
        self.held = False
