"""The active alarms of this bridge, sent to the server with each request for changes."""

import sqlite3
from collections.abc import Set
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.store.journal import ChainBroken, Journal
from firmware_bridge.store.roster import Roster
from firmware_bridge.wire.messages import alarms

# Entries whose hashes are verified at the start: 2000 take 40 ms. The server verifies all it
# receives.
CHECKED: Final = 2000
# Entries that wait for the server; a box is made for so many.
HOLDS: Final = 250_000
FILLING: Final = HOLDS * 80 // 100


class Alarms:
    """Alarms set and cleared by the doors and ports, read by the downloader; from any thread."""

    def __init__(self, journal: Journal, roster: Roster, clock: Clock) -> None:
        self._journal, self._roster, self._clock = journal, roster, clock
        self._active: set[alarms.Alarm] = set()
        self._check_chain()

    def set(self, kind: str, door: str, on: bool) -> None:
        """Begin or end an alarm of a door."""
        if on:
            self._active.add((kind, door))
        else:
            self._active.discard((kind, door))

    def set_unknown_word(self, door: str) -> None:
        """Begin the alarm about a door command that this version cannot read; it never ends.

        `door` is "" where not even the door can be read.
        """
        # The next version knows the word, and starts with no alarm.
        self.set(alarms.UNKNOWN_WORD, door, True)

    def active(self) -> Set[alarms.Alarm]:
        """The active alarms."""
        active = self._active | {(alarms.UNKNOWN_WORD, door) for door in self._roster.unread}
        if self._journal.full:
            active.add(("disk_full", ""))
        if self._journal.waiting() >= FILLING:
            active.add((alarms.JOURNAL_FILLING, ""))
        if self._clock.state() == "unset":
            active.add(("clock_unset", ""))
        return active

    def format(self) -> str:
        """The active alarms as the text that is sent to the server."""
        return alarms.format_alarms(self.active())

    def _check_chain(self) -> None:
        try:
            self._journal.verify_chain(CHECKED)
        except (ChainBroken, sqlite3.DatabaseError):
            # Never cleared: staff must look at the journal, and the next start checks again.
            self._active.add(("journal_chain", ""))
