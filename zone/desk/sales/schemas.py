"""The JSON and the forms of a sale at the counter."""

from typing import Any, Final

from marshmallow import Schema, ValidationError, post_load, validate, validates_schema
from marshmallow.fields import Nested

from zone.desk.live_doors.schemas import DAY_RANGE
from zone.passes.orders.rules import CounterLine
from zone.passes.payments.rules import METHODS
from zone.web import fields
from zone.web.schemas import NamesSchema

MOST_LINES: Final = 10
_PRODUCT: Final = validate.Length(1, 64)
_CENTS: Final = validate.Range(0, 10_000_000)
_OFFER: Final = validate.Regexp(r"[\w-]{1,64}:\d{1,8}(:\d{4}-\d\d-\d\d){1,2}\Z")


class CounterLineSchema(Schema):
    """A product of a sale, as it was shown."""

    product = fields.String(required=True, validate=_PRODUCT, example="term-pass")
    cents = fields.Integer(
        required=True,
        validate=_CENTS,
        metadata={"description": "The price that was shown; another one now is a 409"},
        example=4500,
    )
    starts_on = fields.Date(
        required=True, validate=DAY_RANGE, metadata={"description": "The first day that was shown"}
    )
    ends_on = fields.Date(
        load_default=None,
        validate=DAY_RANGE,
        metadata={"description": "The last day that was shown; another one now is a 409"},
    )

    @post_load
    def to_line(self, data: dict[str, Any], **_: Any) -> CounterLine:
        """Return the line of the sale."""
        return CounterLine(**data)


class SalePaymentSchema(Schema):
    """How a sale was paid, and into which till."""

    method = fields.String(required=True, validate=validate.OneOf(METHODS))
    reference = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=100),
        metadata={
            "description": "The number of the terminal's receipt, of the payment with an exercise "
            "benefit or of the voucher; the last two need it. Never the number of a card"
        },
        example="1204-7",
    )
    till = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(max=40),
        metadata={
            "description": "The till into which the money goes; needed where several are open"
        },
    )


class CounterSaleSchema(SalePaymentSchema):
    """A sale of one product, or of several as `lines`."""

    product = fields.String(
        load_default=None,
        validate=_PRODUCT,
        metadata={"description": "The product, of a sale with one line"},
        example="term-pass",
    )
    lines = fields.List(
        Nested(CounterLineSchema),
        load_default=list,
        validate=validate.Length(max=MOST_LINES),
        metadata={
            "description": "The lines, instead of `product`, `cents` and the days; each product "
            "once"
        },
        example=[],
    )
    cents = fields.Integer(
        load_default=None,
        validate=_CENTS,
        metadata={"description": "The price of `product` that was shown; another one now is a 409"},
        example=4500,
    )
    starts_on = fields.Date(
        load_default=None,
        validate=DAY_RANGE,
        metadata={"description": "The first day of `product` that was shown"},
    )
    ends_on = fields.Date(
        load_default=None,
        validate=DAY_RANGE,
        metadata={"description": "The last day that was shown; another one now is a 409"},
    )
    voucher = fields.String(
        load_default=None,
        allow_none=True,
        validate=validate.Length(1, 60),
        metadata={"description": "A discount code of the buyer"},
    )
    discount = fields.Integer(
        load_default=None,
        allow_none=True,
        validate=_CENTS,
        metadata={
            "description": "What the code takes off: so much less was paid. Another one now "
            "is a 409"
        },
    )

    @validates_schema
    def _check(self, data: dict[str, Any], **_rest: Any) -> None:
        if data["discount"] is not None and not data["voucher"]:
            raise ValidationError("Only with a code.", "discount")
        check_once([line.product for line in data["lines"]], "lines")
        if (data["product"] is None) == (not data["lines"]):
            raise ValidationError("Give either a product or lines.", "product")
        for name in ("cents", "starts_on"):
            if (data["product"] is None) != (data[name] is None):
                raise ValidationError("Give it with a product, and only then.", name)

    @post_load
    def to_lines(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the sale with its lines, also where it has one product."""
        one = [data.pop(name) for name in ("product", "cents", "starts_on", "ends_on")]
        return data if data["lines"] else data | {"lines": [CounterLine(*one)]}


class SaleFormSchema(SalePaymentSchema):
    """`offer` is the choice on the screen: product, cents and both days, as they were shown."""

    offer = fields.String(required=True, validate=_OFFER)

    @post_load
    def split_offer(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the sale as the API takes it, validated as there."""
        return data | {"lines": [line_of(data.pop("offer"))]}


class SeveralFormSchema(SalePaymentSchema):
    """A sale of several products; without `method` its price is shown first.

    `lines` are choices on the screen; `discount` and `total` what was shown of all.
    """

    lines = fields.List(
        fields.String(validate=_OFFER), required=True, validate=validate.Length(1, MOST_LINES)
    )
    voucher = fields.String(load_default=None, validate=validate.Length(max=60))
    method = fields.String(load_default=None, validate=validate.OneOf(METHODS))
    discount = fields.Integer(load_default=None, validate=_CENTS)
    total = fields.Integer(load_default=None, validate=_CENTS)

    @post_load
    def split_lines(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return the lines as the API takes them, validated as there."""
        try:
            lines = [line_of(text) for text in data["lines"]]
        except ValidationError as error:  # of one of them: the form has one field for all
            raise ValidationError(error.messages_dict, "lines") from error
        check_once([line.product for line in lines], "lines")
        return data | {"lines": lines}


def line_of(offer: str) -> CounterLine:
    """Return what a choice on the screen said of its product, validated as in the API."""
    # A page from before an upgrade has no last day.
    product, cents, starts_on, *ends_on = offer.split(":")
    parts = {"product": product, "cents": cents, "starts_on": starts_on}
    line: CounterLine = CounterLineSchema().load(
        parts | ({"ends_on": ends_on[0]} if ends_on else {})
    )
    return line


def check_once(products: list[str], field: str) -> None:
    """Check that each product is there once."""
    if len(set(products)) < len(products):
        raise ValidationError("Each product once.", field)


class SaleProductsSchema(Schema):
    """Products whose price the desk asks for."""

    products = fields.List(
        fields.String(validate=_PRODUCT),
        required=True,
        validate=validate.Length(1, MOST_LINES),
        example=["term-pass", "visit"],
    )
    voucher = fields.String(load_default=None, validate=validate.Length(1, 60))

    @validates_schema
    def _check(self, data: dict[str, Any], **_rest: Any) -> None:
        check_once(data["products"], "products")


class PricedProductSchema(Schema):
    code = fields.String(example="term-pass")
    name = Nested(NamesSchema)
    cents = fields.Integer(example=4500)
    discount_cents = fields.Integer(example=450)


class SalePriceSchema(Schema):
    """What a sale costs now, discount taken off."""

    lines = fields.List(Nested(PricedProductSchema))
    discount_cents = fields.Integer(example=450)
    total_cents = fields.Integer(example=4050)
