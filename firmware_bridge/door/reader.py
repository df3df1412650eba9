"""The thread of a reader's port: read the scanner, let its door decide, report the decision."""

import threading
from collections.abc import Callable
from typing import Final

from firmware_bridge.devices.ports import SerialLink
from firmware_bridge.devices.reader_profiles import GENERIC, ReaderProfile
from firmware_bridge.devices.scanner import open_scanner
from firmware_bridge.door.answer import Answer
from firmware_bridge.door.door import Door
from firmware_bridge.door.feedback import SameCode, ScannerLamp
from firmware_bridge.door.signals import DoorSignals
from firmware_bridge.events import Event
from firmware_bridge.sync.loops import Report
from firmware_bridge.wire.access_events import access_event
from firmware_bridge.wire.words import LEAVING, WORDS

# How often the thread of a door without scans checks whether it should stop.
POLL_SECONDS: Final = 0.25
# Who has waited longer has gone away, or has been let in by a later scan: a strike would be for
# nobody.
STALE_SECONDS: Final = 2.0
# A scanner stops looking for a code after some seconds, 5 for the GM modules.
TRIGGER_SECONDS: Final = 3.0
# A read that waits less has found bytes that were there before it.
_AT_ONCE: Final = 0.001


def decision_event(door: str, answer: Answer, at: float) -> Event:
    """The event for a door's answer at monotonic `at`: light, sound, and words for the display.

    `light_ms` is for how long a green light is true: as long as the strike holds.
    """
    decision = answer.decision
    words = LEAVING if decision.granted and decision.leaving else WORDS[decision.reason]
    light = answer.light(at)
    left = max(0.0, answer.until - at) if answer.until is not None else 0.0
    return {
        "event": "decision",
        "door": door,
        "granted": decision.granted,
        "leaving": decision.leaving,
        "reason": decision.reason.value,
        "access_event": access_event(
            decision.reason, duress=decision.duress, passback=decision.passback
        ),
        "holder": decision.holder,
        "uuid": answer.uuid,
        "repeat": answer.repeat,
        "struck": answer.opened,
        "light": light,
        "light_ms": int(left * 1000),
        "sound": None if answer.repeat else "welcome" if answer.opened else "refusal",
        "words": {"fi": words.fi, "sv": words.sv, "en": words.en},
    }


class ReaderThread:
    """The loop of one reader's thread, in which its door decides.

    `alive` is called at each round.
    """

    def __init__(
        self,
        door: Door,
        link: SerialLink,
        stop: threading.Event,
        report: Report,
        alive: Callable[[], None] = lambda: None,
        profile: ReaderProfile = GENERIC,
        signals: DoorSignals | None = None,
    ) -> None:
        self._signals = signals or DoorSignals(())
        self._door, self._link, self._stop, self._report = door, link, stop, report
        self._alive, self._profile = alive, profile
        self._scanner = open_scanner(profile)
        self._lamp = ScannerLamp(profile, self._scanner)
        self._same = SameCode(profile.same_code_ms / 1000)
        # When the port was last read, and so when it was last empty: monotonic seconds.
        self._read_at = door.clock.monotonic()
        self._trigger_at = float("-inf")

    def run(self) -> None:
        """Handle scans until the stop event is set, then close the port."""
        while not self._stop.is_set():
            self._alive()
            self.poll()
        self._link.close()

    def open(self) -> None:
        """Open the port, and handle what has come already."""
        self.poll(0.0)

    def poll(self, seconds: float | None = None) -> None:
        """Wait a short time for bytes, and handle every code that they complete."""
        data, arrived = self._read(POLL_SECONDS if seconds is None else seconds)
        lines = self._scanner.feed(data) if data else self._scanner.idle()
        # Before the door decides: a scanner repeats what is not acknowledged in time.
        self._send()
        for line in lines:
            self._handle(line, arrived)
        self._ask_for_more(bool(lines))
        self._lamp.tick(self._door.clock.monotonic(), self._door.relocked_at)
        self._send()

    def _handle(self, line: bytes, arrived: float) -> None:
        now = self._door.clock.monotonic()
        if now - arrived > STALE_SECONDS:
            self._report({"event": "late", "door": self._door.door})
        elif not self._same.is_again(line, now):
            self._answer(line)

    def _answer(self, line: bytes) -> None:
        answer = self._door.handle_scan(line)
        now = self._door.clock.monotonic()
        self._lamp.show(answer, now)
        if not answer.opened and not answer.repeat:
            self._signals.refused()
        self._send()
        self._report(decision_event(self._door.door, answer, now))
        if answer.left_out:
            self._report({"event": "flood", "door": self._door.door, "left_out": answer.left_out})

    def _ask_for_more(self, read: bool) -> None:
        """Make a scanner read that does not by itself; `read`: it has just done so, and stopped."""
        now = self._door.clock.monotonic()
        if self._profile.triggered and (read or now >= self._trigger_at):
            self._scanner.enqueue(self._profile.trigger)
            self._trigger_at = now + TRIGGER_SECONDS

    def _send(self) -> None:
        data = self._scanner.outgoing()
        if data:
            self._link.offer(data)

    def _read(self, seconds: float) -> tuple[bytes, float]:
        """Read what has come; return it with the earliest time at which it may have come."""
        began = self._door.clock.monotonic()
        data = self._link.read(self._scanner.gap if self._scanner.pending else seconds)
        ended = self._door.clock.monotonic()
        # Bytes that were there at once came while the scan before them was handled.
        arrived = self._read_at if ended - began < _AT_ONCE else ended
        self._read_at = ended
        return data, arrived
