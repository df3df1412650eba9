"""JSON and forms of when doors are open to everybody. Times are Helsinki wall-clock time."""

from datetime import time, timedelta
from typing import Any

from marshmallow import Schema, ValidationError, validate, validates_schema
from marshmallow.fields import Nested

from zone.access.releases.rules import LONGEST_REASON
from zone.core.i18n import translatable
from zone.core.time import EARLIEST, LATEST
from zone.web.fields import (
    UUID,
    AwareDateTime,
    Boolean,
    Date,
    Integer,
    List,
    String,
    Time,
    reason_of,
)
from zone.web.schemas import ListSchema

_clock = validate.Range(time(0), time(23, 59))
_day = validate.Range(EARLIEST.date(), LATEST.date() - timedelta(days=1))
_FIRST = {"description": "Only once somebody has come in by a code"}


class NewReleaseSchema(Schema):
    """A time on some weekdays (1 Monday … 7 Sunday); an end before the beginning is on the next
    day, 00:00 and 23:59 are midnight.
    """

    weekdays = List(
        Integer(validate=validate.Range(1, 7), example=1),
        required=True,
        validate=validate.Length(1, 7, error=translatable("Choose at least one day.")),
    )
    opens = Time(format="%H:%M", required=True, validate=_clock, example="08:00")
    closes = Time(format="%H:%M", required=True, validate=_clock, example="16:00")
    first_person = Boolean(load_default=False, metadata=_FIRST)


class ReleaseForm(NewReleaseSchema):
    """The form of a time: its weekdays come as text."""

    weekdays = List(
        String(validate=validate.OneOf("1234567")),
        required=True,
        validate=validate.Length(1, 7, error=translatable("Choose at least one day.")),
    )


class ReleaseDaySchema(Schema):
    """The other time of a day; both empty: the door is open to nobody."""

    opens = Time(
        format="%H:%M", load_default=None, allow_none=True, validate=_clock, example="10:00"
    )
    closes = Time(
        format="%H:%M", load_default=None, allow_none=True, validate=_clock, example="14:00"
    )
    reason = String(required=True, validate=reason_of(LONGEST_REASON), example="Open day")

    @validates_schema
    def check_both(self, data: dict[str, Any], **_: Any) -> None:
        for missing, other in (("opens", "closes"), ("closes", "opens")):
            if data.get(missing) is None and data.get(other) is not None:
                raise ValidationError(translatable("Give both times or none."), missing)


class ReleaseDayForm(ReleaseDaySchema):
    """The form of a day."""

    day = Date(required=True, validate=_day)


class ReleaseSchema(Schema):
    id = UUID()
    weekdays = List(Integer(example=1))
    opens = Time(format="%H:%M", example="08:00")
    closes = Time(format="%H:%M", example="16:00")
    first_person = Boolean(metadata=_FIRST)


class OtherDaySchema(Schema):
    day = Date()
    opens = Time(format="%H:%M", allow_none=True, example="10:00")
    closes = Time(format="%H:%M", allow_none=True, example="14:00")
    reason = String(example="Open day")


class WindowSchema(Schema):
    start = AwareDateTime(example="2026-11-30T06:00:00+00:00")
    end = AwareDateTime(example="2026-11-30T14:00:00+00:00")
    first_person = Boolean(metadata=_FIRST)


class DoorReleasesSchema(ListSchema):
    """When a door is open to everybody. `coming` are the times of the next days that come of it:
    none on a day when the campus is closed, unless its area is always open.
    """

    releases = List(Nested(ReleaseSchema))
    days = List(Nested(OtherDaySchema))
    coming = List(Nested(WindowSchema))
