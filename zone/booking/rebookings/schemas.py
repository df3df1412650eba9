"""The JSON of moving a booking."""

from marshmallow import Schema

from zone.web.fields import UUID


class RebookRequest(Schema):
    """The session to which a booking is moved, of the same activity."""

    session = UUID(required=True)
