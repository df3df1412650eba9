"""Run tests as if it were another moment: `python -m tests.world.moment "2026-12-31 22:45" FILES`.

The moment is one of Helsinki; what follows goes to pytest. All processes that the tests start live
then too, PostgreSQL included, by libfaketime; the monotonic clock stays the machine's.
"""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from datetime import datetime

from tests.world.faked_time import library
from zone.core.clock import real_now
from zone.core.time import HELSINKI


def environment(moment: datetime) -> Mapping[str, str]:
    """Return the environment of processes that live at `moment` now, and go on from there."""
    off = (moment - real_now()).total_seconds()
    return os.environ | {
        "LD_PRELOAD": str(library()),
        "FAKETIME": f"{off:+.0f}",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",
        "FAKETIME_DONT_RESET": "1",
    }


def run_at(moment: datetime, arguments: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """Run a Python process with these arguments at `moment`, and return what it has printed."""
    return subprocess.run(
        [sys.executable, *arguments],
        env=environment(moment),
        capture_output=True,
        text=True,
        check=False,
    )


def main() -> int:
    """Run pytest with the rest of the command line at the moment that it names."""
    moment = datetime.fromisoformat(sys.argv[1]).replace(tzinfo=HELSINKI)
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *sys.argv[2:]]
    return subprocess.run(command, env=environment(moment), check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
