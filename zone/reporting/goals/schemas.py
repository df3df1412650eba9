"""JSON and forms of the targets that managers set."""

from decimal import Decimal
from typing import Any, Final

from marshmallow import Schema, post_load, validate
from marshmallow.fields import Nested

from zone.core.time import LATEST
from zone.reporting.kpis.rules import DEFINITIONS, FIRST_YEAR
from zone.web import fields
from zone.web.schemas import ListSchema

_DIGITS: Final = r"[0-9]{1,6}(?:[.,][0-9]{1,4})?\Z"
_NUMBER: Final = validate.Regexp(_DIGITS)
# A growth is measured on the baseline, and the way to the goal in parts of it.
_ABOVE_ZERO: Final = validate.Regexp(rf"(?=.*[1-9]){_DIGITS}")
_NUMBERS: Final = ("goal", "pct", "baseline")


class NewTargetSchema(Schema):
    """A target from a year on. Numbers are text, with a point or a comma."""

    # `key` is the name of the idempotency key in every form.
    target = fields.String(
        required=True, attribute="key", validate=validate.OneOf(list(DEFINITIONS)), example="A"
    )
    first_year = fields.Integer(
        required=True, validate=validate.Range(FIRST_YEAR, LATEST.year - 1), example=2027
    )
    goal = fields.String(required=True, validate=_ABOVE_ZERO, example="2500")
    pct = fields.String(
        load_default=None,
        allow_none=True,
        validate=_NUMBER,
        metadata={"description": "The growth on the baseline that was written beside the goal"},
        example="33",
    )
    baseline = fields.String(required=True, validate=_ABOVE_ZERO, example="1870")
    baseline_of = fields.String(
        required=True,
        validate=validate.Length(1, 20),
        metadata={"description": "When the baseline was measured"},
        example="2019",
    )

    @post_load
    def _read_numbers(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        typed = {name: data[name] for name in _NUMBERS if data[name] is not None}
        return data | {name: Decimal(text.replace(",", ".")) for name, text in typed.items()}


class SetTargetSchema(Schema):
    """A target as it was set; `replaced`: another was set later for the same year."""

    target = fields.String(attribute="key", example="A")
    first_year = fields.Integer(example=2021)
    goal = fields.Decimal(example="2500")
    pct = fields.Decimal(allow_none=True, example="33")
    baseline = fields.Decimal(example="1870")
    baseline_of = fields.String(example="2019")
    recorded_at = fields.AwareDateTime()
    replaced = fields.Boolean()


class SetTargetsSchema(ListSchema):
    """Every target that was set, by key, the newest first."""

    targets = fields.List(Nested(SetTargetSchema))
