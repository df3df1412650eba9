"""JSON and the forms of the times in which a product is sold."""

from typing import Any

from marshmallow import Schema, ValidationError, post_load, validate
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST, from_helsinki
from zone.web import fields
from zone.web.schemas import ListSchema

_instant = validate.Range(EARLIEST, LATEST)
_day = validate.Range(EARLIEST.date(), LATEST.date())


class SaleWindowSchema(Schema):
    """A time in which a product is sold."""

    opens_at = fields.AwareDateTime(required=True, validate=_instant)
    closes_at = fields.AwareDateTime(
        load_default=None,
        allow_none=True,
        validate=_instant,
        metadata={"description": "Not included; null: it stays on sale"},
    )


class SaleWindowsSchema(ListSchema):
    """When a product is sold; without any it always is."""

    windows = fields.List(Nested(SaleWindowSchema))


class SaleWindowQuerySchema(Schema):
    """Which window of a product."""

    opens_at = fields.AwareDateTime(required=True, validate=_instant)


class SaleWindowFormSchema(Schema):
    """The form of a window: days and times of Helsinki. It loads `opens_at` and `closes_at`."""

    product = fields.String(required=True, validate=validate.Length(1, 40), example="sports-30")
    opens_on = fields.Date(required=True, validate=_day)
    opens = fields.Time(required=True)
    closes_on = fields.Date(load_default=None, allow_none=True, validate=_day)
    closes = fields.Time(load_default=None, allow_none=True)

    @post_load
    def _read_times(self, data: dict[str, Any], **_rest: Any) -> dict[str, Any]:
        closes_on, closes = data["closes_on"], data["closes"]
        if (closes_on is None) != (closes is None):
            raise ValidationError("Give both the day and the time, or neither.", "closes_on")
        fields.refuse_skipped(opens=(data["opens_on"], data["opens"]), closes=(closes_on, closes))
        return {
            "code": data["product"],
            "opens_at": from_helsinki(data["opens_on"], data["opens"]),
            "closes_at": closes and from_helsinki(closes_on, closes),
        }


class RemoveWindowFormSchema(Schema):
    """The form that removes a window."""

    product = fields.String(required=True, validate=validate.Length(1, 40), example="sports-30")
    opens_at = fields.AwareDateTime(required=True, validate=_instant)
