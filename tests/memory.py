"""Temporary files in memory, where the machine has a folder for that.

The tests commit thousands of times. Each commit waits for the disk (fdatasync: 1 to 3 ms, in memory
0.01 ms), and what is tested is that the product calls fdatasync, not that the disk honours it.
"""

import os
import tempfile
from pathlib import Path
from typing import Final

FOLDER: Final = Path("/dev/shm")  # noqa: S108 -- the same names as in /tmp, by tempfile
LEAST_FREE: Final = 2 << 30  # bytes; in a container the folder often has 64 MB only


def use() -> None:
    """Make temporary files of this process and its children in memory, unless TMPDIR is set."""
    if "TMPDIR" not in os.environ and _suits():
        os.environ["TMPDIR"] = tempfile.tempdir = str(FOLDER)


def _suits() -> bool:
    """Whether the folder has space and programs may be started from it."""
    if not os.access(FOLDER, os.W_OK):
        return False
    found = os.statvfs(FOLDER)
    return found.f_bavail * found.f_frsize >= LEAST_FREE and not found.f_flag & os.ST_NOEXEC
