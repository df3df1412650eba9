"""What the bridge tells about itself: a log on stderr, and on request one JSON object a line on stdout.

Events: `ready`, `decision`, `reader`, `relay`, `server`, `uploaded`, `changes`, `order`, `restored`, `journal`,
`priority`, `stopped`. Decisions name pseudonyms, so they go to the event stream only and never into the log.
"""

import json
import sys
import threading
from typing import TextIO

Event = dict[str, object]


class Reporter:
    """Writes events from any thread, whole lines at a time. `events` is the machine-readable stream, or None."""

    def __init__(self, log: TextIO, events: TextIO | None) -> None:
        self._log, self._events = log, events
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        line = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        with self._lock:
            if self._events is not None:
                self._events = _write(self._events, line)
            if event["event"] not in ("decision", "uploaded", "changes"):
                _write(self._log, line)


def _write(stream: TextIO, line: str) -> TextIO | None:
    """None once nobody reads the stream any more: a door goes on without its audience."""
    try:
        print(line, file=stream, flush=True)
    except OSError:
        return None
    return stream


def standard(*, events: bool) -> Reporter:
    """On the process's own streams."""
    return Reporter(sys.stderr, sys.stdout if events else None)
