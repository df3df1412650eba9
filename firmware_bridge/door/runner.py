"""The thread of one door: read its scanner, let the door answer, report the decision."""

import os
import threading
from typing import Final

from firmware_bridge.devices.line import IDLE_SECONDS, LineReader
from firmware_bridge.devices.ports import SerialLink
from firmware_bridge.door.door import Answer, Door
from firmware_bridge.events import Event, Reporter
from firmware_bridge.wire.words import WORDS


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


# How often a silent door looks whether it should stop.
POLL_SECONDS: Final = 0.25


class DoorRunner:
    """The scanner of one door, its port and the door behind it: one thread's work."""

    def __init__(
        self, door: Door, link: SerialLink, stop: threading.Event, report: Reporter
    ) -> None:
        self._door, self._link, self._stop, self._report = door, link, stop, report
        self._line = LineReader()

    def run(self) -> None:
        self._go_first()
        while not self._stop.is_set():
            self.turn()
        self._link.close()

    def _go_first(self) -> None:
        """A person waits for this thread and for no other, here or in another program. A scan takes 2.9 bare commits
        so, and 3.2 without. Where the service may not (LimitRTPRIO=1 allows it), the door takes its turn."""
        try:
            os.sched_setscheduler(0, os.SCHED_RR, os.sched_param(1))
        except PermissionError as error:
            self._report({"event": "priority", "door": self._door.door, "why": str(error)})

    def turn(self) -> None:
        """Wait a moment for bytes, and answer every line that they complete."""
        data = self._link.read(IDLE_SECONDS if self._line.pending else POLL_SECONDS)
        for line in self._line.feed(data) if data else self._line.idle():
            self._report(decision_event(self._door.door, self._door.scanned(line)))
