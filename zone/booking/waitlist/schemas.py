"""The JSON of the queue."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.booking.sessions.schemas import SessionSchema
from zone.web.fields import UUID, Integer, List, String
from zone.web.schemas import ListSchema


class QueueEntrySchema(Schema):
    """A place in the queue of a session: the `place`-th; null when it has ended."""

    id = UUID()
    state = String(validate=validate.OneOf(["waiting", "promoted", "left", "removed", "expired"]))
    place = Integer(allow_none=True)
    session = Nested(SessionSchema)


class QueueSchema(ListSchema):
    """The places in queues of a person."""

    queue = List(Nested(QueueEntrySchema))
