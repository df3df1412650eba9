"""JSON of opening hours. Times of day are Helsinki wall-clock time."""

from datetime import date, time, timedelta
from typing import Any, Final

from marshmallow import Schema, ValidationError, validate, validates_schema
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.places.opening_hours.rules import follows
from zone.web.fields import Boolean, Date, Integer, List, String, Time
from zone.web.schemas import ListSchema

_day = validate.Range(EARLIEST.date(), LATEST.date() - timedelta(days=1))
LONGEST_REASON: Final = 300
MOST_DAYS: Final = timedelta(weeks=6)
"""The longest span of days that can get the same hours at once."""
_reason = validate.Length(max=LONGEST_REASON)
CLOCK: Final = validate.Range(time(0), time(23, 59))


class HoursSchema(Schema):
    """From when until when; 23:59 and 00:00 mean midnight, an earlier time than `opens` that of the
    next day.
    """

    opens = Time(format="%H:%M", required=True, validate=CLOCK, example="07:00")
    closes = Time(format="%H:%M", required=True, validate=CLOCK, example="22:00")


class WeekdaySchema(Schema):
    """The openings of one weekday; none: closed."""

    weekday = Integer(example=2)
    hours = List(Nested(HoursSchema))


class WeekdaysSchema(ListSchema):
    """Some days of an ordinary week."""

    week = List(Nested(WeekdaySchema))


class WeekHoursSchema(Schema):
    """What is asked alike on the page of the hours and by the API."""

    opens = Time(format="%H:%M", required=True, allow_none=True, validate=CLOCK, example="07:00")
    closes = Time(format="%H:%M", required=True, allow_none=True, validate=CLOCK, example="22:00")
    replace = Boolean(load_default=False)

    weekdays = List(
        Integer(validate=validate.Range(1, 7), example=2),
        required=True,
        validate=validate.Length(1, 7),
    )
    valid_from = Date(required=True, validate=_day)
    valid_until = Date(load_default=None, allow_none=True, validate=_day, example="2026-12-31")

    @validates_schema
    def check_order(self, data: dict[str, Any], **_: Any) -> None:
        first: date | None = data.get("valid_from")
        last: date | None = data.get("valid_until")
        if first and last and last < first:
            raise ValidationError("The last day cannot be before the first.", "valid_until")

    @validates_schema
    def check_times(self, data: dict[str, Any], **_: Any) -> None:
        opens, closes = data.get("opens"), data.get("closes")
        if (opens is None) != (closes is None):
            missing = "opens" if opens is None else "closes"
            raise ValidationError("Give both times, or none when it is closed.", missing)
        if opens is None and data.get("valid_until"):
            raise ValidationError(
                "Leave it empty: what is closed stays closed until it gets hours.",
                "valid_until",
            )


class NewHoursSchema(WeekHoursSchema):
    """The hours of some weekdays (1 Monday … 7 Sunday) from a day on; they replace older ones of
    the weekday. Both times null: closed from that day on, until hours that begin later. `also`: the
    second opening of a day that opens twice.

    `replace`: instead of hours that begin on the same day, otherwise beside them.
    """

    also = Nested(HoursSchema, load_default=None, allow_none=True)

    @validates_schema
    def check_second(self, data: dict[str, Any], **_: Any) -> None:
        second = data.get("also")
        if second is None:
            return
        opens, closes = data.get("opens"), data.get("closes")
        if (
            opens is None
            or closes is None
            or not follows((second["opens"], second["closes"]), (opens, closes))
        ):
            raise ValidationError(
                "The second opening begins on the same day after the first has closed.",
                "also",
            )


class ReasonsSchema(Schema):
    """Why a day has other hours, by language.

    Where a language is empty, the reason for everybody is shown.
    """

    fi = String(load_default="", validate=_reason, example="Jouluaatto")
    sv = String(load_default="", validate=_reason, example="Julafton")
    en = String(load_default="", validate=_reason, example="Christmas Eve")


class DaySchema(Schema):
    """A day with other hours; without times it is closed.

    Everybody reads the reason, in `reasons` the one in their language.
    """

    day = Date(required=True, validate=_day)
    opens = Time(
        format="%H:%M", load_default=None, allow_none=True, validate=CLOCK, example="07:00"
    )
    closes = Time(
        format="%H:%M", load_default=None, allow_none=True, validate=CLOCK, example="22:00"
    )
    reason = String(
        required=True,
        validate=validate.Length(1, LONGEST_REASON),
        example="The floor is repaired",
    )
    reasons = Nested(ReasonsSchema)


class NewDaysSchema(DaySchema):
    """The hours of a day, or of all days up to `until`."""

    until = Date(load_default=None, allow_none=True, validate=_day)

    @validates_schema
    def check_until(self, data: dict[str, Any], **_: Any) -> None:
        first: date | None = data.get("day")
        last: date | None = data.get("until")
        if first and last and not timedelta() <= last - first < MOST_DAYS:
            raise ValidationError(
                "The last day cannot be before the first, and six weeks are the most.", "until"
            )


class NewDaySchema(NewDaysSchema):
    """`cancel`: call off what falls outside and tell who booked. `replace`: the hours that the day
    has already.
    """

    cancel = Boolean(load_default=False)
    replace = Boolean(load_default=False)


class OpeningSchema(ListSchema):
    """The ordinary week, and the days from today on that have other hours."""

    week = List(Nested(WeekdaySchema))
    exceptions = List(Nested(DaySchema))
