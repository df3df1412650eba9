"""JSON and forms of pausing, resuming and extending a pass."""

from typing import Any, Final

from marshmallow import Schema, ValidationError, validate, validates_schema

from zone.core.time import EARLIEST, LATEST
from zone.passes.passes.rules import PAUSE_CAUSES
from zone.web import fields

DAY_RANGE: Final = validate.Range(EARLIEST.date(), LATEST.date())
REASON_RULES: Final = fields.reason_of(500)
MOST_DAYS: Final = 400


class PauseSchema(Schema):
    """The days on which a pass is paused, both included."""

    first_day = fields.Date(required=True, validate=DAY_RANGE, example="2026-10-05")
    last_day = fields.Date(required=True, validate=DAY_RANGE, example="2026-11-01")

    @validates_schema
    def _check_order(self, data: dict[str, Any], **_rest: Any) -> None:
        if data["last_day"] < data["first_day"]:
            raise ValidationError("The last day comes before the first.", "last_day")


class StaffReasonSchema(Schema):
    reason = fields.String(required=True, validate=REASON_RULES, example="The gym was closed")


class StaffPauseSchema(PauseSchema, StaffReasonSchema):
    """A pause by staff. `cause` is the kind of reason; what proved it is not stored."""

    cause = fields.String(required=True, validate=validate.OneOf(PAUSE_CAUSES), example="illness")


class ExtensionSchema(StaffReasonSchema):
    """How many days are added at the end of a pass."""

    days = fields.Integer(
        required=True, strict=True, validate=validate.Range(1, MOST_DAYS), example=7
    )
