"""JSON and the form of how long the books are kept."""

from typing import Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.passes.retention.rules import LEAST_YEARS, MOST_YEARS
from zone.web import fields
from zone.web.schemas import ListSchema

_DAY: Final = validate.Range(EARLIEST.date(), LATEST.date())


class BookkeepingRulesSchema(Schema):
    last_month = fields.Integer(
        required=True,
        validate=validate.Range(1, 12),
        metadata={"description": "The accounting year ends with the last day of this month"},
        example=12,
    )
    years_kept = fields.Integer(
        required=True,
        validate=validate.Range(LEAST_YEARS, MOST_YEARS),
        metadata={"description": "So many years after it the books are deleted"},
        example=LEAST_YEARS,
    )


class DatedBookkeepingRulesSchema(BookkeepingRulesSchema):
    """How long the books are kept, from a day on."""

    valid_from = fields.Date(required=True, validate=_DAY)


class ListedBookkeepingRulesSchema(Schema):
    valid_from = fields.Date()
    rules = Nested(BookkeepingRulesSchema)


class BookkeepingRulesListSchema(ListSchema):
    """All rules in the order in which they were set; of one day the last ones hold."""

    bookkeeping_rules = fields.List(Nested(ListedBookkeepingRulesSchema))


class DeletedNumbersSchema(Schema):
    series = fields.String(metadata={"description": "Empty: the web, without a code"}, example="")
    year = fields.Integer(example=2020)
    first = fields.Integer(example=1)
    last = fields.Integer(example=4817)
    count = fields.Integer(example=4817)


class CertificateSchema(Schema):
    ended_on = fields.Date(metadata={"description": "The last day of the accounting year"})
    years_kept = fields.Integer(example=LEAST_YEARS)
    deleted_at = fields.AwareDateTime()
    counts = fields.Dict(
        keys=fields.String(),
        values=fields.Integer(),
        metadata={"description": "How many rows of each table were deleted"},
    )
    digest = fields.String(
        metadata={"description": "SHA-256 of the deleted rows, in hexadecimal"}, example="9f" * 32
    )
    numbers = fields.List(Nested(DeletedNumbersSchema))


class CertificatesSchema(ListSchema):
    certificates = fields.List(Nested(CertificateSchema))
