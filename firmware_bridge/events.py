"""Events of the bridge: a log on stderr and, with `--events`, one JSON object a line on stdout.

One line says that something is lost (`up` false, and `why`), and one that it is back, with the
same `why` and with `lost`, the seconds in between.

Events: `ready`, `decision`, `reader`, `relay`, `server`, `uploaded`, `changes`, `order`,
`restored`, `journal`, `roster`, `priority`, `failed`, `stopped`, `wire`, `dropped`,
`late`, `flood`, `doorway`, `fire`, `lamp`, `metrics`,
`stalled`, `clock`, `maintenance`, `board`, `revoked`.
"""

import json
import os
import select
import sys
import threading
from collections import deque
from typing import Final

from firmware_bridge.clock import monotonic

Event = dict[str, object]

# `decision` holds a pseudonym, which is personal data; `uploaded` and `changes` are too frequent.
_NOT_LOGGED: Final = frozenset({"decision", "uploaded", "changes"})

KEPT: Final = 1000
"""Lines that wait for a reader, some 300 KB. More are dropped, the oldest first."""
CLOSE_SECONDS: Final = 1.0


class LineSink:
    """Writes lines to a file descriptor in a thread of its own; `put` never waits.

    A display that stops reading, a full pipe and a log on a dead disk hold up no door: what does
    not get through in time is dropped, and an event `dropped` says how many lines were.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: deque[str | None] = deque()
        self._dropped = 0
        # Never held while something is written. Drops and takes a line as one step: otherwise one
        # more than needed is dropped where the writer takes a line at the same moment.
        self._handing = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="events", daemon=True)
        self._thread.start()

    def put(self, line: str) -> None:
        """Hand over a line."""
        with self._handing:
            if len(self._lines) >= KEPT:
                self._lines.popleft()
                self._dropped += 1
            self._lines.append(line)
            self._handing.notify()

    def close(self) -> None:
        """Wait for what is still to be written, but not for ever."""
        with self._handing:
            self._lines.append(None)
            self._handing.notify()
        self._thread.join(CLOSE_SECONDS)

    def _run(self) -> None:
        while True:
            with self._handing:
                self._handing.wait_for(lambda: self._lines)
                line = self._lines.popleft()
                dropped, self._dropped = self._dropped, 0
            if line is None:
                return
            if dropped:
                self._write(_json({"event": "dropped", "lines": dropped}))
            self._write(line)

    def _write(self, line: str) -> None:
        # Straight to the descriptor: at the end of the process Python waits for the lock of a
        # stream, which a thread that is stuck in it never gives back.
        # A text from the network may have half a character, which UTF-8 cannot write.
        rest = memoryview(f"{line}\n".encode(errors="backslashreplace"))
        try:
            while rest:
                rest = rest[self._write_some(rest) :]
        except OSError:
            # The reader of a pipe has ended (EPIPE), or the disk is full. The doors go on.
            return

    def _write_some(self, rest: memoryview) -> int:
        try:
            return os.write(self._descriptor, rest)
        except BlockingIOError:  # who shares the pipe or terminal has made it non-blocking
            select.select([], [self._descriptor], [])
            return 0


class Reporter:
    """Reports events, one per line, from any thread. `events` None: to the log only."""

    def __init__(self, log: LineSink, events: LineSink | None) -> None:
        self._log, self._events = log, events
        # What is lost: since when (monotonic seconds), and why.
        self._lost: dict[object, tuple[float, object]] = {}

    def __call__(self, event: Event) -> None:
        line = _json(self._with_cause(event))
        if self._events is not None:
            self._events.put(line)
        if event["event"] not in _NOT_LOGGED:
            self._log.put(line)

    def _with_cause(self, event: Event) -> Event:
        """The event; of something that is back with why it was lost, and for how many seconds."""
        if "up" not in event:
            return event
        what = tuple(event.get(name) for name in ("event", "door", "loop"))
        if not event["up"]:
            self._lost[what] = (monotonic(), event["why"])
            return event
        since, why = self._lost.pop(what, (None, ""))
        return event if since is None else {**event, "why": why, "lost": round(monotonic() - since)}

    def close(self) -> None:
        """Wait a short time until everything is written."""
        for sink in (self._log, self._events):
            if sink is not None:
                sink.close()


def _json(event: Event) -> str:
    return json.dumps(event, ensure_ascii=False, separators=(",", ":"))


def standard_reporter(*, events: bool) -> Reporter:
    """A reporter on the process's stderr and, if `events`, stdout."""
    return Reporter(
        LineSink(sys.stderr.fileno()), LineSink(sys.stdout.fileno()) if events else None
    )
