"""Carries out what the machine of one door commands: append, then act.

Scans and commands of staff go through `Runner.handle` alike. An entry is on disk, fsync included,
before its strike is requested: invariant 1 of the product.
"""

import threading
import uuid
from collections.abc import Callable
from typing import Final, Protocol

from firmware_bridge.clock import Clock
from firmware_bridge.door import machine
from firmware_bridge.door.interlock import Interlock
from firmware_bridge.door.passage import Grant
from firmware_bridge.store.elsewhere import area_of_code
from firmware_bridge.store.journal import AlreadyAnswered, AlreadyGranted, Journal, JournalFull
from firmware_bridge.wire.messages.entries import Entry
from firmware_bridge.wire.messages.site import Door as DoorSite
from firmware_bridge.wire.reasons import Reason

# For who needs more time; BACnet's Access Door has the same extended pulse.
MORE_TIME_MS: Final = 15_000
# How long a door that is released stays so after the bridge has stopped: see `schedules`.
RELEASE_MS: Final = 6_000
# A person waits so long at the door. What the disk stores later must not open it: nobody is there.
PATIENCE_SECONDS: Final = 2.0
# The kinds of entry that answer a command of staff, of which `ref` is the uuid.
OF_STAFF: Final = ("opened_by_desk", "order_refused")

# The states in which staff have shut the door, to everybody.
SHUT: Final = ("blocked", "lockdown")


class StrikeFault(Exception):  # noqa: N818 -- "fault" is the term of door hardware
    """The relay did not confirm the pulse."""


class Output(Protocol):
    """What opens one door, by a pulse that the hardware ends."""

    @property
    def works(self) -> bool:
        """Whether a pulse is worth a try: the board has not failed, or has answered since."""

    def strike(self, ms: int) -> None:
        """Energise the strike for that many milliseconds.

        Raises:
            StrikeFault: the board did not confirm it.
        """


class Lock(Protocol):
    """What holds the door shut, but for its pulse."""

    def cut(self) -> bool:
        """End the pulse now; False: it was not confirmed, and the pulse ends by itself."""


class Runner:
    """The machine of one door, its journal and its output; from any thread.

    `site` returns the door's configuration as it is now.
    """

    def __init__(
        self, journal: Journal, clock: Clock, output: Output, site: Callable[[], DoorSite]
    ) -> None:
        self._journal, self._clock, self._output, self._site = journal, clock, output, site
        self._machine = machine.Machine()
        self._least_ms = 0
        self._begun_at = float("-inf")
        self._released_until = float("-inf")
        # Until when a pulse may hold the lock open, confirmed or not.
        self._open_until = float("-inf")
        # When somebody last came in by a code, UTC seconds.
        self.came_in_at: float | None = None
        self._lock = threading.Lock()
        # Told of each strike, with its grant; returns whether the door is still to be opened, and
        # calls `decide` then. See `doorway`.
        self.on_strike: Callable[[Grant], bool] = lambda grant: False
        # Told for how many ms a strike holds that was confirmed; it must not wait for anything.
        # False: nobody was let in, the door is open to everybody.
        self.on_opened: Callable[[int, bool], None] = lambda ms, let_in: None
        self.interlock: Interlock | None = None

    def handle(self, entry: Entry, *, more_time: bool = False) -> machine.Finish:
        """Take what was decided to its end: stored, and the door opened where it was a grant.

        `more_time`: it stays open for 15 s, or for its own time where that is longer.
        """
        begun_at = self._clock.monotonic()
        with self._lock:
            self._begun_at, self._least_ms = begun_at, MORE_TIME_MS if more_time else 0
            command = self._machine.step(machine.Request(entry))
            while not isinstance(command, machine.Finish):
                command = self._machine.step(carry_out(self, command))
        if not self._waits_for_opening(command):
            if command.until is not None:
                self.came_in(entry)
            # After the strike: an uploader woken earlier would compete with this thread for the
            # GIL.
            self.decide(entry.uuid)
        return command

    def claim(self, *, more_time: bool = False) -> bool:
        """Reserve the way for this door; False: another door of its interlock is open."""
        if self.interlock is None:
            return True
        ms = max(self._site().strike_ms, MORE_TIME_MS if more_time else 0)
        at = self._clock.monotonic()
        return self.interlock.claim(self.door, at, at + ms / 1000)

    def _waits_for_opening(self, outcome: machine.Finish) -> bool:
        if outcome.until is None or outcome.entry is None:
            return False
        waits = self.on_strike(Grant(outcome.entry, outcome.seq, outcome.until))
        # The desk waits for the answer to its command, which makes no visit.
        return waits and outcome.entry.kind not in OF_STAFF

    def decide(self, uuid: str) -> None:
        """Let this entry be uploaded: it is known what came of it."""
        self._journal.decide(uuid)
        self._journal.appended.set()

    def came_in(self, entry: Entry) -> None:
        """Somebody came in by this grant, as far as the door can tell."""
        if entry.kind == "scan" and not entry.leaving:
            self.came_in_at = entry.occurred_at / 1000

    def note(self, kind: str, ref: str | None = None) -> bool:
        """Store an event at the door that opens nothing; False when the disk is full."""
        stored = self.store(self.event(kind, ref))
        self._journal.appended.set()
        return isinstance(stored, machine.Stored)

    def store(self, entry: Entry) -> machine.Stored | machine.NotStored:
        """Append an entry to the journal."""
        of_staff = entry.kind in OF_STAFF
        append = self._journal.answer_command if of_staff else self._journal.append
        try:
            area = area_of_code(self._site().area.area, leaving=entry.leaving)
            return machine.Stored(entry.uuid, append(entry, area, awaits_strike=entry.granted))
        except AlreadyGranted:
            # Another door of the area has granted this code since `find_grants`: the index decides.
            return machine.NotStored(entry.uuid, Reason.REPLAYED)
        except AlreadyAnswered:
            return machine.NotStored(entry.uuid, None)
        except JournalFull:
            return machine.NotStored(entry.uuid, Reason.JOURNAL_FULL)

    def strike(self, entry: str) -> machine.Struck | machine.NotStruck:
        """Pulse the output for the entry with this uuid."""
        waited = self._clock.monotonic() - self._begun_at
        # Staff may have shut the door while the disk was slow.
        if self.is_shut or waited > PATIENCE_SECONDS:
            return machine.NotStruck(entry)
        try:
            until = self._pulse(max(self._site().strike_ms, self._least_ms), let_in=True)
        except StrikeFault:
            return machine.NotStruck(entry)
        return machine.Struck(entry, until)

    def _pulse(self, ms: int, *, let_in: bool) -> float:
        """Open the lock for that many ms at least; return until when (monotonic seconds).

        Raises:
            StrikeFault: the board has not confirmed it.
        """
        if not self.works:
            raise StrikeFault("set aside: it does not answer")
        # From before the pulse: a green light must not outlast it.
        at = self._clock.monotonic()
        # A pulse begins anew: a shorter one would shut the door to the person let in before.
        ms = max(ms, int((self._open_until - at) * 1000) if self._open_until > at else 0)
        until = at + ms / 1000
        try:
            self._output.strike(ms)
        finally:
            # After it: a `cut` on its way meanwhile would take a pulse for over that follows it.
            self._open_until = max(until, self._open_until)
            if self.interlock is not None:
                self.interlock.hold(self.door, until)
        self.on_opened(ms, let_in)
        return until

    @property
    def is_shut(self) -> bool:
        """Whether staff have shut the door; a way out never is: nobody is kept in."""
        site = self._site()
        return site.state in SHUT and site.direction != "out"

    @property
    def works(self) -> bool:
        """Whether a pulse is worth a try."""
        return self._output.works

    @property
    def may_be_open(self) -> bool:
        """Whether a pulse may hold the lock open."""
        return self._clock.monotonic() < self._open_until

    def cut(self, lock: Lock) -> bool:
        """End the pulse now; False: it was not confirmed, and the pulse ends by itself."""
        until, self._open_until = self._open_until, float("-inf")
        if not lock.cut():
            self._open_until = max(until, self._open_until)
            return False
        if self.interlock is not None:
            self.interlock.relocked(self.door)
        return True

    def release(self) -> float | None:
        """Pulse the output of a door that is released; return its end (monotonic seconds).

        None: the board has not confirmed it. The entry that tells of the release is on disk.
        """
        with self._lock:
            # Staff may have shut the door while the disk was slow.
            if self.is_shut:
                return None
            try:
                self._released_until = self._pulse(RELEASE_MS, let_in=False)
            except StrikeFault:
                return None
            return self._released_until

    def end_release(self) -> None:
        """Let the lock be cut again when somebody goes in."""
        self._released_until = float("-inf")

    @property
    def is_released(self) -> bool:
        """Whether the door is open to everybody."""
        return self._clock.monotonic() < self._released_until

    def withdraw(self, granted: Entry, seq: int) -> machine.Withdrawn:
        """Store that the strike for a grant failed, and let its code open again."""
        ref = granted.ref if granted.kind in OF_STAFF else granted.uuid
        self._journal.withdraw(self.event("relay_fault", ref), self._site().area.area, seq)
        return machine.Withdrawn(granted.uuid)

    def withdraw_unused(self, grant: Grant) -> None:
        """Store that nobody went in by a grant, and let its person and its code in again."""
        entry = grant.entry
        ref = entry.ref if entry.kind in OF_STAFF else entry.uuid
        self._journal.withdraw(self.event("not_opened", ref), self._site().area.area, grant.seq)
        self._journal.appended.set()

    @property
    def site(self) -> DoorSite:
        """The door's configuration as it is now."""
        return self._site()

    @property
    def door(self) -> str:
        """The door's UUID at the server."""
        return self._site().door

    def event(self, kind: str, ref: str | None) -> Entry:
        return Entry(
            seq=0,
            uuid=str(uuid.uuid4()),
            door=self._site().door,
            kind=kind,
            occurred_at=now_ms(self._clock),
            granted=False,
            clock=self._clock.state(),
            ref=ref,
        )


def carry_out(runner: Runner, command: machine.Command | None) -> machine.Event:
    """Do what the machine commands; return what came of it."""
    match command:
        case machine.Store(entry):
            return runner.store(entry)
        case machine.Strike(entry):
            return runner.strike(entry)
        case machine.Withdraw(entry, seq):
            return runner.withdraw(entry, seq)
        case _:
            raise RuntimeError("the door waits for nothing")


def now_ms(clock: Clock) -> int:
    """The time of an entry, UTC milliseconds."""
    return max(0, int(clock.now() * 1000))
