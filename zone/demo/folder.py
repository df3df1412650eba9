"""The folder of a demo: kept for the day on which it plays, and made anew for another one."""

import shutil
from datetime import date
from pathlib import Path
from typing import Final

DAY: Final = "demo-day"
"""The file that says on which day the demo in its folder plays."""
OURS: Final = (
    "bridge",
    "keys",
    "logs",
    "mails",
    "zone.sqlite",
    "zone.sqlite-shm",
    "zone.sqlite-wal",
)
"""What a demo makes in its folder; nothing else is ever deleted."""


def make_ready(data: Path, today: date) -> date | None:
    """Make the folder ready for a demo of today; return the day of the one that was deleted.

    The example data is laid around a day: a week later its classes would be over, and its people
    without a pass. A folder without the file of the day holds no demo, and stays as it is.
    """
    data.mkdir(parents=True, exist_ok=True)
    file = data / DAY
    before = date.fromisoformat(file.read_text("ascii")) if file.exists() else None
    if before not in (None, today):
        for name in OURS:
            _delete(data / name)
    file.write_text(today.isoformat(), encoding="ascii")
    return before if before != today else None


def _delete(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
