"""JSON of taking over passes from another system."""

import base64
import binascii
from typing import Any

from marshmallow import Schema, ValidationError, post_load, validate
from marshmallow.fields import Nested

from zone.passes.takeover.table_file import MOST_BYTES
from zone.web import fields


class TakeoverFileSchema(Schema):
    """A CSV or XLSX file of passes."""

    content = fields.Verbatim(
        required=True,
        validate=validate.Length(1, MOST_BYTES * 4 // 3 + 4),
        metadata={"description": "The file in base64; CSV in UTF-8, or XLSX"},
        example="ZXh0ZXJuYWxfaWQ7ZW1haWw7cHJvZHVjdDt2YWxpZF9mcm9tO3ZhbGlkX3VudGlsCg==",
    )

    @post_load
    def _decode(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        try:
            return data | {"content": base64.b64decode(data["content"], validate=True)}
        except (binascii.Error, ValueError) as error:
            raise ValidationError("This is not base64.", "content") from error


class TakeoverSchema(TakeoverFileSchema):
    """A file of passes to take over."""

    good_only = fields.Boolean(
        load_default=False,
        metadata={"description": "Take over the good rows although others are wrong"},
    )
    tell = fields.Boolean(
        load_default=False, metadata={"description": "Mail everybody who gets a pass"}
    )


class RowFaultSchema(Schema):
    """What is wrong with a row."""

    line = fields.Integer()
    code = fields.String(metadata={"description": "See docs/problems.md"})
    message = fields.String()


class TakeoverPlanSchema(Schema):
    """What a file would do or has done."""

    new = fields.Integer(metadata={"description": "Passes that are not here yet"})
    before = fields.Integer(metadata={"description": "Passes taken over before, unchanged"})
    new_people = fields.Integer(metadata={"description": "People without an account so far"})
    bad_rows = fields.Integer()
    done = fields.Integer(metadata={"description": "Passes that were stored now"})
    faults = fields.List(Nested(RowFaultSchema))
