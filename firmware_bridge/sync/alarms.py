"""What is wrong with this box now: kept while it lasts, and told to the server with each question for changes."""

from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.store.journal import ChainBroken, Journal
from firmware_bridge.wire.messages import alarms

# Newest entries whose chain is looked at when the bridge starts: 40 ms. The server compares all
# that it is sent.
CHECKED: Final = 2000


class Alarms:
    """Safe from any thread: doors and ports say what begins and ends, the downloader reads."""

    def __init__(self, journal: Journal, clock: Clock) -> None:
        self._journal, self._clock = journal, clock
        self._lasting: set[alarms.Alarm] = set()
        self._look_at_chain()

    def set(self, kind: str, door: str, on: bool) -> None:
        """Something about a door begins, or is over."""
        if on:
            self._lasting.add((kind, door))
        elif (kind, door) in self._lasting:
            self._lasting.discard((kind, door))

    def told(self) -> str:
        """All that is wrong at this moment, as the server hears it."""
        found = self._lasting.copy()
        if self._journal.full:
            found.add(("disk_full", ""))
        if self._clock.state() == "unset":
            found.add(("clock_unset", ""))
        return alarms.told(found)

    def _look_at_chain(self) -> None:
        try:
            self._journal.verify_chain(CHECKED)
        except ChainBroken:
            self._lasting.add(("journal_chain", ""))
