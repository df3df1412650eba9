"""The JSON of terms as managers see and change them."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.web.fields import Boolean, Date, Integer, List, String
from zone.web.schemas import ListSchema

_day = validate.Range(EARLIEST.date(), LATEST.date())


class TermWeekSchema(Schema):
    """An ISO week of a term; only regular ones count in the weekly hours."""

    year = Integer(example=2026)
    week = Integer()
    regular = Boolean()


class TermSchema(Schema):
    """A term, both days included, with its weeks."""

    code = String(example="2026-autumn")
    kind = String(example="class")
    starts_on = Date()
    ends_on = Date(example="2026-12-31")
    weeks = List(Nested(TermWeekSchema))


class TermsSchema(ListSchema):
    """Every term, the latest first."""

    terms = List(Nested(TermSchema))


class NewTermSchema(Schema):
    """A term to come; its code is made of its year and kind."""

    kind = String(required=True, validate=validate.OneOf(["spring", "summer", "autumn"]))
    starts_on = Date(required=True, validate=_day)
    ends_on = Date(required=True, validate=_day, example="2026-12-31")


class WeekRequest(Schema):
    """Whether a week counts in the weekly hours."""

    regular = Boolean(required=True)
