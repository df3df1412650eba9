"""The contact and the exit button of one door: what they show is stored, reported and acted on."""

import threading
from collections.abc import Callable, Iterable, Mapping
from typing import Final, Protocol

from firmware_bridge.clock import Clock
from firmware_bridge.door.budget import RowBudget
from firmware_bridge.door.passage import Fact, Grant, Kind, Passage
from firmware_bridge.door.runner import Runner
from firmware_bridge.events import Event
from firmware_bridge.sync.loops import Report
from firmware_bridge.wire.access_events import DOOR_ALARMS, NO_ENTRY_AFTER_GRANTED

# What is no entry: a door that is used makes thousands of them a day.
_ONLY_REPORTED: Final[tuple[Kind, ...]] = ("opened", "closed")


# What other systems know it by.
_NUMBERS: Final[Mapping[str, Event]] = {
    "not_opened": {"access_event": NO_ENTRY_AFTER_GRANTED},
    **{kind: {"door_alarm": number} for kind, number in DOOR_ALARMS.items()},
}


class Lock(Protocol):
    """What holds the door shut, but for its pulse."""

    def cut(self) -> bool:
        """End the pulse now; False: it was not confirmed, and the pulse ends by itself."""


class Doorway:
    """One door with a contact; from any thread.

    `set_held` begins or ends the alarm of a door that is held open; `forget` lets the key of a
    grant that nobody used be judged anew.
    """

    def __init__(
        self,
        runner: Runner,
        clock: Clock,
        lock: Lock,
        report: Report,
        set_held: Callable[[bool], None],
        forget: Callable[[bytes], None],
    ) -> None:
        self._runner, self._clock, self._output, self._report = runner, clock, lock, report
        self._set_held, self._forget = set_held, forget
        self._passage = Passage()
        self._lock = threading.Lock()
        self._budget = RowBudget(clock.monotonic())
        self._told_until = clock.monotonic()

    def struck(self, grant: Grant) -> None:
        """The lock has opened for a grant."""
        with self._lock:
            self._passage.struck(grant)

    def contact_moved(self, is_open: bool | None) -> None:
        """The contact shows open or closed; None: its board does not answer any more."""
        with self._lock:
            # It may have moved at any time since then: who opened in time has forced nothing.
            at = self._told_until
            facts = self._passage.lost() if is_open is None else self._passage.moved(is_open, at)
        self._carry_out(facts)

    def exit_moved(self, pressed: bool | None) -> None:
        """The exit button is pressed, or let go."""
        if pressed:
            with self._lock:
                facts = self._passage.exit_pressed(self._clock.monotonic())
            self._carry_out(facts)

    def tick(self, told_until: float) -> None:
        """Look for what has become a fact by the time alone.

        `told_until`: what the contact showed until then has been passed on (monotonic seconds).
        """
        with self._lock:
            # Not the time that it is now: a slow disk or board may have kept the contact unread, and
            # somebody who went in meanwhile would count as not come.
            self._told_until = told_until
            facts = self._passage.tick(told_until)
        self._carry_out(facts)

    def _carry_out(self, facts: Iterable[Fact]) -> None:
        for fact in facts:
            if fact.kind == "opened":
                # The lock holds again as soon as the door falls shut: nobody slips in behind.
                self._output.cut()
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

    def _store(self, fact: Fact) -> None:
        if fact.grant is not None:
            self._runner.withdraw_unused(fact.grant)
            if fact.grant.entry.kid is not None:
                self._forget(fact.grant.entry.kid)
        # A contact that flutters, or a button that somebody plays with, must not fill the journal.
        elif fact.kind not in _ONLY_REPORTED and self._budget.take(self._clock.monotonic()):
            self._runner.note(fact.kind)
