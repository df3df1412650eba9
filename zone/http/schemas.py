"""JSON that every room's API shares."""

from marshmallow import Schema, fields


class NamesSchema(Schema):
    """A name in the three languages of the service."""

    fi = fields.String()
    sv = fields.String()
    en = fields.String()


class ListSchema(Schema):
    """A list: its things under their plural, and where the next ones begin; null at the end of the list."""

    next = fields.String(
        dump_default=None,
        allow_none=True,
        metadata={"description": "Send it as `after` to read on; null: this was the last of them", "example": None},
    )
