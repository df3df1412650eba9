"""Whether an error says that a disk is full."""

import errno
import sqlite3
from typing import Final

from psycopg.errors import DiskFull
from sqlalchemy.exc import DBAPIError

_FULL: Final = frozenset({errno.ENOSPC, errno.EDQUOT})


def is_disk_full(error: BaseException) -> bool:
    """Whether a write failed for want of space: of the database, or of a file."""
    original = error.orig if isinstance(error, DBAPIError) else error
    if isinstance(original, sqlite3.Error):
        return getattr(original, "sqlite_errorcode", None) == sqlite3.SQLITE_FULL
    return isinstance(original, DiskFull) or (
        isinstance(original, OSError) and original.errno in _FULL
    )
