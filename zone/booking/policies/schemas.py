"""The JSON of the booking policy, and the form of a scope."""

from typing import Any, Final

from marshmallow import Schema, validate
from marshmallow.fields import Dict, Nested

from zone.booking.policies.resolution import AFFILIATED, NAMES, NUMBERS
from zone.core.time import EARLIEST, LATEST
from zone.web.fields import UUID, AwareDateTime, Date, Integer, List, String
from zone.web.schemas import ListSchema, NamesSchema

_day = validate.Range(EARLIEST.date(), LATEST.date())
LATER: Final = frozenset({"promote_minutes", "offer_minutes", "marks_percent"})
"""Left out by programs that do not know them: a change keeps what is stored."""

MEANINGS: Final = {
    "opens_days": "Days ahead that can be booked",
    "closes_minutes": "Minutes before the start at which booking ends",
    "bookable_percent": "Share of places that can be booked; the others are for drop-in",
    "open_bookings": "Bookings to come, a person: with so many, none more can be made",
    "cancel_minutes": "Minutes before the start until which one may cancel",
    "marks_percent": "Share of booked places from which a place that is not used is a mark, also "
    "where nobody waited; 0: never",
    "no_shows": "So many marks pause booking ahead",
    "suspension_days": "Days for which it is paused",
    "expand_days": "Days ahead for which weekly classes are made",
    "space_step_minutes": "Spaces start on every so many minutes of the clock",
    "space_most_minutes": "The longest booking of a space",
    "queue_places": "Queues that a person may wait in",
    "promote_minutes": "Minutes before the limit of cancelling at which queues stop to book places "
    "by themselves, and make offers instead",
    "offer_minutes": "Minutes that an offer lasts",
    "remind_hours": "Hours before the start at which a mail reminds; 0: none",
    "space_least_minutes": "The shortest booking of a space",
    "space_before_minutes": "Minutes that a space is held before",
    "space_after_minutes": "Minutes that a space is held after",
    "space_open_bookings": "Bookings of spaces to come, a person",
    "space_week_bookings": "Bookings of spaces in a week, a person",
}


def _number(name: str, **options: Any) -> Integer:
    number = NUMBERS[name]
    return Integer(
        validate=validate.Range(number.least, number.most),
        metadata={"description": MEANINGS[name]},
        **options,
    )


_REQUIRED: Any = Schema.from_dict(
    {name: _number(name, required=name not in LATER) for name in NAMES}, name="AllNumbers"
)
_OWN: Any = Schema.from_dict(
    {name: _number(name, allow_none=True) for name in NAMES}, name="OwnNumbers"
)
_version = Integer(
    required=True,
    validate=validate.Range(1, 2**31 - 1),
    metadata={"description": "As it was read"},
)


class PolicyRequest(_REQUIRED):  # type: ignore[misc]  # its fields are those of the table
    """All numbers, with the version as it was read."""

    version = _version


class PolicySchema(PolicyRequest):
    """The numbers in force."""


class PolicyQuery(Schema):
    """For what, for whom and when: for everything, everybody and now where nothing is said."""

    activity = UUID(load_default=None)
    affiliated_as = String(load_default=None, validate=validate.OneOf(AFFILIATED))
    on = Date(load_default=None, validate=_day, metadata={"description": "From the day's start on"})


class ScopeRequest(_OWN):  # type: ignore[misc]  # its fields are those of the table
    """Numbers of an activity, a group of people, or everything; null: as what is wider has it.

    Those that are left out stay. Only what is about a place differs by activity, and what is about
    a person by group.
    """

    activity = UUID(load_default=None, allow_none=True)
    affiliated_as = String(
        load_default=None, allow_none=True, validate=validate.OneOf(AFFILIATED), example="staff"
    )
    from_day = Date(
        load_default=None,
        allow_none=True,
        validate=_day,
        metadata={"description": "From that day on; null: from now on"},
    )
    version = _version


class PlannedSchema(Schema):
    """Numbers that change later; null: as what is wider has it then."""

    begins_at = AwareDateTime()
    numbers = Dict(keys=String(), values=Integer(allow_none=True))


class ScopeSchema(Schema):
    """The own numbers of an activity, a group of people or everything, and what is planned."""

    activity = UUID(allow_none=True)
    name = Nested(NamesSchema, allow_none=True)
    affiliated_as = String(allow_none=True, example="staff")
    numbers = Dict(keys=String(), values=Integer(allow_none=True))
    planned = List(Nested(PlannedSchema))
    version = Integer()


class ScopesSchema(ListSchema):
    """Everything first, then each activity and group that has numbers of its own."""

    policies = List(Nested(ScopeSchema))


class PolicyForm(_OWN):  # type: ignore[misc]  # its fields are those of the table
    """The form of a scope: an empty number is that of what is wider."""

    from_day = Date(load_default=None, validate=_day)
    version = _version
