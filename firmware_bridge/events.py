"""Events of the bridge: a log on stderr and, with `--events`, one JSON object a line on stdout.

Events: `ready`, `decision`, `reader`, `relay`, `server`, `uploaded`, `changes`, `order`,
`restored`, `journal`, `priority`, `failed`, `stopped`, `wire`.
"""

import json
import sys
import threading
from typing import Final, TextIO

Event = dict[str, object]

# `decision` holds a pseudonym, which is personal data; `uploaded` and `changes` are too frequent.
_NOT_LOGGED: Final = frozenset({"decision", "uploaded", "changes"})


class Reporter:
    """Writes events, one per line, from any thread. `events` None: to the log only."""

    def __init__(self, log: TextIO, events: TextIO | None) -> None:
        self._log, self._events = log, events
        self._lock = threading.Lock()

    def __call__(self, event: Event) -> None:
        line = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
        with self._lock:
            if self._events is not None:
                self._events = _write(self._events, line)
            if event["event"] not in _NOT_LOGGED:
                _write(self._log, line)


def _write(stream: TextIO, line: str) -> TextIO | None:
    """Write a line; return the stream, or None when it cannot be written any more."""
    try:
        print(line, file=stream, flush=True)
    except OSError:
        # The reader of a pipe has ended (EPIPE), or the disk is full. The doors must go on.
        return None
    return stream


def standard_reporter(*, events: bool) -> Reporter:
    """A reporter on the process's stderr and, if `events`, stdout."""
    return Reporter(sys.stderr, sys.stdout if events else None)
