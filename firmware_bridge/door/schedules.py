"""A door that is open to everybody for a time: released, by the schedule that the server sends.

Theory of operation. Released is no state of the hardware: it is a chain of pulses that the board
ends by itself, each one sent before the last is over.

    SHUT ─ due, and the entry `released` is on disk ─▶ RELEASED ─ a pulse every 3 s
      ▲                                                  │
      └────── no longer due: no more pulses, `release_ended` ──────┘

1. A bridge that stops, hangs or loses its power shuts the door within the 6 s of a pulse.
2. What is not certain releases nothing: a clock that nobody set, a schedule of a server that has
   not been heard of for too long, a door that staff have shut, a fire alarm.
3. The locks of a building on fire are released by the fire panel's own contact, never here.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from firmware_bridge.clock import Clock
from firmware_bridge.devices.pulse_ends import LONGEST_MS
from firmware_bridge.door.runner import RELEASE_MS, Lock, Runner
from firmware_bridge.events import Event
from firmware_bridge.wire.messages.changes import FRESH_SECONDS, SENSITIVE_FRESH_SECONDS
from firmware_bridge.wire.messages.site import Door, Release

# Twice in the time of a pulse, so that one that is late or lost does not shut the door.
EVERY_SECONDS: Final = 3.0
# After a start a contact shows with the second reading whether its door stands open.
CONTACT_SECONDS: Final = 1.0


@dataclass(frozen=True, slots=True)
class Moment:
    """What decides beside the schedule. Times are UTC seconds.

    `fire`: there is one; None: the panel has not been heard yet. `heard_at`: when the server last
    answered, if ever. `came_in_at`: when somebody last came in at the door, if ever.
    """

    now: float
    clock_set: bool
    fire: bool | None
    heard_at: float | None
    came_in_at: float | None


def due(door: Door, at: Moment) -> Release | None:
    """Return what releases the door at this moment; None: nothing does."""
    fresh = SENSITIVE_FRESH_SECONDS if door.area.sensitive else FRESH_SECONDS
    if (
        door.state != "normal"
        or at.fire is not False
        or not at.clock_set
        or at.heard_at is None
        or at.now - at.heard_at > fresh
    ):
        return None
    return next((one for one in door.releases if _holds(one, at)), None)


def _holds(release: Release, at: Moment) -> bool:
    if not release.start <= at.now < release.end:
        return False
    first_is_in = at.came_in_at is not None and release.start <= at.came_in_at <= at.now
    return first_is_in or not release.first_person


class Act(Enum):
    """What a look at the door leads to."""

    BEGIN = auto()
    PULSE = auto()
    END = auto()


class Releasing:
    """Whether one door is released, between two looks. Times are monotonic seconds."""

    def __init__(self) -> None:
        self.on = False
        self._next = float("-inf")

    def look(self, *, is_due: bool, at: float) -> Act | None:
        """Return what is to be done now."""
        if self.on and not is_due:
            self.on = False
            return Act.END
        # The pause also bounds the entries of a door that is due and not due in turns.
        if not is_due or at < self._next:
            return None
        self._next = at + EVERY_SECONDS
        return Act.PULSE if self.on else Act.BEGIN

    def begun(self) -> None:
        """The entry that tells of it is on disk: from now on the door may be pulsed."""
        self.on = True


class Schedule:
    """Releases one door when it is due. `look` is for the thread of the door's board alone.

    It also ends the pulse of a door that staff have shut, whoever it was meant for, and at the
    start one from before it, where another door may open only once that is over.

    `moment` is called at each look. `freed` is told until when (monotonic seconds) nobody who opens
    the door forces it, or holds it open; `relocked`, that a pulse was ended before its time.
    """

    def __init__(
        self,
        runner: Runner,
        clock: Clock,
        lock: Lock,
        moment: Callable[[], Moment],
        report: Callable[[Event], None],
        freed: Callable[[float], None] = lambda until: None,
        relocked: Callable[[], None] = lambda: None,
    ) -> None:
        self._runner, self._clock, self._lock, self._moment = runner, clock, lock, moment
        self._report, self._freed, self._relocked = report, freed, relocked
        self._releasing = Releasing()
        # A strike from before the start may hold, of which nothing here knows.
        self._unsure_until = clock.monotonic() + LONGEST_MS / 1000
        self._has_looked = False
        # At once: the schedule of another door may be looked at before this one. Behind a board
        # that stays silent the other door waits for this minute, once.
        if runner.interlock is not None:
            runner.interlock.hold(runner.door, self._unsure_until)

    def look(self, _told_until: float) -> None:
        """Begin, go on with or end what the schedule says."""
        moment, door, at = self._moment(), self._runner.site, self._clock.monotonic()
        if moment.fire:
            # The panel has released the lock: who goes out now has forced nothing.
            self._freed(at + RELEASE_MS / 1000)
        # At each look until it is confirmed: a frame may be lost, and a strike may last a minute.
        # A box that has never heard of its doors has opened none.
        if self._runner.is_shut and moment.heard_at is not None:
            self._shut()
        self._make_sure(at)
        # A board that does not answer opens nothing, and so reserves no way.
        is_due = due(door, moment) is not None and (not self._runner.works or self._runner.claim())
        match self._releasing.look(is_due=is_due, at=at):
            case Act.BEGIN if self._runner.note("released"):
                self._releasing.begun()
                # The disk may have taken longer than the release lasts.
                if due(self._runner.site, self._moment()) is not None:
                    self._pulse()
                self._tell(on=True)
            case Act.PULSE:
                self._pulse()
            case Act.END:
                self._end(shut=door.state != "normal" and door.direction != "out")

    def _pulse(self) -> None:
        until = self._runner.release()
        if until is not None:
            self._freed(until)

    def _end(self, *, shut: bool) -> None:
        self._runner.end_release()
        # Else the last pulse ends by itself: somebody may just be going in.
        if shut:
            self._shut()
        self._runner.note("release_ended")
        self._tell(on=False)

    def _shut(self) -> None:
        unsure = self._clock.monotonic() < self._unsure_until
        if (unsure or self._runner.may_be_open) and self._runner.cut(self._lock):
            self._unsure_until = float("-inf")
            self._relocked()

    def _make_sure(self, at: float) -> None:
        """End a pulse from before the start: another door of the airlock waits for it."""
        runner, has_looked, self._has_looked = self._runner, self._has_looked, True
        if runner.interlock is None:
            return
        if not has_looked:
            runner.interlock.hold(runner.door, at + CONTACT_SECONDS)
            return
        # Not one of this door's own: a board that was silent at the start may be back only now.
        unsure = at < self._unsure_until and not runner.may_be_open
        if unsure and runner.works and runner.cut(self._lock):
            self._unsure_until = float("-inf")

    def _tell(self, *, on: bool) -> None:
        self._report({"event": "released", "door": self._runner.door, "on": on})
