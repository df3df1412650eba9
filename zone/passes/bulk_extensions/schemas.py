"""JSON and the form of bulk extensions."""

from typing import Any, Final

from marshmallow import Schema, ValidationError, validate, validates_schema
from marshmallow.fields import Nested

from zone.passes.bulk_extensions.rules import ExtensionRequest
from zone.passes.pauses.schemas import DAY_RANGE, StaffReasonSchema
from zone.web import fields
from zone.web.schemas import ListSchema, NamesSchema

MOST_DAYS: Final = 92
"""How many days may be given back at once: a pass for one term must not last another."""
_CODE: Final = validate.Length(1, 64)


class BulkExtensionRequestSchema(StaffReasonSchema):
    """The days that passes lost, both included, and of which passes: all, of a campus, a product.

    Each gets as many days as it would have been valid on.
    """

    first_day = fields.Date(required=True, validate=DAY_RANGE, example="2026-11-02")
    last_day = fields.Date(required=True, validate=DAY_RANGE, example="2026-11-06")
    campus = fields.String(load_default=None, allow_none=True, validate=_CODE, example="pasila")
    product = fields.String(load_default=None, allow_none=True, validate=_CODE, example="term")

    @validates_schema
    def _check_length(self, data: dict[str, Any], **_rest: Any) -> None:
        days = (data["last_day"] - data["first_day"]).days + 1
        if not 1 <= days <= MOST_DAYS:
            raise ValidationError("Give 1 to 92 days.", "last_day")


class BulkExtensionCallSchema(BulkExtensionRequestSchema):
    dry_run = fields.Boolean(
        load_default=False,
        metadata={"description": "Only say which passes it would reach; nothing is stored"},
    )


class BulkExtensionFormSchema(BulkExtensionRequestSchema):
    """The form: `act` is the id of the extension, made with the form."""

    act = fields.UUID(required=True)


def request_of(data: dict[str, Any]) -> ExtensionRequest:
    """Return what was asked for."""
    names = ("first_day", "last_day", "reason", "campus", "product")
    return ExtensionRequest(**{name: data[name] for name in names})


class ExtendedPassSchema(Schema):
    id = fields.UUID()
    person = fields.UUID(metadata={"description": "The holder, as the operations of people"})
    product = Nested(NamesSchema)
    days = fields.Integer(example=5)
    ends_on = fields.Date()
    new_ends_on = fields.Date()


class BulkExtensionPreviewSchema(Schema):
    """The passes that an extension reaches."""

    passes = fields.List(Nested(ExtendedPassSchema))
    people = fields.Integer()
    days = fields.Integer(metadata={"description": "Of all passes together"})
    in_vain = fields.Integer(metadata={"description": "Passes that would be over all the same"})
    own = fields.Integer(metadata={"description": "The caller's own: a colleague extends them"})


class BulkExtensionSchema(Schema):
    """A bulk extension. Passes that are not yet extended or skipped are waited for."""

    id = fields.UUID()
    first_day = fields.Date()
    last_day = fields.Date()
    campus = fields.String(allow_none=True)
    product = fields.String(allow_none=True)
    reason = fields.String()
    recorded_at = fields.AwareDateTime()
    passes = fields.Integer(example=120)
    extended = fields.Integer(example=118)
    skipped = fields.Integer(metadata={"description": "Ended before it came to them"})


class BulkExtensionAnswerSchema(Schema):
    """What was stored; in a dry run nothing, and `preview` says what it would reach."""

    extension = Nested(BulkExtensionSchema, allow_none=True)
    preview = Nested(BulkExtensionPreviewSchema, allow_none=True)


class BulkExtensionsSchema(ListSchema):
    """Every bulk extension, the newest first."""

    pass_extensions = fields.List(Nested(BulkExtensionSchema))
