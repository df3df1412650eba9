"""When a pass may be paused and resumed. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from zone.core.errors import DomainError
from zone.passes.pass_rules.rules import PassRules
from zone.passes.passes.life import A_DAY, Days, Life, length
from zone.passes.pauses.errors import (
    NOT_PAUSED,
    PAUSE_BY_STAFF,
    PAUSE_LENGTH,
    PAUSE_OUTSIDE,
    PAUSE_TOO_SOON,
    PAUSES_OVERLAP,
    TOO_MANY_PAUSES,
)


@dataclass(frozen=True, slots=True)
class PauseRequest:
    """The days to be paused, both included, and the kind of reason, one of `PAUSE_CAUSES`."""

    first_day: date
    last_day: date
    cause: str = "own_wish"

    @property
    def days(self) -> Days:
        return self.first_day, self.last_day


def check_pause(
    life: Life, asked: PauseRequest, rules: PassRules, today: date, *, by_staff: bool
) -> None:
    """Check that a live pass may be paused as asked.

    Staff may for anybody, from today on, and more often than the rule: an illness comes unasked.

    Raises:
        DomainError: pause_by_staff, pause_too_soon, pause_outside, pause_length, pauses_overlap,
            too_many_pauses.
    """
    if not (rules.holder_pauses or by_staff):
        raise DomainError(PAUSE_BY_STAFF)
    earliest = today if by_staff else today + timedelta(days=rules.pause_ahead)
    if asked.first_day < earliest:
        raise DomainError(PAUSE_TOO_SOON, params={"day": earliest})
    if not life.starts_on <= asked.first_day <= life.ends_on:
        span = {"first": life.starts_on, "last": life.ends_on}
        raise DomainError(PAUSE_OUTSIDE, params=span)
    if not rules.pause_shortest <= length(asked.days) <= rules.pause_longest:
        numbers = {"shortest": rules.pause_shortest, "longest": rules.pause_longest}
        raise DomainError(PAUSE_LENGTH, params=numbers)
    if any(asked.first_day <= last and first <= asked.last_day for first, last in life.pauses):
        raise DomainError(PAUSES_OVERLAP)
    if len(life.pauses) >= rules.pauses_most and not by_staff:
        raise DomainError(TOO_MANY_PAUSES, params={"most": rules.pauses_most})


def paused_until_now(pauses: Iterable[Days], today: date) -> Days:
    """Return the pause that is resumed today, as it was: its first day, and its last past one.

    The present pause goes before the next one. A pause that has not begun is called off: its last
    day is then the day before its first.

    Raises:
        DomainError: not_paused.
    """
    pause = min((pause for pause in pauses if pause[1] >= today), default=None)
    if pause is None:
        raise DomainError(NOT_PAUSED)
    return pause[0], max(today, pause[0]) - A_DAY
