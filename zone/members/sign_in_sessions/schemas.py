"""JSON of sign-in sessions."""

from marshmallow import Schema
from marshmallow.fields import Nested

from zone.web import fields
from zone.web.schemas import ListSchema


class SignInSessionSchema(Schema):
    id = fields.UUID()
    browser = fields.String(metadata={"description": "Its name; empty: unknown"}, example="Chrome")
    system = fields.String(
        metadata={"description": "What it runs on; empty: unknown"}, example="Android"
    )
    created_at = fields.AwareDateTime()
    seen_at = fields.AwareDateTime(metadata={"description": "The last use, roughly"})
    ends_at = fields.AwareDateTime(metadata={"description": "When it ends unless it is used again"})
    current = fields.Boolean(metadata={"description": "Whether it is the one that asks"})


class SignOutEverywhereSchema(Schema):
    """What goes on although one signs out everywhere."""

    keep_calendar = fields.Boolean(
        load_default=False,
        metadata={"description": "Whether the address of one's calendar feed goes on"},
    )


class SignInSessionsSchema(ListSchema):
    sessions = fields.List(Nested(SignInSessionSchema))
