"""A bridge whose system clock a test sets while it runs, by libfaketime.

The monotonic clock stays the machine's, as when somebody sets the date or NTP steps it. Debian's
build breaks `time.sleep` then; that of PyPI does not.
"""

import importlib.util
import os
from pathlib import Path

import pytest

from tests.world.audit import Audit
from tests.world.peer import Peer
from tests.world.rig import DOOR, Rig


def library() -> Path:
    """The library to preload; the test is skipped where there is none."""
    found = importlib.util.find_spec("libfaketime")
    if found is None or found.origin is None:
        pytest.skip("needs libfaketime: pip install -e '.[dev]'")
    return Path(found.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"


class FakedTimeRig(Rig):
    """A site with one door, audited. `jump` sets how far the system clock of the bridge is off."""

    def __init__(self, folder: Path, peer: Peer) -> None:
        self._offset = folder / "faketime"
        self.jump(0)
        self.audit = Audit(folder / "data", (DOOR,))
        super().__init__(folder, peer, self.audit)

    def jump(self, seconds: float) -> None:
        """Set the system clock of the bridge to so many seconds from the machine's."""
        new = self._offset.with_suffix(".new")
        new.write_text(f"{seconds:+.3f}")
        new.replace(self._offset)  # never read half written

    @property
    def environment(self) -> dict[str, str]:
        return os.environ | {
            "LD_PRELOAD": str(library()),
            "FAKETIME_TIMESTAMP_FILE": str(self._offset),
            "FAKETIME_NO_CACHE": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "FAKETIME_DONT_RESET": "1",
        }
