"""The systemd units of this installation, with its paths."""

import sys
from pathlib import Path
from string import Template
from typing import Final

FOLDER: Final = Path(__file__).parent
UNITS: Final = (
    "zone-web.service",
    "zone-scheduler.service",
    "zone-backup.service",
    "zone-backup.timer",
    "zone-doctor.service",
    "zone-doctor.timer",
    "zone-alert@.service",
)


def unit_text(unit: str) -> str:
    """Return a unit for the programs beside the Python that runs this."""
    common = (FOLDER / "common.conf").read_text("utf-8")
    return Template((FOLDER / unit).read_text("utf-8")).substitute(
        bin=Path(sys.executable).parent, common=common
    )


def write_units(folder: Path) -> list[Path]:
    """Write every unit into a folder, over existing ones, and return their paths.

    Raises:
        OSError: the folder cannot be written.
    """
    written = [folder / unit for unit in UNITS]
    for path in written:
        path.write_text(unit_text(path.name), encoding="utf-8")
    return written
