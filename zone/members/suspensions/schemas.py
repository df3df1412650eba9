"""JSON of suspensions."""

from marshmallow import Schema, fields, validate

from zone.core.time import EARLIEST, LATEST


class NewSuspensionSchema(Schema):
    reason = fields.String(required=True, validate=validate.Length(1, 500))
    ends_at = fields.AwareDateTime(
        load_default=None, allow_none=True, validate=validate.Range(EARLIEST, LATEST)
    )
