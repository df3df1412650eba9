"""The JSON of the booking policy."""

from marshmallow import Schema, validate

from zone.web.fields import Integer


def _number(least: int, most: int, meaning: str) -> Integer:
    return Integer(
        required=True, validate=validate.Range(least, most), metadata={"description": meaning}
    )


class PolicyRequest(Schema):
    """All numbers, with the version as it was read."""

    version = Integer(
        required=True,
        validate=validate.Range(1, 2**31 - 1),
        metadata={"description": "As it was read"},
    )
    opens_days = _number(1, 365, "Days ahead that can be booked")
    closes_minutes = _number(0, 10080, "Minutes before the start at which booking ends")
    bookable_percent = _number(
        1, 100, "Share of places that can be booked; the others are for drop-in"
    )
    open_bookings = _number(1, 1000, "Bookings to come, a person")
    cancel_minutes = _number(
        0, 10080, "Minutes before the start until which one may cancel, and queues promote"
    )
    no_shows = _number(1, 100, "So many marks pause booking ahead")
    suspension_days = _number(0, 365, "Days for which it is paused")
    # Left out by programs that do not know them: a change keeps what is stored.
    promote_minutes = Integer(
        validate=validate.Range(0, 10080),
        metadata={
            "description": "Minutes before the limit of cancelling at which queues stop to book "
            "places by themselves, and make offers instead"
        },
    )
    offer_minutes = Integer(
        validate=validate.Range(5, 1440), metadata={"description": "Minutes that an offer lasts"}
    )
    expand_days = _number(7, 365, "Days ahead for which weekly classes are made")
    queue_places = _number(0, 100, "Queues that a person may wait in")
    remind_hours = _number(0, 336, "Hours before the start at which a mail reminds; 0: none")
    space_step_minutes = _number(5, 1440, "Spaces start on every so many minutes of the clock")
    space_least_minutes = _number(5, 1440, "The shortest booking of a space")
    space_most_minutes = _number(5, 1440, "The longest booking of a space")
    space_before_minutes = _number(0, 120, "Minutes that a space is held before")
    space_after_minutes = _number(0, 120, "Minutes that a space is held after")
    space_open_bookings = _number(1, 100, "Bookings of spaces to come, a person")
    space_week_bookings = _number(1, 100, "Bookings of spaces in a week, a person")


class PolicySchema(PolicyRequest):
    """The numbers in force."""
