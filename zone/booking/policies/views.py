"""The booking policy as managers read it. Pure."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from zone.booking.policies.resolution import PolicyScope
from zone.booking.policies.rules import Policy
from zone.core.i18n import translatable

LABELS: Final[Mapping[str, Mapping[str, str]]] = {
    translatable("Booking"): {
        "opens_days": translatable("Days ahead that can be booked"),
        "closes_minutes": translatable("Booking ends so many minutes before the start"),
        "open_bookings": translatable("Upcoming bookings of one person"),
        "bookable_percent": translatable("Percent of the places that can be booked"),
    },
    translatable("Cancelling and missing"): {
        "cancel_minutes": translatable("Cancelling is free until so many minutes before the start"),
        "marks_percent": translatable("Percent booked from which a missed place is a mark"),
        "no_shows": translatable("Marks that pause booking ahead"),
        "suspension_days": translatable("Days for which it is paused"),
    },
    translatable("Queue"): {
        "queue_places": translatable("Queues that one person may wait in"),
        "promote_minutes": translatable(
            "Places are booked for those who wait until so many minutes before the limit of "
            "cancelling"
        ),
        "offer_minutes": translatable("Minutes that an offer lasts"),
    },
    translatable("Courts"): {
        "space_open_bookings": translatable("Upcoming court bookings of one person"),
        "space_week_bookings": translatable("Court bookings of one person in a week"),
        "space_step_minutes": translatable("Courts start every so many minutes"),
        "space_least_minutes": translatable("Shortest court booking, minutes"),
        "space_most_minutes": translatable("Longest court booking, minutes"),
        "space_before_minutes": translatable("Minutes that a court is kept free before a booking"),
        "space_after_minutes": translatable("Minutes that a court is kept free after a booking"),
    },
    translatable("Planning and reminders"): {
        "expand_days": translatable("Days ahead for which weekly classes are made"),
        "remind_hours": translatable("Hours before the start at which a mail reminds"),
    },
}
"""The numbers by what they are about, as people call them."""

NONE_AT_ZERO: Final[Mapping[str, str]] = {
    "marks_percent": translatable("0: missing it never gives a mark."),
    "remind_hours": translatable("0: no reminder."),
}


@dataclass(frozen=True, slots=True)
class PlannedNumbers:
    """Numbers that change at a time; None: from then on as the wider scope has it."""

    begins_at: datetime
    numbers: Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class ScopeView:
    """A scope as managers read it: its own numbers and those that are planned.

    `usual`: what holds where it has no number of its own.

    `activity` and `name` are None where it is not about an activity.
    """

    scope: PolicyScope
    activity: uuid.UUID | None
    name: Mapping[str, str] | None
    numbers: Mapping[str, int | None]
    usual: Policy
    planned: Sequence[PlannedNumbers] = ()
    version: int = 1

    @property
    def affiliated_as(self) -> str | None:
        return self.scope.affiliated_as

    @property
    def own(self) -> dict[str, int]:
        """The numbers that it has itself."""
        return {name: value for name, value in self.numbers.items() if value is not None}

    @property
    def is_empty(self) -> bool:
        """Whether nothing differs, now or later."""
        return not self.own and not self.planned

    def differs_in(self, name: str) -> bool:
        """Whether a number is its own, now or later."""
        return name in self.own or any(name in change.numbers for change in self.planned)

    def value(self, name: str) -> int:
        """Return a number as it holds for the scope."""
        own = self.numbers.get(name)
        usual: int = getattr(self.usual, name)
        return usual if own is None else own
