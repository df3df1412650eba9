"""The JSON of the queue."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.booking.sessions.schemas import SessionSchema
from zone.booking.waitlist.rules import END_STATES, LIVE_STATES
from zone.web.fields import UUID, AwareDateTime, Integer, List, String
from zone.web.schemas import ListSchema


class QueueEntrySchema(Schema):
    """A place in the queue of a session: the `place`-th; null when it has ended."""

    id = UUID()
    state = String(validate=validate.OneOf([*LIVE_STATES, *END_STATES]))
    place = Integer(allow_none=True)
    offered_until = AwareDateTime(
        allow_none=True, metadata={"description": "Until when a place is kept, which is offered"}
    )
    session = Nested(SessionSchema)


class QueueSchema(ListSchema):
    """The places in queues of a person."""

    queue = List(Nested(QueueEntrySchema))
