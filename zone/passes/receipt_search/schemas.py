"""JSON of the receipts that staff find."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.passes.receipt_search.queries import MOST
from zone.passes.receipts.schemas import SalesReceiptSchema
from zone.web import fields
from zone.web.schemas import ListSchema


class ReceiptFilterSchema(Schema):
    series = fields.String(
        load_default=None,
        validate=validate.Length(max=20),
        metadata={"description": "The code of a series; empty: the first one of the web"},
    )
    year = fields.Integer(load_default=None, validate=validate.Range(2000, 9999))
    text = fields.String(
        load_default="",
        validate=validate.Length(max=100),
        metadata={"description": "A number, or part of a name, e-mail address or product"},
    )
    after = fields.String(
        load_default=None,
        validate=validate.Length(max=40),
        metadata={"description": "The `next` of the part before"},
    )
    most = fields.Integer(load_default=MOST, validate=validate.Range(1, 200))


class FoundReceiptSchema(SalesReceiptSchema):
    order_id = fields.UUID()
    buyer_id = fields.UUID()
    buyer = fields.String(example="Aino Esimerkki")


class FoundReceiptsSchema(ListSchema):
    receipts = fields.List(Nested(FoundReceiptSchema))


class SeriesYearSchema(Schema):
    code = fields.String(example="C")
    purpose = fields.String(example="credit")
    year = fields.Integer(example=2026)
    last = fields.Integer(
        metadata={"description": "The last number that was given out"}, example=17
    )
    begun_at = fields.AwareDateTime(allow_none=True)


class SeriesSchema(ListSchema):
    series = fields.List(Nested(SeriesYearSchema))
