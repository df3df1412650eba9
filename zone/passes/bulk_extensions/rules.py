"""Which passes lost days, and how many. Pure."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from zone.passes.passes.life import A_DAY, Days, Life, length

OUTCOMES: Final = ("extended", "skipped")
"""`skipped`: something had ended the pass before the job came to it."""


@dataclass(frozen=True, slots=True)
class ExtensionRequest:
    """The days that were lost, both included; of a campus, of a product, or of all passes."""

    first_day: date
    last_day: date
    reason: str
    campus: str | None = None
    product: str | None = None

    @property
    def window(self) -> Days:
        return self.first_day, self.last_day


def lost_days(life: Life, window: Days, given_back: Collection[Days] = ()) -> int:
    """Return on how many days of the window a pass would have given its rights.

    `given_back`: days for which other extensions have made up already.
    """
    # Each gets what it lost: a pass that began on the last day of five has lost one.
    days = (window[0] + number * A_DAY for number in range(length(window)))
    return sum(life.gives_on(day) and not _within(day, given_back) for day in days)


def _within(day: date, spans: Collection[Days]) -> bool:
    return any(first <= day <= last for first, last in spans)
