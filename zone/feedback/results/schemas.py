"""The JSON of results."""

from marshmallow import Schema
from marshmallow.fields import Nested

from zone.web.fields import Decimal, Dict, Integer, List, String


class CellSchema(Schema):
    """Answers to a graded question: how many, how many of them with a grade, and the mean.

    The mean is unrounded. Where one to four people gave a grade or could not say, `graded` is null,
    and the mean is rounded down to one or two decimals or null.
    """

    n = Integer(required=True)
    graded = Integer(required=True, allow_none=True)
    mean = Decimal(required=True, allow_none=True)


class QuestionResultsSchema(Schema):
    """A question's results; `n` and `figures` are null and `words` empty where fewer than five
    answered.
    """

    code = String(required=True, example="service")
    text = String(required=True)
    n = Integer(required=True, allow_none=True)
    figures = Nested(CellSchema, required=True, allow_none=True)
    words = List(String(), required=True)


class ResultsSchema(Schema):
    """The results of a closed survey; empty while it is open. `campuses` leaves out what would be
    about too few.
    """

    code = String(required=True, example="autumn-2026")
    questions = List(Nested(QuestionResultsSchema), required=True)
    campuses = Dict(keys=String(), values=Nested(CellSchema), required=True)
