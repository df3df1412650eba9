"""JSON of suspensions."""

from marshmallow import Schema, validate

from zone.core.time import EARLIEST, LATEST
from zone.web import fields


class NewSuspensionSchema(Schema):
    reason = fields.String(
        required=True, validate=validate.Length(1, 500), example="Lent the pass to others"
    )
    ends_at = fields.AwareDateTime(
        load_default=None,
        allow_none=True,
        validate=validate.Range(EARLIEST, LATEST),
        example="2026-09-22T15:25:00+00:00",
    )
