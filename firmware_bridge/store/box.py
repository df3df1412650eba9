"""Which computer and which folder a journal was enrolled in: a copy of it must not open doors.

Two boxes with one journal would give two entries one number, and both would let the same code in.
"""

import sqlite3
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Final

from firmware_bridge.store.journal import Journal

# What tells computers apart, as far as each has it. A clone of a memory card has the machine-id of
# the first box, but not the serial number of its board.
_SERIALS: Final = (
    Path("/etc/machine-id"),
    Path("/sys/firmware/devicetree/base/serial-number"),
)


# The name of the mark among the journal's settings.
_BOX: Final = "box"


class CopiedFolder(Exception):  # noqa: N818 -- a state that the operator changes
    """The folder was copied, or moved to another computer."""


def mark_of(folder: Path) -> str:
    """Return what identifies a folder on this computer; a copy has another."""
    # The inode too: a copy on the same computer, or a restored backup, holds older entries.
    file = (folder / "journal.sqlite").stat()
    serials = [_read(path) for path in _SERIALS]
    return sha256(repr((serials, file.st_ino)).encode()).hexdigest()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:  # this computer has none
        return b""


def check_box(journal: Journal, folder: Path) -> None:
    """Take the folder for this computer's, or check that it still is.

    Raises:
        CopiedFolder: it is another one's.
    """
    stored = journal.setting(_BOX)
    if stored is None:
        # On a full disk the next start does it.
        with suppress(sqlite3.DatabaseError):
            adopt(journal, folder)
    elif stored != mark_of(folder):
        raise CopiedFolder(
            f"{folder} was copied or moved from another computer or folder. If the other one is "
            "gone for good: zone-bridge adopt. Else enrol this box as a new bridge, in an empty "
            "folder: of two that go on with one journal entries are lost."
        )


def adopt(journal: Journal, folder: Path) -> None:
    """Take the folder for this computer's, whatever it was before."""
    journal.save_setting(_BOX, mark_of(folder))
