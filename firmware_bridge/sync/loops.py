"""Upload and download as independent loops: either may fail, lag or wait without the other, or a door, noticing."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Final
from urllib.parse import urlencode

from firmware_bridge.clock import Clock
from firmware_bridge.store.journal import Journal
from firmware_bridge.store.roster import Roster
from firmware_bridge.sync.client import Server, ServerError
from firmware_bridge.wire.messages.entries import UploadAck
from firmware_bridge.wire.messages.fields import MessageError
from firmware_bridge.wire.messages.roster import Changes

FIRST_PAUSE: Final = 0.5
# A site asks little, so it may ask often: people see their door's entries soon after an outage.
LONGEST_PAUSE: Final = 5.0
# Entries that follow each other closely travel together.
GATHER_SECONDS: Final = 0.05
REST_SECONDS: Final = 1.0

# What a bridge says of itself with each question, by the names of the query.
StatusParameters = Mapping[str, str | int]
# Tell the machine-readable event stream and the log.
Report = Callable[[dict[str, object]], None]


class Loop:
    """Runs `step` until `stop`. After a failure it pauses, longer each time; it reports once that it is cut off
    and once that it is through again."""

    def __init__(
        self, name: str, step: Callable[[], None], stop: threading.Event, report: Report
    ) -> None:
        self._name, self._step, self._stop, self._report = name, step, stop, report
        self._pause = 0.0

    def run(self) -> None:
        while not self._stop.is_set():
            try:
                self._step()
            except (ServerError, MessageError) as error:
                self._failed(str(error))
            else:
                self._through()

    def _failed(self, why: str) -> None:
        if not self._pause:
            self._report({"event": "server", "loop": self._name, "up": False, "why": why})
        self._pause = min(max(FIRST_PAUSE, self._pause * 2), LONGEST_PAUSE)
        self._stop.wait(self._pause)

    def _through(self) -> None:
        if self._pause:
            self._pause = 0.0
            self._report({"event": "server", "loop": self._name, "up": True, "why": ""})


class Uploader:
    """Entries by seq, oldest first, sent again until the server has settled them."""

    def __init__(
        self, journal: Journal, server: Server, stop: threading.Event, report: Report
    ) -> None:
        self._journal, self._server = journal, server
        self._stop, self._report = stop, report

    def step(self) -> None:
        """Wait for entries, then send one batch.

        Raises:
            ServerError: no answer, or a refusal.
            MessageError: the answer is no receipt.
        """
        if not self._journal.waiting():
            self._journal.appended.wait(REST_SECONDS)
        self._journal.appended.clear()
        if self._journal.waiting():
            self._stop.wait(GATHER_SECONDS)
            self.send()

    def send(self) -> int:
        """Send the oldest batch; returns how many entries the server has settled for good."""
        batch = self._journal.batch()
        if batch is None:
            return 0
        receipt = UploadAck.from_json(self._server.call("POST", "/entries", batch.upload.to_json()))
        done = self._journal.settle(batch, receipt.settled)
        if not done:
            raise ServerError(f"the server did not settle entry {batch.seqs[0]}")
        self._report({"event": "uploaded", "entries": done, "waiting": self._journal.waiting()})
        return done


class Downloader:
    """Changes after what the roster has, page by page.

    Each question tells how many entries wait in the journal to be uploaded: while there are any, the server concludes
    nothing from whom it has not seen; and what else the bridge can `tell` of itself. The answer carries orders to the
    doors, for `obey`, and tells the journal which life of the server this is.
    """

    def __init__(
        self,
        roster: Roster,
        server: Server,
        clock: Clock,
        journal: Journal,
        tell: Callable[[], StatusParameters],
        obey: Callable[[Iterable[object]], list[str]],
        pause: float,
        stop: threading.Event,
        report: Report,
    ) -> None:
        self._roster, self._server, self._clock, self._journal = roster, server, clock, journal
        self._tell, self._obey = tell, obey
        self._pause, self._stop, self._report = pause, stop, report

    def step(self) -> None:
        """Fetch until there is no more, then wait.

        Raises:
            ServerError: no answer, or a refusal.
            MessageError: the answer is no page of changes.
        """
        while self.fetch() and not self._stop.is_set():
            pass
        self._stop.wait(self._pause)

    def fetch(self) -> bool:
        """Fetch and apply one page; whether there is more."""
        at = self._roster.cursor
        known = {"after": at.version, "epoch": at.epoch, "site_digest": at.site_digest}
        query = urlencode({**known, "waiting": self._journal.waiting(), **self._tell()})
        changes = Changes.from_json(self._server.call("GET", f"/changes?{query}"))
        if self._journal.follow(changes.epoch):
            self._report({"event": "restored", "waiting": self._journal.waiting()})
        aside = self._roster.apply(changes, self._clock.now())
        aside += self._obey(
            changes.orders
        )  # after the roster: the door may have been shut meanwhile
        if changes.rows or changes.site is not None or changes.snapshot:
            self._report(
                {
                    "event": "changes",
                    "version": changes.version,
                    "rows": len(changes.rows),
                    "snapshot": changes.snapshot,
                    "more": changes.more,
                    "set_aside": aside,
                }
            )
        return changes.more
