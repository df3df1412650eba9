"""The form of a note about a difference."""

from marshmallow import Schema, validate

from zone.web import fields


class DifferenceNoteSchema(Schema):
    note = fields.String(required=True, validate=validate.Length(1, 500))
