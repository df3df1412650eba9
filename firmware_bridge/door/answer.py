"""The answer of a door to one scan."""

from dataclasses import dataclass
from typing import Literal

from firmware_bridge.wire.decide import Decision


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided, and what came of it.

    `uuid` is that of the entry; None when a refusal was not stored: the disk is full, or junk has
    used up its rows. `until`: when the pulse ends that the board has confirmed (monotonic seconds);
    None where the door stays shut. `repeat`: the same key or text again. `left_out`: so many scans
    before this one were refused and not stored.
    """

    decision: Decision
    uuid: str | None
    until: float | None = None
    repeat: bool = False
    left_out: int = 0

    @property
    def opened(self) -> bool:
        """Whether the door has opened for this key."""
        return self.until is not None

    def light(self, at: float) -> Literal["green", "red", "off"]:
        """The light at the monotonic time `at`: green while the strike holds, off after it."""
        if self.until is None:
            return "red"
        return "green" if at < self.until else "off"
