"""The JSON of the days of a weekly class."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.booking.weekly_classes.schemas import valid_day, valid_reason
from zone.web.fields import UUID, AwareDateTime, Date, Integer, List, String
from zone.web.schemas import ListSchema


class DayOfClassSchema(Schema):
    """A day of a class to come.

    `scheduled`: it has a session; `cancelled`: that was cancelled; `skipped`: left out; `closed`:
    the campus is not open; `planned`: its session is made later.
    """

    day = Date()
    state = String(
        validate=validate.OneOf(["scheduled", "cancelled", "skipped", "closed", "planned"])
    )
    starts_at = AwareDateTime()
    ends_at = AwareDateTime()
    session = UUID(allow_none=True)
    booked = Integer()
    waiting = Integer()
    reason = String()


class DaysOfClassSchema(ListSchema):
    """The days of a class to come, by time."""

    days = List(Nested(DayOfClassSchema))


class DayReasonRequest(Schema):
    """Why a day is left out or put back; those who booked or wait are told."""

    reason = String(required=True, validate=valid_reason, example="The instructor is on a course")


class ClassDayForm(DayReasonRequest):
    """The form that leaves a day out of a class, or puts it back."""

    day = Date(required=True, validate=valid_day)
