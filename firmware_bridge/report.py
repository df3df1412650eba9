"""What the bridge tells about itself: a log on stderr, and on request one JSON object a line on stdout.

Events: `ready`, `decision`, `reader`, `relay`, `server`, `uploaded`, `changes`, `order`, `restored`, `journal`,
`priority`, `stopped`. Decisions name pseudonyms, so they go to the event stream only and never into the log.
"""

import json
import sys
import threading
from typing import TextIO

from firmware_bridge.door import Answer
from firmware_bridge.wire.words import WORDS

Event = dict[str, object]


def decision_event(door: str, answer: Answer) -> Event:
    """The answer of a door, with the light and sound that it shows and the sentence for its display."""
    decision = answer.decision
    words = WORDS[decision.reason]
    return {
        "event": "decision",
        "door": door,
        "granted": decision.granted,
        "reason": decision.reason.value,
        "holder": decision.holder,
        "uuid": answer.uuid,
        "repeat": answer.repeat,
        "struck": answer.struck,
        "light": "green" if answer.green else "red",
        "sound": None if answer.repeat else "welcome" if answer.green else "refusal",
        "words": {"fi": words.fi, "sv": words.sv, "en": words.en},
    }


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
