"""`door`: the time of a granted scan, and the memory of the bridge.

With 1,000 and 100,000 keys, at a door with a contact, at eight doors in turn, at a door whose
neighbour gets 50 garbage scans a second, and with 250,000 entries that wait for the server.
Measured from the last byte of the code on the pty to the last byte of the strike frame, fsync
included. The reference is a bare commit of the same row into a copy of the same journal, one after
each scan and in the same conditions: disk, rest and priority. The bridge measures itself (`python
-m firmware_bridge.sim.measure`), because the server must not import it.

A median is 3 to 3.7 bare commits; 2.5 is not reached. A scan is the work of one thread, with three
statements and one fdatasync, and no lock that another thread holds. Where 1.58 ms go, medians in µs
of 200 scans on two idle cores, beside a bare commit of 430:

    pty, until the reader's thread has the bytes         115
    bytes to line, line to code                          135
    key and person from the roster, person parsed        160
    grants of the journal and of other boxes, presence    80
    point of the key loaded, signature verified          350
    entry: presence, canonical text, hash                170
    commit                                               380
    strike: board, bus, frame                            130
    pty, until the board has the frame                    50

All of it but the commit and the ptys takes 0.25 ms when it has just been run, of which OpenSSL's
P-256 is 0.13: after 20 ms of rest the processor's caches hold none of it. To keep them warm, or to
hold all people in memory as objects, costs more power and memory than half a millisecond is worth.
A scan that comes while the line reads the inputs of its board waits for the end of that question.
"""

import json
import subprocess
from collections.abc import Iterator, Sequence
from typing import Any, Final

from zone.bench.measurements import Measurement, percentile
from zone.demo.machine.processes import python

CASES: Final = {
    "1k": ("--credentials", "1000"),
    "100k": ("--credentials", "100000"),
    "1k contact": ("--credentials", "1000", "--contact"),
    "8 doors": ("--credentials", "1000", "--doors", "8"),
    "garbage": ("--credentials", "1000", "--doors", "2", "--garbage", "50"),
    "250k entries": ("--credentials", "100000", "--entries", "250000"),
}
"""The arguments of `firmware_bridge.sim.measure`: how many keys the roster has, and so on."""
SCANS: Final = 300


def run() -> Iterator[Measurement]:
    """Yield two figures for each case: the time, and the memory that the bridge uses."""
    for case, arguments in CASES.items():
        measured = _measure(arguments)
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


def _measure(arguments: Sequence[str]) -> dict[str, Any]:
    command = python("-m", "firmware_bridge.sim.measure", "--scans", str(SCANS), *arguments)
    finished = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return dict(json.loads(finished.stdout))
