"""The JSON and the form by which a public holiday is planned."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.booking.closures.schemas import HitsSchema
from zone.booking.holiday_plans.rules import PLANS
from zone.places.holidays.schemas import CampusPlanSchema
from zone.places.opening_hours.schemas import CLOCK, LONGEST_REASON, ReasonsSchema
from zone.web.fields import Boolean, Date, List, String, Time


class HolidayPlanSchema(Schema):
    """`closed`, `normal` for the ordinary hours, or `hours` with both times.

    Without a reason it is the name of the holiday.
    """

    plan = String(required=True, validate=validate.OneOf(PLANS), example="hours")
    opens = Time(
        format="%H:%M", load_default=None, allow_none=True, validate=CLOCK, example="10:00"
    )
    closes = Time(
        format="%H:%M", load_default=None, allow_none=True, validate=CLOCK, example="15:00"
    )
    reason = String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, LONGEST_REASON),
        example="Christmas Eve",
    )
    reasons = Nested(ReasonsSchema)


class HolidayPlanRequest(HolidayPlanSchema):
    """`cancel`: call off what falls outside and tell who booked. `replace`: other hours that the
    day has already. `preview`: change nothing, and tell what it would affect.
    """

    cancel = Boolean(load_default=False)
    replace = Boolean(load_default=False)
    preview = Boolean(load_default=False)


class HolidayPlannedSchema(CampusPlanSchema, HitsSchema):
    """How the campus plans the holiday now, and what stands or would stand outside of its hours."""

    day = Date(example="2026-12-24")
    cancelled = Boolean()


class HolidayPlanForm(HolidayPlanSchema):
    """The form of a plan, with the answer to what happens to sessions outside the hours."""

    campuses = List(String(validate=validate.Length(1, 60)), required=True)
    confirm = String(load_default=None, validate=validate.OneOf(["keep", "cancel"]))
