"""JSON that every room's API shares."""

from marshmallow import Schema, fields, validate


class NamesSchema(Schema):
    """A name in the three languages of the service."""

    fi = fields.String(required=True, validate=validate.Length(1, 120))
    sv = fields.String(required=True, validate=validate.Length(1, 120))
    en = fields.String(required=True, validate=validate.Length(1, 120))


class ListSchema(Schema):
    """A list: its things under their plural, and where the next ones begin; null at the end of the list."""

    next = fields.String(
        dump_default=None,
        allow_none=True,
        metadata={"description": "Send it as `after` to read on; null: this was the last of them", "example": None},
    )
