"""JSON of mails without their text. Instants are UTC; errors name nobody."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.core.mail.models import STATES
from zone.operation.jobs.schemas import MostSchema
from zone.web import fields
from zone.web.schemas import ListSchema


class MailsQuerySchema(MostSchema):
    """Which mails: those that wait, or another state."""

    state = fields.String(load_default="waiting", validate=validate.OneOf(STATES))


class MailSchema(Schema):
    """A mail without its words. `resendable`: its text is still there."""

    id = fields.UUID(required=True)
    template = fields.String(required=True)
    recipient = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    attempts = fields.Integer(required=True)
    created_at = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(required=True)
    error = fields.String(required=True, allow_none=True)
    resendable = fields.Boolean(required=True)


class MailCountsSchema(Schema):
    """How many mails there are in each state."""

    waiting = fields.Integer(required=True)
    sent = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    late = fields.Integer(required=True)


class MailsSchema(ListSchema):
    """Mails, the newest first, and the counts of all."""

    mails = fields.List(Nested(MailSchema), required=True)
    counts = Nested(MailCountsSchema, required=True)
