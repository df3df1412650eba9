"""JSON of changing one's e-mail address."""

from marshmallow import Schema, validate

from zone.web import fields


class EmailChangeCodeSchema(Schema):
    code = fields.String(required=True, validate=validate.Length(1, 20), example="248163")
