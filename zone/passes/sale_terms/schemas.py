"""The JSON and the form of the terms of sale."""

from typing import Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.web import fields
from zone.web.schemas import ListSchema

MOST_TERMS: Final = 20_000
MOST_CONSENT: Final = 500
_TERMS: Final = validate.Length(1, MOST_TERMS)
_CONSENT: Final = validate.Length(1, MOST_CONSENT)


class TermsTextsSchema(Schema):
    """The terms in each language; `{days}` are the days of withdrawal. Paragraphs are apart."""

    fi = fields.LongText(required=True, validate=_TERMS, example="Hinnat sisältävät alv:n.")
    sv = fields.LongText(required=True, validate=_TERMS, example="Priserna innehåller moms.")
    en = fields.LongText(required=True, validate=_TERMS, example="Prices include VAT.")


class ConsentTextsSchema(Schema):
    """The words of the consent in each language; `{days}` are the days of withdrawal."""

    fi = fields.String(required=True, validate=_CONSENT, example="Haluan aloittaa heti.")
    sv = fields.String(required=True, validate=_CONSENT, example="Jag vill börja genast.")
    en = fields.String(required=True, validate=_CONSENT, example="I want to start at once.")


class NewSaleTermsSchema(Schema):
    valid_from = fields.Date(required=True, validate=validate.Range(EARLIEST.date(), LATEST.date()))
    terms = Nested(TermsTextsSchema, required=True)
    consent = Nested(ConsentTextsSchema, required=True)


class SaleTermsSchema(NewSaleTermsSchema):
    number = fields.Integer(metadata={"description": "The version, which orders name"}, example=1)


class SaleTermsListSchema(ListSchema):
    """All versions in the order in which they were set; of one day the last one holds."""

    sale_terms = fields.List(Nested(SaleTermsSchema))
