"""What the main thread does every ten seconds: tell systemd, reclaim room, delete old entries.

Each thing that is lost is one line in the log, and one more when it is back.
"""

import sqlite3

from firmware_bridge.clock import Clock
from firmware_bridge.store.journal import Journal
from firmware_bridge.sync.loops import Report
from firmware_bridge.watchdog import LoopWatch, notify


class Maintenance:
    """The rounds of one bridge."""

    def __init__(self, journal: Journal, clock: Clock, watch: LoopWatch, report: Report) -> None:
        self._journal, self._clock, self._watch, self._report = journal, clock, watch, report
        self._stalled = self._full = self._failing = False
        self._clock_state: str | None = None

    def round(self) -> None:
        """Do what is due."""
        self.tell_watchdog()
        self._look_at_clock()
        try:
            self._look_at_disk()
            prune(self._journal, self._clock)
        except (OSError, sqlite3.Error) as error:
            # It is tried again in ten seconds; until then the doors go on with what they have.
            self._note_failure(str(error))
        else:
            self._note_failure("")

    def tell_watchdog(self) -> None:
        """Tell systemd that the bridge works, only while every loop does."""
        stalled = self._watch.stalled()
        if not stalled:
            notify("WATCHDOG=1")
        # Without a word from here systemd ends the process, and starts it again.
        if bool(stalled) != self._stalled:
            self._report({"event": "stalled", "loops": stalled})
        self._stalled = bool(stalled)

    def _look_at_clock(self) -> None:
        state = self._clock.state()
        if state != self._clock_state:
            self._report({"event": "clock", "state": state})
        self._clock_state = state

    def _look_at_disk(self) -> None:
        # First, so that it is said of a disk that was full for a moment too.
        self._note_full(self._journal.full)
        self._journal.reclaim()
        self._note_full(self._journal.full)

    def _note_full(self, full: bool) -> None:
        if full != self._full:
            self._report({"event": "journal", "full": full})
        self._full = full

    def _note_failure(self, why: str) -> None:
        if bool(why) != self._failing:
            self._report({"event": "maintenance", "up": not why, "why": why})
        self._failing = bool(why)


def prune(journal: Journal, clock: Clock) -> int:
    """Delete settled entries that are old by the server's time; return how many."""
    # By no other: a clock that starts days ahead would delete what shows that a code was used.
    return journal.prune(clock.now()) if clock.state() == "synced" else 0
