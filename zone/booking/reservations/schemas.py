"""The JSON of spaces for own use. Instants are UTC; `day` is a Helsinki calendar day."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.web.fields import UUID, AwareDateTime, Date, Integer, List, String
from zone.web.schemas import ListSchema, NamesSchema

_minutes = validate.Range(5, 24 * 60)
_day = validate.Range(EARLIEST.date(), LATEST.date())


class CourtsQuery(Schema):
    """Which day (today), which campus (all), and for how long (any length)."""

    day = Date(load_default=None, validate=_day)
    campus = String(load_default="", validate=validate.Length(max=60), example="myllypuro")
    minutes = Integer(load_default=0, validate=_minutes, example=55)


class FreeSchema(Schema):
    """A start that can be booked now, and the longest booking from it, in minutes."""

    starts_at = AwareDateTime(example="2026-09-22T14:30:00+00:00")
    longest = Integer()


class CourtSchema(Schema):
    """A space for own use with its rules and its free starts on the day."""

    space = UUID()
    name = Nested(NamesSchema)
    campus = String(example="myllypuro")
    campus_name = String()
    step_minutes = Integer(
        metadata={"description": "A booking starts, and is as long as, a multiple of this."}
    )
    least_minutes = Integer()
    most_minutes = Integer()
    companions = Integer(metadata={"description": "How many others the booker may bring along."})
    free = List(Nested(FreeSchema))


class SlotSchema(Schema):
    """A space and a time that are free."""

    space = UUID()
    name = Nested(NamesSchema)
    campus = String(example="myllypuro")
    campus_name = String()
    starts_at = AwareDateTime(example="2026-09-22T14:30:00+00:00")
    ends_at = AwareDateTime(example="2026-09-22T15:25:00+00:00")


class CourtsSchema(ListSchema):
    """A day of all spaces for own use.

    Where nothing is free on it, `next_free` is the first that is later.
    """

    day = Date()
    courts = List(Nested(CourtSchema))
    next_free = Nested(SlotSchema, allow_none=True)


class CourtRequest(Schema):
    """Which space, from when and for how long; the booker answers for `companions`."""

    space = UUID(required=True)
    starts_at = AwareDateTime(
        required=True,
        validate=validate.Range(EARLIEST, LATEST),
        example="2026-09-22T14:30:00+00:00",
    )
    minutes = Integer(required=True, validate=_minutes, example=55)
    companions = Integer(load_default=0, validate=validate.Range(0, 99))
