"""Figures of the bridge for Prometheus, in a file that node_exporter's textfile collector reads.

A file and no port: a box needs no listener that the network could reach, nothing that is asked can
hold up a door, and whoever collects from a box has node_exporter on it for its disk and its
temperature. The text format is a few lines; a library for it would be the third package of a box.
Only `door`, by its UUID, tells one thing from another: no figure names a person.
"""

import sqlite3
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from firmware_bridge.clock import Clock, monotonic
from firmware_bridge.door.answer import Answer
from firmware_bridge.door.door import Door
from firmware_bridge.status import NothingStored, kept_entries
from firmware_bridge.store.journal import Journal
from firmware_bridge.store.roster import Roster
from firmware_bridge.sync.alarms import HOLDS, Alarms
from firmware_bridge.sync.loops import Report
from firmware_bridge.watchdog import LoopWatch
from firmware_bridge.wire.messages.alarms import INPUT_FAULT, READER_LOST, RELAY_FAULT

WRITE_SECONDS: Final = 10.0
# A decision is a commit and an answer of the board: 5 to 30 ms, and 400 where it is tried twice.
BUCKETS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.3, 1.0, 2.0)

# Label values, and the value of the sample.
Sample = tuple[Mapping[str, str], float]


@dataclass(frozen=True, slots=True)
class Family:
    """A metric with its samples; `kind` is gauge, counter or histogram, as Prometheus names it.

    `suffix` of a sample is added to the name: `_bucket`, `_sum` and `_count` of a histogram.
    """

    name: str
    kind: str
    meaning: str
    samples: Iterable[tuple[str, Mapping[str, str], float]]


def gauge(name: str, meaning: str, *samples: Sample) -> Family:
    """A figure of this moment."""
    return Family(name, "gauge", meaning, [("", labels, value) for labels, value in samples])


def render(families: Iterable[Family]) -> str:
    """The text format of Prometheus, version 0.0.4."""
    lines: list[str] = []
    for family in families:
        lines.append(f"# HELP {family.name} {family.meaning}")
        lines.append(f"# TYPE {family.name} {family.kind}")
        lines += (
            f"{family.name}{suffix}{_labels(labels)} {value:.10g}"
            for suffix, labels, value in family.samples
        )
    return "\n".join(lines) + "\n"


def _labels(labels: Mapping[str, str]) -> str:
    # What has to be escaped in a value, by the description of the format.
    escaped = (f'{name}="{value.translate(_ESCAPES)}"' for name, value in labels.items())
    return f"{{{','.join(escaped)}}}" if labels else ""


_ESCAPES: Final = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n"})


@dataclass
class _OfDoor:
    """What one door has decided since the start."""

    results: Counter[tuple[str, str]] = field(default_factory=Counter)
    buckets: list[int] = field(default_factory=lambda: [0] * (len(BUCKETS) + 1))
    seconds: float = 0.0


class Decisions:
    """Counts what doors decide, and how long it takes; from any thread."""

    def __init__(self, doors: Iterable[str]) -> None:
        self._lock = threading.Lock()
        self._doors = {door: _OfDoor() for door in doors}

    def count(self, door: str, answer: Answer, seconds: float) -> None:
        """Count an answer that took so long. One that repeats another decides nothing."""
        if answer.repeat:
            return
        decision = answer.decision
        result = "granted" if decision.granted else "refused"
        bucket = next((n for n, most in enumerate(BUCKETS) if seconds <= most), len(BUCKETS))
        with self._lock:
            of_door = self._doors[door]
            of_door.results[result, decision.reason.value] += 1
            of_door.buckets[bucket] += 1
            of_door.seconds += seconds

    def families(self) -> list[Family]:
        """The counter of decisions, and the histogram of their time."""
        counted: list[tuple[str, Mapping[str, str], float]] = []
        timed: list[tuple[str, Mapping[str, str], float]] = []
        with self._lock:
            for door, of_door in self._doors.items():
                counted += (
                    ("", {"door": door, "result": result, "reason": reason}, count)
                    for (result, reason), count in sorted(of_door.results.items())
                )
                total = 0
                for most, count in zip((*BUCKETS, None), of_door.buckets, strict=True):
                    total += count
                    le = "+Inf" if most is None else f"{most:g}"
                    timed.append(("_bucket", {"door": door, "le": le}, total))
                timed.append(("_sum", {"door": door}, of_door.seconds))
                timed.append(("_count", {"door": door}, total))
        return [
            Family(
                "zone_bridge_decisions_total",
                "counter",
                "Decisions since the start, by result and reason.",
                counted,
            ),
            Family(
                "zone_bridge_decision_seconds",
                "histogram",
                "From a scanned code to its answer, with the entry on disk and the board's answer.",
                timed,
            ),
        ]


@dataclass(frozen=True, slots=True)
class Sources:
    """What the figures are read from. `contact`: when the server last answered, monotonic."""

    data: Path
    doors: Mapping[str, Door]
    decisions: Decisions
    journal: Journal
    roster: Roster
    clock: Clock
    alarms: Alarms
    watch: LoopWatch
    contact: Callable[[], float | None]
    software: str


def collect(sources: Sources) -> list[Family]:
    """Read every figure as it is now."""
    return [
        gauge(
            "zone_bridge_info", "The software of the bridge.", ({"software": sources.software}, 1)
        ),
        gauge(
            "zone_bridge_door_info",
            "The doors with their names.",
            *(({"door": name, "name": door.site.name}, 1) for name, door in sources.doors.items()),
        ),
        *sources.decisions.families(),
        *_journal_families(sources),
        *_clock_families(sources.clock),
        *_alarm_families(sources),
        *_age_families(sources),
    ]


def _journal_families(sources: Sources) -> list[Family]:
    waiting = sources.journal.waiting()
    return [
        gauge("zone_bridge_journal_entries", "Entries kept.", ({}, kept_entries(sources.data))),
        gauge("zone_bridge_journal_waiting", "Entries to send to the server.", ({}, waiting)),
        gauge(
            "zone_bridge_journal_share",
            f"Entries to send, as a share of the {HOLDS} that a box is made for.",
            ({}, waiting / HOLDS),
        ),
    ]


def _clock_families(clock: Clock) -> list[Family]:
    return [
        gauge(
            "zone_bridge_clock_offset_seconds",
            "By how much the computer's clock is ahead of the time that the doors use.",
            ({}, clock.system() - clock.now()),
        ),
        gauge(
            "zone_bridge_clock_state",
            "The state of the clock.",
            *(({"state": state}, clock.state() == state) for state in CLOCK_STATES),
        ),
    ]


def _alarm_families(sources: Sources) -> list[Family]:
    active = sources.alarms.active()
    return [
        *(
            gauge(
                name,
                meaning,
                *(({"door": door}, (kind, door) not in active) for door in sources.doors),
            )
            for name, meaning, kind in _PARTS
        ),
        gauge(
            "zone_bridge_alarm",
            "Alarms that are on; without a door they are of the bridge.",
            *(({"kind": kind, "door": door}, 1) for kind, door in sorted(active)),
        ),
    ]


def _age_families(sources: Sources) -> list[Family]:
    families = [
        gauge(
            "zone_bridge_loop_age_seconds",
            "Since each loop last began a round.",
            *(({"loop": loop}, age) for loop, age in sources.watch.ages().items()),
        )
    ]
    if (contact := sources.contact()) is not None:
        families.append(
            gauge(
                "zone_bridge_contact_age_seconds",
                "Since the server last answered.",
                ({}, monotonic() - contact),
            )
        )
    if (contact_at := sources.roster.contact_at) is not None:
        families.append(
            gauge(
                "zone_bridge_roster_age_seconds",
                "Since it was last known that the roster is that of the server.",
                ({}, sources.clock.now() - contact_at),
            )
        )
    return families


CLOCK_STATES: Final = ("synced", "holdover", "unset")
_PARTS: Final = (
    ("zone_bridge_reader_up", "Whether a door's reader is there.", READER_LOST),
    ("zone_bridge_board_up", "Whether the board of a door's strike answers.", RELAY_FAULT),
    ("zone_bridge_inputs_up", "Whether a door's contact and exit button are read.", INPUT_FAULT),
)


class MetricsFile:
    """Writes the figures every ten seconds, in a thread of its own that holds up nothing."""

    def __init__(self, path: Path, sources: Sources, stop: threading.Event, report: Report) -> None:
        self._path, self._sources, self._stop, self._report = path, sources, stop, report
        self._failed = False

    def run(self) -> None:
        """Write until the stop event is set, then remove the file: old figures say nothing."""
        while not self._stop.is_set():
            self.write()
            self._stop.wait(WRITE_SECONDS)
        with suppress(OSError):
            self._path.unlink()

    def write(self) -> None:
        """Write the file anew; report the first failure, and then the first success."""
        try:
            _replace(self._path, render(collect(self._sources)))
        except (OSError, sqlite3.Error, NothingStored) as error:
            if not self._failed:
                self._report({"event": "metrics", "up": False, "why": str(error)})
            self._failed = True
        else:
            if self._failed:
                self._report({"event": "metrics", "up": True, "why": ""})
            self._failed = False


def _replace(path: Path, text: str) -> None:
    # Renamed into place, so that nobody reads half of it; the collector skips other endings.
    written = path.with_name(f"{path.name}.new")
    written.write_text(text, encoding="utf-8")
    # For the user of node_exporter too: the service's umask is 0077.
    written.chmod(0o644)
    written.replace(path)
