"""The contact and the exit button of one door: what they show is stored, reported and acted on."""

import threading
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Final, Protocol

from firmware_bridge.clock import Clock
from firmware_bridge.door.budget import RowBudget
from firmware_bridge.door.passage import Fact, Grant, Kind, Passage
from firmware_bridge.door.runner import Lock, Runner
from firmware_bridge.door.signals import DoorSignals
from firmware_bridge.events import Event
from firmware_bridge.sync.loops import Report
from firmware_bridge.wire.access_events import DOOR_ALARMS, NO_ENTRY_AFTER_GRANTED
from firmware_bridge.wire.messages.entries import Entry

# What is no entry: a door that is used makes thousands of them a day.
_ONLY_REPORTED: Final[tuple[Kind, ...]] = ("opened", "closed")


# What other systems know it by.
_NUMBERS: Final[Mapping[str, Event]] = {
    "not_opened": {"access_event": NO_ENTRY_AFTER_GRANTED},
    **{kind: {"door_alarm": number} for kind, number in DOOR_ALARMS.items()},
}


class Answers(Protocol):
    """What the door says to a key that is shown again."""

    def forget(self, entry: Entry) -> None:
        """Do not repeat the answer to this grant: nobody went in by it."""

    def strike_ended(self) -> None:
        """Show green no longer: the lock holds again."""


class Doorway:
    """One door with a contact; from any thread.

    A grant is not uploaded before it is known whether somebody went in: the server would count a
    visit, and activate a pass. `set_held` begins or ends the alarm of a door that is held open.
    `sees_exits`: see `Passage`. `signals`: the lamps and buzzers that tell of an alarm.
    """

    def __init__(
        self,
        runner: Runner,
        clock: Clock,
        lock: Lock,
        report: Report,
        set_held: Callable[[bool], None],
        answers: Answers,
        *,
        sees_exits: bool = True,
        signals: DoorSignals | None = None,
    ) -> None:
        self._signals = signals or DoorSignals(())
        self._runner, self._clock, self._output, self._report = runner, clock, lock, report
        self._set_held, self._answers = set_held, answers
        self._passage = Passage(sees_exits=sees_exits)
        self._lock = threading.Lock()
        self._budget = RowBudget(clock.monotonic())
        self._told_until = clock.monotonic()

    def struck(self, grant: Grant) -> bool:
        """The lock has opened for a grant; return whether the door is still to be opened."""
        with self._lock:
            self._passage.struck(grant)
            return grant in self._passage.waiting

    def freed(self, until: float) -> None:
        """Nobody who opens the door until then (monotonic seconds) forces it, or holds it open."""
        with self._lock:
            self._passage.free(until)

    def contact_moved(self, is_open: bool | None) -> None:
        """The contact shows open or closed; None: its board does not answer any more."""
        # It may have moved at any time since then: who opened in time has forced nothing.
        at = self._told_until
        if self._runner.interlock is not None:
            self._runner.interlock.moved(self._runner.door, is_open)
        self._take_in(
            self._passage.lost if is_open is None else lambda: self._passage.moved(is_open, at)
        )

    def exit_moved(self, pressed: bool | None) -> None:
        """The exit button is pressed, or let go."""
        if pressed:
            self._take_in(lambda: self._passage.exit_pressed(self._clock.monotonic()))

    def tick(self, told_until: float) -> None:
        """Look for what has become a fact by the time alone.

        `told_until`: what the contact showed until then has been passed on (monotonic seconds).
        """
        # Not the time that it is now: a slow disk or board may have kept the contact unread, and
        # somebody who went in meanwhile would count as not come.
        self._told_until = told_until
        site = self._runner.site
        warning, alarm = site.held_warning_seconds, site.held_alarm_seconds
        self._take_in(lambda: self._passage.tick(told_until, warning, alarm))
        self._signals.tick(self._clock.monotonic())

    def _take_in(self, event: Callable[[], Sequence[Fact]]) -> None:
        with self._lock:
            before = self._passage.waiting
            facts = event()
            decided = [grant for grant in before if grant not in self._passage.waiting]
        self._carry_out(facts, decided)
        unused = [fact.grant for fact in facts]
        # After the `not_opened` is on disk, so that the server gets both together.
        for grant in decided:
            if grant not in unused:
                self._runner.came_in(grant.entry)
            self._runner.decide(grant.entry.uuid)

    def _carry_out(self, facts: Iterable[Fact], decided: Sequence[Grant]) -> None:
        for fact in facts:
            if fact.kind == "opened":
                self._relock(decided)
            self._signals.note_fact(fact.kind)
            self._store(fact)
            self._report(
                {
                    **_NUMBERS.get(fact.kind, {}),
                    "event": "doorway",
                    "door": self._runner.door,
                    "what": fact.kind,
                }
            )
        self._set_held(self._passage.held)

    def _relock(self, let_in: Sequence[Grant]) -> None:
        """End the pulse, so that the next person needs a grant of their own."""
        at = self._clock.monotonic()
        if self._runner.is_released:
            return
        # Of several who were let in one has opened: it must not fall shut before the others.
        if sum(grant.until > at for grant in let_in) <= 1 and self._runner.cut(self._output):
            self._answers.strike_ended()

    def _store(self, fact: Fact) -> None:
        if fact.grant is not None:
            self._runner.withdraw_unused(fact.grant)
            self._answers.forget(fact.grant.entry)
        # A contact that flutters, or a button that somebody plays with, must not fill the journal.
        elif fact.kind not in _ONLY_REPORTED and self._budget.take(self._clock.monotonic()):
            self._runner.note(fact.kind)
