"""Upload and download, as two independent loops that delay neither each other nor a door."""

import sqlite3
import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from urllib.parse import urlencode

from firmware_bridge.clock import Clock
from firmware_bridge.store.elsewhere import Elsewhere
from firmware_bridge.store.journal import Journal
from firmware_bridge.store.roster import Roster
from firmware_bridge.sync.channel import ServerError
from firmware_bridge.sync.client import Server
from firmware_bridge.wire.messages.alarms import JOURNAL_OLDER
from firmware_bridge.wire.messages.changes import Changes, StoredEnd
from firmware_bridge.wire.messages.entries import UploadAck
from firmware_bridge.wire.messages.fields import MessageError

FIRST_PAUSE: Final = 0.5
# 5 s: a request costs the server little, and after an outage the entries arrive soon.
LONGEST_PAUSE: Final = 5.0
# Wait this long after an entry, so that one upload carries several.
GATHER_SECONDS: Final = 0.05
REST_SECONDS: Final = 1.0
# Longer than the pause of the downloader, which compares the journal with the server first.
COMPARE_SECONDS: Final = 10.0

# The bridge's status in a request for changes: query parameter → value.
StatusParameters = Mapping[str, str | int]
# Writes an event to the log and the event stream.
Report = Callable[[dict[str, object]], None]
# Notes that the loop of that name begins a round.
Alive = Callable[[str], None]


class Loop:
    """Runs `step` until `stop`, with a growing pause after each failure.

    Reports the first failure, and then the first success. `alive` is called at each round.
    """

    def __init__(
        self,
        name: str,
        step: Callable[[], None],
        stop: threading.Event,
        report: Report,
        alive: Alive = lambda loop: None,
    ) -> None:
        self._name, self._step, self._stop, self._report = name, step, stop, report
        self._alive = alive
        self._pause = 0.0

    def run(self) -> None:
        while not self._stop.is_set():
            self._alive(self._name)
            try:
                self._step()
            # The last two: a disk of the roster or the journal. Doors go on, and so does this.
            except (ServerError, MessageError, sqlite3.Error, OSError) as error:
                self._handle_failure(str(error))
            else:
                self._handle_success()

    def _handle_failure(self, why: str) -> None:
        if not self._pause:
            self._report({"event": "server", "loop": self._name, "up": False, "why": why})
        self._pause = min(max(FIRST_PAUSE, self._pause * 2), LONGEST_PAUSE)
        self._stop.wait(self._pause)

    def _handle_success(self) -> None:
        if self._pause:
            self._pause = 0.0
            self._report({"event": "server", "loop": self._name, "up": True, "why": ""})


class Uploader:
    """Sends entries by seq, oldest first, until the server has settled them."""

    def __init__(
        self, journal: Journal, server: Server, stop: threading.Event, report: Report
    ) -> None:
        self._journal, self._server = journal, server
        self._stop, self._report = stop, report

    def step(self) -> None:
        """Wait for entries, then send one batch.

        Raises:
            ServerError: no answer, or a refusal.
            MessageError: the answer does not have the agreed shape.
        """
        if not self._journal.waiting():
            self._journal.appended.wait(REST_SECONDS)
        # Clear before looking: an entry appended after this sets the event again.
        self._journal.appended.clear()
        if self._journal.waiting():
            self._stop.wait(GATHER_SECONDS)
            self._journal.compared.wait(COMPARE_SECONDS)
            self.send()

    def send(self) -> int:
        """Send the oldest batch; return how many entries the server has settled."""
        batch = self._journal.batch()
        if batch is None:
            return 0
        ack = UploadAck.from_json(self._server.call("POST", "/entries", batch.upload.to_json()))
        done = self._journal.settle(batch, ack.settled)
        if not done:
            raise ServerError(f"the server did not settle entry {batch.seqs[0]}")
        self._report({"event": "uploaded", "entries": done, "waiting": self._journal.waiting()})
        return done


class Downloader:
    """Fetches changes page by page and applies them to the roster.

    A request carries `status()` and the number of entries not yet uploaded: while there are any,
    the server records no no-shows, because the missing visit may be among them. An answer carries
    door commands, for `execute`, and the server's epoch and its last entry, for the journal; what
    is wrong with that begins an `alarm`.
    """

    def __init__(
        self,
        roster: Roster,
        server: Server,
        clock: Clock,
        journal: Journal,
        status: Callable[[], StatusParameters],
        execute: Callable[[Iterable[object]], list[str]],
        pause: float,
        stop: threading.Event,
        report: Report,
        elsewhere: Elsewhere | None = None,
        alarm: Callable[[str], None] = lambda kind: None,
    ) -> None:
        self._alarm, self._found = alarm, ""
        self._elsewhere = elsewhere or Elsewhere()
        self._roster, self._server, self._clock, self._journal = roster, server, clock, journal
        self._status, self._execute = status, execute
        self._pause, self._stop, self._report = pause, stop, report

    def step(self) -> None:
        """Fetch until there are no more changes, then pause.

        Raises:
            ServerError: no answer, or a refusal.
            MessageError: the answer does not have the agreed shape.
        """
        while self.fetch() and not self._stop.is_set():
            pass
        self._stop.wait(self._pause)

    def fetch(self) -> bool:
        """Fetch and apply one page; return whether there is more."""
        wrong = self._roster.mend()
        if wrong:
            self._report({"event": "roster", "rebuilt": True, "why": wrong})
        cursor = self._roster.cursor
        known = {
            "after": cursor.version,
            "epoch": cursor.epoch,
            "site_digest": cursor.site_digest,
        }
        query = urlencode({**known, "waiting": self._journal.waiting(), **self._status()})
        changes = Changes.from_json(self._server.call("GET", f"/changes?{query}"))
        restored = self._journal.follow_epoch(changes.epoch)
        if restored:
            self._report({"event": "restored", "waiting": self._journal.waiting()})
        if changes.stored is not None:
            self._compare_journal(changes.stored)
        self._journal.compared.set()
        errors = self._roster.apply(changes, self._clock.now(), cursor)
        self._elsewhere.apply(changes.grants, changes.grants_seen, self._clock.now())
        if restored:
            # The server numbers its entries anew: those that it has now may have numbers that this
            # box has asked behind.
            self._elsewhere.after = None
        # Commands after the roster: the same page may block the door.
        errors += self._execute(changes.orders)
        if changes.rows or changes.site is not None or changes.snapshot:
            self._report(
                {
                    "event": "changes",
                    "version": changes.version,
                    "rows": len(changes.rows),
                    "snapshot": changes.snapshot,
                    "more": changes.more,
                    "set_aside": errors,
                }
            )
        return changes.more

    def _compare_journal(self, stored: StoredEnd) -> None:
        found = self._journal.compare_end(stored.seq, stored.head)
        if found is None:
            return
        self._alarm(found)
        if found != self._found:
            self._found = found
            self._report({"event": "journal", "alarm": found, "server_has": stored.seq})
        if found == JOURNAL_OLDER and self._journal.resume(stored.seq, stored.head):
            self._found = ""
            self._report({"event": "journal", "resumed_behind": stored.seq})
