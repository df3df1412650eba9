"""The JSON of surveys. Instants are UTC; words come in the reader's language."""

from marshmallow import Schema, validate
from marshmallow.fields import AwareDateTime, Boolean, Decimal, Dict, Integer, List, Nested, Raw, String

from zone.feedback.rules import MOST_QUESTIONS


class QuestionSchema(Schema):
    """`grade` is answered 1 to 5 or "cant_say", `text` in one's own words; the key question must be answered."""

    code = String(required=True)
    kind = String(required=True)
    is_key = Boolean(required=True)
    text = String(required=True)


class SurveySchema(Schema):
    """A survey as a person sees it. `state`: not_yet, open, answered (still open, but not for them), not_for_you
    or closed."""

    code = String(required=True)
    title = String(required=True)
    wave = String(required=True)
    year = Integer(required=True)
    opens_at = AwareDateTime(required=True)
    closes_at = AwareDateTime(required=True)
    state = String(required=True)
    questions = List(Nested(QuestionSchema), required=True)
    campuses = List(String(), required=True, metadata={"description": "Where one mostly trains; empty: not asked."})


class SheetSchema(Schema):
    """The answers by question code, and the campus where one mostly trains, if asked and if one likes."""

    answers = Dict(keys=String(), values=Raw(), required=True, validate=validate.Length(1, MOST_QUESTIONS))
    campus = String(load_default=None, allow_none=True, validate=validate.Length(max=60))


class ThanksSchema(Schema):
    """That the answers were taken. They cannot be read back or changed: nobody can tell whose they are."""

    state = String(required=True)


class ClosedSchema(Schema):
    """A closed survey: how many answered it."""

    code = String(required=True)
    closed_at = AwareDateTime(required=True)
    participants = Integer(required=True)


class CellSchema(Schema):
    """Answers to a graded question: how many, how many of them with a grade, and the unrounded mean."""

    n = Integer(required=True)
    graded = Integer(required=True)
    mean = Decimal(required=True, as_string=True, allow_none=True)


class QuestionResultsSchema(Schema):
    """A question's results; `figures` is null and `words` empty where fewer than five answered."""

    code = String(required=True)
    text = String(required=True)
    n = Integer(required=True)
    figures = Nested(CellSchema, required=True, allow_none=True)
    words = List(String(), required=True)


class ResultsSchema(Schema):
    """The results of a closed survey; empty while it is open. `campuses` leaves out what would be about too few."""

    code = String(required=True)
    questions = List(Nested(QuestionResultsSchema), required=True)
    campuses = Dict(keys=String(), values=Nested(CellSchema), required=True)
