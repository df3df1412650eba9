"""The JSON of booking. Instants are UTC; the wall clock of a weekly class is Europe/Helsinki."""

from datetime import date, time
from typing import Any, Final

from marshmallow import Schema, ValidationError, validate, validates_schema
from marshmallow.fields import UUID, AwareDateTime, Boolean, Date, Integer, List, Nested, String, Time

from zone.booking.rules import KINDS
from zone.core.time import EARLIEST, LATEST
from zone.http.schemas import ListSchema, NamesSchema

OFFERED: Final = tuple(kind for kind in KINDS if kind != "own_use")
LONGEST_SPAN: Final = 62
_day = validate.Range(EARLIEST.date(), LATEST.date())


class SpanSchema(Schema):
    """Which days of the timetable: both included, Helsinki calendar days."""

    first = Date(data_key="from", load_default=None, validate=_day)
    last = Date(data_key="to", load_default=None, validate=_day)
    campus = String(load_default=None, validate=validate.Length(max=60))

    @validates_schema
    def check_span(self, data: dict[str, Any], **_: Any) -> None:
        first, last = data.get("first"), data.get("last")
        if first and last and not 0 <= (last - first).days < LONGEST_SPAN:
            raise ValidationError(f"At most {LONGEST_SPAN} days, the first one first.", "to")


class SessionSchema(Schema):
    """A session with its places: `left` can still be booked; the others of `capacity` are for those who drop in."""

    id = UUID()
    kind = String(validate=validate.OneOf(OFFERED))
    name = Nested(NamesSchema)
    category = String()
    campus = String(allow_none=True)
    space = Nested(NamesSchema, allow_none=True)
    starts_at = AwareDateTime()
    ends_at = AwareDateTime()
    capacity = Integer()
    bookable = Integer()
    left = Integer()
    state = String(validate=validate.OneOf(["scheduled", "cancelled", "held"]))
    booking = UUID(allow_none=True, metadata={"description": "The reader's own live booking."})
    queue_length = Integer(metadata={"description": "How many wait for a place."})
    queue_entry = UUID(allow_none=True, metadata={"description": "The reader's own place in the queue."})
    queue_place = Integer(allow_none=True, metadata={"description": "The reader's place in the queue; 1 is the first."})


class SessionsSchema(ListSchema):
    """A span of the timetable."""

    sessions = List(Nested(SessionSchema))


class BookRequest(Schema):
    """Which session to book."""

    session = UUID(required=True)


class BookingSchema(Schema):
    """A booking with its session."""

    id = UUID()
    state = String(validate=validate.OneOf(["booked", "cancelled", "attended", "no_show"]))
    companions = Integer(metadata={"description": "How many others come along; the booker answers for them."})
    promoted = Boolean(metadata={"description": "Whether the place came from the queue."})
    session = Nested(SessionSchema)


class BookingsSchema(ListSchema):
    """A person's bookings, and until when booking ahead is paused."""

    bookings = List(Nested(BookingSchema))
    suspended_until = AwareDateTime(allow_none=True)


class ClassRequest(Schema):
    """A weekly session. Without `space` it is online; without `capacity` it has the places of the space."""

    kind = String(load_default="class", validate=validate.OneOf(OFFERED))
    name = Nested(NamesSchema, required=True)
    category = String(required=True, validate=validate.Length(1, 40))
    space = UUID(load_default=None, allow_none=True)
    instructor = UUID(load_default=None, allow_none=True)
    live = Boolean(load_default=True)
    weekday = Integer(required=True, validate=validate.Range(1, 7))
    starts_at = Time(required=True, validate=validate.Range(time(0), time(23, 59)))
    minutes = Integer(required=True, validate=validate.Range(5, 24 * 60))
    first_on = Date(required=True, validate=_day)
    last_on = Date(required=True, validate=_day)
    capacity = Integer(load_default=None, allow_none=True, validate=validate.Range(1, 10_000))
    bookable_percent = Integer(load_default=None, allow_none=True, validate=validate.Range(1, 100))

    @validates_schema
    def check_order(self, data: dict[str, Any], **_: Any) -> None:
        first: date | None = data.get("first_on")
        last: date | None = data.get("last_on")
        if first and last and last < first:
            raise ValidationError("The last day comes after the first.", "last_on")

    @validates_schema
    def check_place(self, data: dict[str, Any], **_: Any) -> None:
        if data.get("space") is None and (data.get("kind") != "online" or data.get("capacity") is None):
            raise ValidationError("Only an online session has no space; say then how many places it has.", "space")


class ClassSchema(Schema):
    """What a weekly rule became: how many sessions so far, and the days left out because the campus is closed."""

    id = UUID()
    sessions = Integer()
    closed = List(Date())


class CancelRequest(Schema):
    """Why a session is cancelled; those who booked are told."""

    reason = String(required=True, validate=validate.Length(1, 300))
