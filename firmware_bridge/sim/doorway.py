"""A simulated door with a contact, an exit button, and people who go through it."""

from collections.abc import Callable
from threading import Timer
from typing import Final, Literal, get_args

from firmware_bridge.sim.relay import SimulatedRelay

STRIKE: Final = 0
"""The coil of the lock; the others are lamps."""
CONTACT: Final = 0
"""The input of the contact; its circuit is closed while the door is shut."""
BUTTON: Final = 1
COMES_AFTER: Final = 0.4
STANDS_OPEN: Final = 1.2
PRESSED_FOR: Final = 0.5

# What people do after a strike: they go in, stay outside, or go in and leave the door open.
Habit = Literal["go_in", "stay_out", "leave_open"]
# What somebody does once: break the door open, go out by the exit button, or shut the door.
Act = Literal["force", "go_out", "shut"]


class SimulatedDoorway:
    """The door of a simulated board. `moved` is told whether it is open."""

    def __init__(
        self, relay: SimulatedRelay, moved: Callable[[bool], object] = lambda is_open: None
    ) -> None:
        self._relay, self._moved = relay, moved
        self._habit: Habit = "go_in"
        self.shut()

    def struck(self) -> None:
        """The lock has opened: somebody goes in, or not."""
        if self._habit != "stay_out":
            self._later(COMES_AFTER, self._go_through)

    def set_habit(self, name: str) -> None:
        """Choose what people do from now on."""
        habits: tuple[Habit, ...] = get_args(Habit)
        self._habit = habits[habits.index(name)]

    def act(self, name: str) -> None:
        """Let somebody do something once."""
        acts: tuple[Act, ...] = get_args(Act)
        act = acts[acts.index(name)]
        if act == "shut":
            self.shut()
        elif act == "force":
            self._go_through()
        else:
            self._relay.closed_inputs.add(BUTTON)
            self._later(PRESSED_FOR, self._go_through)
            self._later(PRESSED_FOR, lambda: self._relay.closed_inputs.discard(BUTTON))

    def shut(self) -> None:
        """Shut the door."""
        self._relay.closed_inputs.add(CONTACT)
        self._moved(False)

    def _go_through(self) -> None:
        self._relay.closed_inputs.discard(CONTACT)
        self._moved(True)
        if self._habit != "leave_open":
            self._later(STANDS_OPEN, self.shut)

    def _later(self, seconds: float, do: Callable[[], object]) -> None:
        timer = Timer(seconds, do)
        timer.daemon = True
        timer.start()
