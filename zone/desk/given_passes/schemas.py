"""JSON of the passes that the desk can give."""

from marshmallow import Schema
from marshmallow.fields import Nested

from zone.web import fields
from zone.web.schemas import ListSchema, NamesSchema


class ProductToGiveSchema(Schema):
    code = fields.String(example="guest-day")
    kind = fields.String(example="guest")
    name = Nested(NamesSchema)


class ProductsToGiveSchema(ListSchema):
    products = fields.List(Nested(ProductToGiveSchema))
