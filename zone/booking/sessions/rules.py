"""The details of a session, and how many of its places can be booked. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from zone.booking.activities.rules import KINDS, ActivityDetails, details_in

ARRIVE_BEFORE: Final = timedelta(minutes=30)
ARRIVE_AFTER: Final = timedelta(minutes=15)
"""An entry from 30 min before the start of a session to 15 min after it belongs to the session."""


def bookable_places(capacity: int, kind: str, percent: int) -> int:
    """Return how many of the places can be booked; at least one."""
    # Rounded down: people without a booking never have less than their share.
    return max(1, capacity * percent // 100) if KINDS[kind].is_shared else capacity


def fewest_places(booked: int, percent: int) -> int:
    """Return the smallest capacity of which `booked` places can be booked."""
    # Rounded up, as the inverse of a share that is rounded down: 7 booked of 70 % need 10 places.
    return -(-booked * 100 // percent)


@dataclass(frozen=True, slots=True, kw_only=True)
class ClassDetails(ActivityDetails):
    """The details of a session, without its time: those of its activity, and its own.

    Online sessions have no space; `bookable_percent` None: the policy's.
    """

    space_id: int | None
    capacity: int
    instructor_id: int | None = None
    live: bool = True
    bookable_percent: int | None = None

    @property
    def activity(self) -> ActivityDetails:
        """What it is, whenever and wherever it is held."""
        return ActivityDetails(**details_in(self))
