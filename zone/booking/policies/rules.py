"""The numbers of the booking policy with their defaults, and the times they give. Pure."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from zone.core.time import shift_days

TAKE_BACK: Final = timedelta(minutes=10)
"""Whoever books inside the limit of cancelling can take it back for so long, until the start."""


@dataclass(frozen=True)
class Policy:
    """The rules of booking as numbers. The defaults hold until the service sets its own."""

    # Days ahead that can be booked, and minutes before the start at which booking ends.
    opens_days: int = 7
    closes_minutes: int = 30
    # Share of the places that can be booked; the others are for people without a booking.
    bookable_percent: int = 70
    # Future bookings of one person.
    open_bookings: int = 4
    # Minutes before the start until which one may cancel without a mark.
    cancel_minutes: int = 120
    # Where nobody waited, a place that was not used is a mark from this share of booked places on;
    # 0: this gives no marks.
    marks_percent: int = 90
    # After every `no_shows` missed bookings of a term, booking ahead is suspended for so many days.
    no_shows: int = 2
    suspension_days: int = 14
    # Days ahead for which the sessions of weekly classes are created.
    expand_days: int = 35
    # A reservation of a space starts on a multiple of `space_step_minutes` of the wall clock, and
    # its length is one.
    space_step_minutes: int = 30
    space_most_minutes: int = 120
    # Waitlists that one person may be on.
    queue_places: int = 5
    # Minutes before the limit of cancelling at which the waitlist stops to book places by itself,
    # and how long an offer lasts that it makes then.
    promote_minutes: int = 60
    offer_minutes: int = 30
    # Hours before the start at which a mail reminds; 0: no reminder.
    remind_hours: int = 24
    space_least_minutes: int = 30
    # Minutes that a space is held before and after a reservation.
    space_before_minutes: int = 0
    space_after_minutes: int = 0
    # Reservations of one person: future ones, and in a week from Monday to Sunday.
    space_open_bookings: int = 2
    space_week_bookings: int = 3

    def opens_at(self, starts_at: datetime, days_earlier: int = 0) -> datetime:
        """Return when booking opens of what starts then: days of the wall clock before."""
        return shift_days(starts_at, -(self.opens_days + days_earlier))

    def closes_at(self, starts_at: datetime) -> datetime:
        """Return the last moment at which what starts then can be booked."""
        return starts_at - timedelta(minutes=self.closes_minutes)

    def cancel_until(
        self,
        starts_at: datetime,
        booked_at: datetime | None = None,
        promised: datetime | None = None,
    ) -> datetime:
        """Return until when a booking made at `booked_at` can be cancelled; None: long before.

        `promised` is what its person was told then: a later policy may only allow more.
        """
        limits = [starts_at - timedelta(minutes=self.cancel_minutes)]
        if booked_at is not None:
            limits.append(min(booked_at + TAKE_BACK, starts_at))
        if promised is not None:
            limits.append(promised)
        return max(limits)

    @property
    def is_possible(self) -> bool:
        """Whether anything can be booked: booking opens before it closes, and spaces have a length.

        Otherwise people would be told to come back later, for ever.
        """
        # An hour less: the clock may change in these days.
        opens = self.opens_days * 24 * 60 - 60 > self.closes_minutes
        longest = self.space_most_minutes // self.space_step_minutes * self.space_step_minutes
        return opens and longest >= self.space_least_minutes

    @property
    def take_back_minutes(self) -> int:
        """The minutes for which a booking made inside the limit can be taken back."""
        return TAKE_BACK // timedelta(minutes=1)
