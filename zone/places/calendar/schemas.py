"""The JSON of a calendar."""

from datetime import date
from typing import Any, Final

from marshmallow import Schema, ValidationError, validate, validates_schema
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.places.opening_hours.schemas import HoursSchema
from zone.web.fields import Date, List, String
from zone.web.schemas import ListSchema

LONGEST_DAYS: Final = 400
_day = validate.Range(EARLIEST.date(), LATEST.date())


class CalendarQuery(Schema):
    """Between which days, both included, and at which campus; without one no hours are told."""

    first = Date(data_key="from", required=True, validate=_day)
    last = Date(data_key="to", required=True, validate=_day, example="2026-12-31")
    campus = String(load_default=None, validate=validate.Length(1, 60), example="myyrmaki")

    @validates_schema
    def check_order(self, data: dict[str, Any], **_: Any) -> None:
        first: date | None = data.get("first")
        last: date | None = data.get("last")
        if first and last and not 0 <= (last - first).days <= LONGEST_DAYS:
            raise ValidationError(
                "The last day cannot be before the first, nor more than 400 days after it.", "to"
            )


class HolidayNamesSchema(Schema):
    """A name or a reason in the three languages."""

    fi = String(example="Joulupäivä")
    sv = String(example="Juldagen")
    en = String(example="Christmas Day")


class CalendarEntrySchema(Schema):
    """Days that are not as usual.

    `state` says how a holiday is planned at the campus (`closed`, `hours`, `normal`, `shut` where
    its ordinary week has no hours then, or `unplanned`); of other hours `closed` or `hours`.
    """

    kind = String(validate=validate.OneOf(["break", "holiday", "other_hours"]), example="holiday")
    first = Date(example="2026-12-25")
    last = Date(example="2026-12-25")
    names = Nested(HolidayNamesSchema, allow_none=True)
    state = String(allow_none=True, example="closed")
    hours = List(Nested(HoursSchema))


class CalendarSchema(ListSchema):
    """Breaks, public holidays and days with other hours, by day."""

    calendar = List(Nested(CalendarEntrySchema))
