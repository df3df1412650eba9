"""JSON of the audit."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.web import fields
from zone.web.schemas import ListSchema

_WORDS = validate.Length(1, 200)


class AuditQuerySchema(Schema):
    object_kind = fields.String(
        load_default=None, validate=_WORDS, metadata={"description": "For example: member"}
    )
    object_id = fields.String(load_default=None, validate=_WORDS)
    actor = fields.UUID(load_default=None, metadata={"description": "Who did it"})
    action = fields.String(
        load_default=None, validate=_WORDS, metadata={"description": "For example: member.view"}
    )
    since = fields.AwareDateTime(load_default=None, metadata={"description": "Included"})
    until = fields.AwareDateTime(load_default=None, metadata={"description": "Not included"})
    after = fields.UUID(load_default=None, metadata={"description": "`next` of the page before"})
    most = fields.Integer(load_default=50, validate=validate.Range(1, 200))


class AuditRowSchema(Schema):
    id = fields.UUID()
    at = fields.AwareDateTime()
    actor = fields.UUID(allow_none=True, metadata={"description": "Null: a command or a job"})
    actor_name = fields.String(allow_none=True)
    action = fields.String()
    object_kind = fields.String()
    object_id = fields.String()
    before = fields.String(allow_none=True)
    after = fields.String(allow_none=True)
    reason = fields.String(allow_none=True, example="The instructor is ill")


class AuditRowsSchema(ListSchema):
    rows = fields.List(Nested(AuditRowSchema))
