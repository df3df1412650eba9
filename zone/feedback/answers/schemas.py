"""The JSON of answering. Instants are UTC; words come in the reader's language."""

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.feedback.surveys.rules import MOST_QUESTIONS
from zone.web.fields import AwareDateTime, Boolean, Dict, Integer, List, Raw, String
from zone.web.schemas import ListSchema, NamesSchema


class QuestionSchema(Schema):
    """`grade` is answered 1 to 5 or "cant_say", `text` in one's own words; the key question must be
    answered.
    """

    code = String(required=True, example="service")
    kind = String(required=True, example="class")
    is_key = Boolean(required=True)
    text = String(required=True)


class SurveySchema(Schema):
    """A survey as a person sees it.

    `state`: not_yet, open, answered (still open, but not for them), not_for_you or closed.
    """

    code = String(required=True, example="autumn-2026")
    title = String(required=True)
    wave = String(required=True)
    year = Integer(required=True, example=2026)
    opens_at = AwareDateTime(required=True)
    closes_at = AwareDateTime(required=True, example="2026-11-30T22:00:00+00:00")
    state = String(required=True, example="open")
    questions = List(Nested(QuestionSchema), required=True)
    campuses = List(
        String(),
        required=True,
        metadata={"description": "Where one mostly trains; empty: not asked."},
    )


class SheetSchema(Schema):
    """The answers by question code, and the campus where one mostly trains, if asked and if one
    likes.
    """

    answers = Dict(
        keys=String(), values=Raw(), required=True, validate=validate.Length(1, MOST_QUESTIONS)
    )
    campus = String(
        load_default=None, allow_none=True, validate=validate.Length(max=60), example="myllypuro"
    )


class ThanksSchema(Schema):
    """That the answers were taken. They cannot be read back or changed: nobody can tell whose they
    are.
    """

    state = String(required=True, example="open")


class OpenSurveySchema(Schema):
    """A survey that one may answer now."""

    code = String(required=True, example="autumn-2026")
    title = Nested(NamesSchema, required=True)
    closes_at = AwareDateTime(required=True, example="2026-11-30T22:00:00+00:00")


class OpenSurveysSchema(ListSchema):
    """The surveys that one may answer now and has not answered yet."""

    surveys = List(Nested(OpenSurveySchema), required=True)
