"""The numbers of booking with their defaults. Pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Policy:
    """The rules of the field as numbers; the defaults are those of the service when nothing else is set.

    Expanded sessions reach `expand_days` ahead. A space for own use starts on every `space_step_minutes` of the wall
    clock and is booked for as many at a time, between `space_least_minutes` and `space_most_minutes`; it is also held
    for `space_before_minutes` and `space_after_minutes` around. A person has `space_open_bookings` of these to come at
    a time, and `space_week_bookings` in a week from Monday to Sunday. A person waits in `queue_places` queues at most,
    and is reminded of a booking `remind_hours` before the start, or never (0).
    """

    opens_days: int = 7
    closes_minutes: int = 30
    bookable_percent: int = 70
    open_bookings: int = 4
    cancel_minutes: int = 120
    no_shows: int = 2
    suspension_days: int = 14
    expand_days: int = 35
    space_step_minutes: int = 30
    space_most_minutes: int = 120
    queue_places: int = 5
    remind_hours: int = 24
    space_least_minutes: int = 30
    space_before_minutes: int = 0
    space_after_minutes: int = 0
    space_open_bookings: int = 2
    space_week_bookings: int = 3
