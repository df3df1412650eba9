"""The JSON of bookings. Instants are UTC."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.booking.sessions.schemas import SessionSchema
from zone.web.fields import UUID, AwareDateTime, Boolean, Integer, List, String
from zone.web.schemas import ListSchema


class BookRequest(Schema):
    """Which session to book."""

    session = UUID(required=True)


class CancelQuery(Schema):
    """Whether to cancel after the limit, too."""

    late = Boolean(
        load_default=False,
        metadata={"description": "Also after the limit, where it may be a mark"},
    )


class BookingSchema(Schema):
    """A booking with its session."""

    id = UUID()
    state = String(validate=validate.OneOf(["booked", "cancelled", "attended", "no_show"]))
    companions = Integer(
        metadata={"description": "How many others come along; the booker answers for them."}
    )
    promoted = Boolean(metadata={"description": "Whether the place came from the queue."})
    excused = Boolean(metadata={"description": "Whether a no-show was excused: it does not count."})
    marked = Boolean(
        metadata={"description": "Whether there is a mark for it, see `/me/marks`; it may be over."}
    )
    cancel_until = AwareDateTime(
        metadata={
            "description": "Until when it can be, or could have been, given back freely; until the "
            "start it can be with `late`."
        },
        example="2026-09-22T12:30:00+00:00",
    )
    session = Nested(SessionSchema)


class ReasonSchema(Schema):
    """One reason against a booking: its code, and what it says and would help."""

    code = String(example="overlapping_booking")
    detail = String(example="You have another booking at that time. Cancel it first.")


class QueueOfSessionSchema(Schema):
    """The queue of a full session, and one's own place in it.

    `open`: one can join it; not where one waits already, or has booked.
    """

    length = Integer(example=3)
    open = Boolean()
    entry = UUID(
        allow_none=True, metadata={"description": "One's own place in it, see `/queue/{entry}`"}
    )
    offered_until = AwareDateTime(
        allow_none=True,
        metadata={"description": "Until when a place is kept for oneself: booking takes it"},
    )


class CanBookSchema(Schema):
    """Whether one could book a session now; every reason against it, and what else is possible.

    `cancel_until` is the limit that the booking would have. `queue` and `alternatives` are those of
    a full session.
    """

    can_book = Boolean()
    reasons = List(Nested(ReasonSchema))
    cancel_until = AwareDateTime(allow_none=True, example="2026-09-22T12:30:00+00:00")
    queue = Nested(QueueOfSessionSchema, allow_none=True)
    alternatives = List(Nested(SessionSchema))


class BookingsSchema(ListSchema):
    """A person's bookings, and until when booking ahead is paused."""

    bookings = List(Nested(BookingSchema))
    suspended_until = AwareDateTime(allow_none=True)
