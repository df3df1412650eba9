"""The JSON of what closing a day affects, and the form of a day."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.places.opening_hours.schemas import NewDaysSchema, WeekdaysSchema
from zone.web.fields import UUID, AwareDateTime, Boolean, Integer, List, String
from zone.web.schemas import NamesSchema


class HitSchema(Schema):
    """A session, or a space that somebody booked (`own_use`), which falls outside of the hours."""

    session = UUID()
    kind = String(example="class")
    name = Nested(NamesSchema)
    space = Nested(NamesSchema)
    starts_at = AwareDateTime(example="2026-09-22T14:30:00+00:00")
    ends_at = AwareDateTime(example="2026-09-22T15:25:00+00:00")
    booked = Integer(metadata={"description": "How many had booked it."})


class HitsSchema(Schema):
    """What stands outside of the hours that hold now; it was not called off."""

    hits = List(Nested(HitSchema), required=True)


class HoursSetSchema(WeekdaysSchema, HitsSchema):
    """The hours that the weekdays have now, and what stands outside of them."""


class DaySetSchema(NewDaysSchema):
    """The hours that the day has now, or all days up to `until`, what falls outside, and whether it
    was called off.
    """

    hits = List(Nested(HitSchema))
    cancelled = Boolean()


class DayForm(NewDaysSchema):
    """The form of a day, with the answer to what happens to sessions outside the hours."""

    campuses = List(String(validate=validate.Length(1, 60)), required=True)
    confirm = String(load_default=None, validate=validate.OneOf(["keep", "cancel"]))
