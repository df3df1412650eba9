"""Reserved disk space, so that the bridge can still store refusals when the disk is full."""

import os
from contextlib import suppress
from pathlib import Path
from typing import Final

# Enough for some thousand entries. SQLite on a full disk cannot even delete rows.
BYTES: Final = 4 * 1024 * 1024
# For the two files that SQLite makes beside a database that is opened; its log grows to 200 pages
# of 4 KB. Apart from the other, which may be used up when a bridge is restarted on a full disk.
TO_OPEN: Final = 1024 * 1024
# What a clean end gives back at least, so that the next start has it: an index of 32 KB for each of
# the two databases.
LEAST_TO_OPEN: Final = 64 * 1024


class Reserve:
    """A file with allocated blocks. While it is not held, the disk counts as full."""

    def __init__(self, path: Path, size: int = BYTES, least: int | None = None) -> None:
        """Hold `size` bytes, or halves of it down to `least` (without: all of it or none)."""
        self._path, self._size, self._least = path, size, least or size
        self.held = False
        self.hold()

    def hold(self) -> bool:
        """Allocate the space if the disk has it; return whether it is held."""
        size = self._size
        while not self.held and size >= self._least:
            self.held = self._allocate(size)
            size //= 2
        return self.held

    def _allocate(self, size: int) -> bool:
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError:
            return False
        try:
            # Not truncate, which makes a sparse file without blocks.
            os.posix_fallocate(file, 0, size)
        except OSError:
            # ENOSPC or a quota: free the blocks that were allocated before it failed.
            with suppress(OSError):
                os.ftruncate(file, 0)
            return False
        finally:
            os.close(file)
        return True

    def release(self) -> None:
        """Free the space for the journal."""
        self.held = False
        # A disk that fails is often made read-only: then nothing is freed, and no door opens.
        with suppress(OSError):
            self._path.unlink(missing_ok=True)
