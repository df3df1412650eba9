"""The JSON of public holidays and their plans."""

from typing import Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.places.calendar.schemas import HolidayNamesSchema
from zone.places.opening_hours.schemas import HoursSchema
from zone.web.fields import Boolean, Date, Integer, List, String
from zone.web.schemas import ListSchema

STATES: Final = ("closed", "hours", "normal", "shut", "unplanned")


class HolidaysQuery(Schema):
    """Of which year; without it of the present one."""

    year = Integer(
        load_default=None,
        validate=validate.Range(EARLIEST.year, LATEST.year - 1),
        example=2026,
    )


class CampusPlanSchema(Schema):
    """How a campus plans a holiday, and its hours then.

    `shut`: its ordinary week has no hours that day, so there is nothing to plan.
    """

    campus = String(example="myyrmaki")
    state = String(validate=validate.OneOf(STATES), example="closed")
    hours = List(Nested(HoursSchema))
    reasons = Nested(HolidayNamesSchema, allow_none=True)


class HolidaySchema(Schema):
    """A public holiday. `eve`: free by custom, not by law (Midsummer Eve, Christmas Eve)."""

    day = Date(example="2026-12-25")
    name = Nested(HolidayNamesSchema)
    eve = Boolean()
    plans = List(Nested(CampusPlanSchema))


class HolidaysSchema(ListSchema):
    """The public holidays of a year, in order."""

    holidays = List(Nested(HolidaySchema))
