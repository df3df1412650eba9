"""The lamps and buzzers of one door: which tells of what. Never waits; a lamp opens nothing."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from firmware_bridge.door.passage import Kind

Occasion = Literal["granted", "refused", "alarm"]

# What a contact shows that begins an alarm at the door, and what ends it. The warning of a door
# that is held open is meant for who holds it.
_BEGINS: Final[tuple[Kind, ...]] = ("forced_open", "held_open_warning", "held_open")
_ENDS: Final[tuple[Kind, ...]] = ("closed", "opened")


@dataclass(frozen=True, slots=True)
class Signal:
    """A lamp or buzzer: what it tells of, and how to close its output for some ms (0: open it).

    `ms`: for how long; 0: for as long as the strike holds.
    """

    on: Occasion
    ms: int
    light: Callable[[int], None]


class DoorSignals:
    """The lamps and buzzers of a door; from any thread. Times: monotonic seconds."""

    def __init__(self, signals: Sequence[Signal]) -> None:
        self._signals = signals
        self._alarm = False
        # Whether a red light may still be on.
        self._red = False
        # Signal → when it is to be told again.
        self._again: dict[Signal, float] = {}

    def opened(self, ms: int, let_in: bool = True) -> None:
        """The strike holds for so many ms; `let_in` False: for everybody, again and again."""
        # First, because one buzzer may tell of both.
        for signal in self._of("refused") if self._red else ():
            signal.light(0)
        self._red = False
        for signal in self._of("granted"):
            if let_in or not signal.ms:
                signal.light(signal.ms or ms)

    def refused(self) -> None:
        """Somebody was refused."""
        self._red = True
        for signal in self._of("refused"):
            signal.light(signal.ms)

    def relocked(self) -> None:
        """The lock holds again before the strike's time: no green light any more."""
        for signal in self._of("granted"):
            if not signal.ms:
                signal.light(0)

    def note_fact(self, kind: Kind) -> None:
        """Take in what the contact shows."""
        if kind in _BEGINS:
            self._alarm = True
        elif kind in _ENDS and self._alarm:
            self._alarm = False
            self._again.clear()
            for signal in self._of("alarm"):
                signal.light(0)

    def tick(self, at: float) -> None:
        """Tell again of an alarm that lasts."""
        for signal in self._of("alarm") if self._alarm else ():
            if at >= self._again.get(signal, at):
                self._again[signal] = at + signal.ms / 1000
                signal.light(signal.ms)

    def _of(self, occasion: Occasion) -> Sequence[Signal]:
        return [signal for signal in self._signals if signal.on == occasion]
