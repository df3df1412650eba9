"""Reserved disk space, so that the bridge can still store refusals when the disk is full."""

import os
from pathlib import Path
from typing import Final

# Enough for some thousand entries. SQLite on a full disk cannot even delete rows.
BYTES: Final = 4 * 1024 * 1024
# For the two files that SQLite makes beside a database that is opened; its log grows to 200 pages
# of 4 KB. Apart from the other, which may be used up when a bridge is restarted on a full disk.
TO_OPEN: Final = 1024 * 1024


class Reserve:
    """A file with allocated blocks. While it is not held, the disk counts as full."""

    def __init__(self, path: Path, size: int = BYTES) -> None:
        self._path, self._size = path, size
        self.held = False
        self.hold()

    def hold(self) -> bool:
        """Allocate the space if the disk has it; return whether it is held."""
        if self.held:
            return True
        file = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            # Not truncate, which makes a sparse file without blocks.
            os.posix_fallocate(file, 0, self._size)
            self.held = True
        except OSError:
            # ENOSPC or a quota: free the blocks that were allocated before it failed.
            os.ftruncate(file, 0)
        finally:
            os.close(file)
        return self.held

    def release(self) -> None:
        """Free the space for the journal."""
        self._path.unlink(missing_ok=True)
        self.held = False
