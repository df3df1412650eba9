"""Schemas and fields that several APIs share."""

from typing import Any

from marshmallow import Schema, validate

from zone.web import fields


class NamesSchema(Schema):
    """A name in the three languages of the service."""

    fi = fields.String(required=True, validate=validate.Length(1, 120), example="Aamun voima")
    sv = fields.String(required=True, validate=validate.Length(1, 120), example="Morgonstyrka")
    en = fields.String(required=True, validate=validate.Length(1, 120), example="Morning strength")


class ListSchema(Schema):
    """A list: its things under their plural, and where the next ones begin; null at the end of the
    list.
    """

    next = fields.String(
        dump_default=None,
        allow_none=True,
        metadata={
            "description": "Send it as `after` to read on; null: this was the last of them",
            "example": None,
        },
    )


class MadeSchema(Schema):
    id = fields.UUID()


def hex_field(size: int, what: str, *, optional: bool = False) -> fields.String:
    """Return a field for `size` bytes in hexadecimal."""
    return fields.String(
        required=not optional,
        allow_none=optional,
        validate=validate.Regexp(rf"\A[0-9a-fA-F]{{{2 * size}}}\Z"),
        metadata={"description": f"{what}, {size} bytes in hexadecimal", "example": "5f" * size},
    )


def dump_json(schema: Schema, thing: object) -> dict[str, Any]:
    """Return an object as JSON-ready data."""
    body: dict[str, Any] = schema.dump(thing)
    return body
