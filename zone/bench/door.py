"""`door`: the time of a granted scan, with 1,000 and 100,000 keys, and at a door with a contact.

Measured from the last byte of the code on the pty to the last byte of the strike frame, fsync
included. The reference is a bare commit of the same row on the same disk, one after each scan. The
bridge measures itself (`python -m firmware_bridge.sim.measure`), because the server must not import
it.
"""

import json
import subprocess
from collections.abc import Iterator
from typing import Any, Final

from zone.bench.measurements import Measurement, percentile
from zone.demo.machine.processes import python

CASES: Final = {"1k": (1_000, False), "100k": (100_000, False), "1k contact": (1_000, True)}
"""The keys in the roster, and whether the door has a contact, which is read ten times a second."""
SCANS: Final = 300


def run() -> Iterator[Measurement]:
    """Yield two figures for each case: the time, and the memory that the bridge uses."""
    for case, (credentials, contact) in CASES.items():
        measured = _measure(credentials, contact=contact)
        door, bare = measured["door_ms"], measured["commit_ms"]
        p50, yardstick = percentile(door, 50), percentile(bare, 50)
        yield Measurement(
            "door",
            case,
            "ms",
            len(door),
            p50,
            percentile(door, 95),
            percentile(door, 99),
            value=p50,
            yardstick=yardstick,
            ratio=p50 / yardstick,
        )
        yield Measurement(
            "door",
            f"{case} p99",
            "ms",
            len(door),
            value=percentile(door, 99),
            yardstick=percentile(bare, 99),
            ratio=percentile(door, 99) / percentile(bare, 99),
        )
        yield Measurement("door", f"{case} memory", "MB", 1, value=measured["rss_mb"])


def _measure(credentials: int, *, contact: bool) -> dict[str, Any]:
    command = python(
        "-m",
        "firmware_bridge.sim.measure",
        "--credentials",
        str(credentials),
        "--scans",
        str(SCANS),
        *(["--contact"] if contact else []),
    )
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(finished.stdout))
