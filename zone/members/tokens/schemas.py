"""JSON of API tokens."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.core.identity import OPENED_BY
from zone.core.time import EARLIEST, LATEST
from zone.web import fields
from zone.web.schemas import ListSchema

_WORDS = validate.Length(1, 200)


class NewTokenSchema(Schema):
    name = fields.String(
        required=True,
        validate=_WORDS,
        metadata={"description": "What uses it"},
        example="Display in the lobby",
    )
    scopes = fields.List(
        fields.String(validate=validate.OneOf(sorted(OPENED_BY))),
        required=True,
        validate=validate.Length(1, len(OPENED_BY)),
    )
    expires_at = fields.AwareDateTime(
        required=True,
        validate=validate.Range(EARLIEST, LATEST),
        metadata={"description": "At most 366 days from now"},
        example="2027-08-31T09:00:00+00:00",
    )


class TokenSchema(Schema):
    id = fields.UUID()
    name = fields.String(example="Display in the lobby")
    owner = fields.UUID(metadata={"description": "The person as whom it acts"})
    scopes = fields.List(fields.String(validate=validate.OneOf(sorted(OPENED_BY))))
    created_at = fields.AwareDateTime()
    expires_at = fields.AwareDateTime(example="2027-08-31T09:00:00+00:00")
    used_at = fields.AwareDateTime(
        allow_none=True, metadata={"description": "The last use, to the hour"}
    )
    revoked_at = fields.AwareDateTime(allow_none=True)


class MadeTokenSchema(TokenSchema):
    token = fields.String(
        metadata={"description": "For the header Authorization: Bearer …; shown only here"},
        example="zt_q3Yt…",
    )


class TokensSchema(ListSchema):
    tokens = fields.List(Nested(TokenSchema))
