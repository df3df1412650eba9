"""The JSON of drafts and of published surveys. Instants are UTC."""

from typing import Any

from marshmallow import Schema, ValidationError, validate, validates_schema
from marshmallow.fields import Nested

from zone.core.time import EARLIEST, LATEST
from zone.feedback.surveys.rules import AUDIENCES, MOST_QUESTIONS, MOST_TEXTS
from zone.web.fields import UUID, AwareDateTime, Boolean, Date, Integer, List, String
from zone.web.schemas import ListSchema, NamesSchema


class ClosedSchema(Schema):
    """A closed survey: how many answered it."""

    code = String(required=True, example="autumn-2026")
    closed_at = AwareDateTime(required=True)
    participants = Integer(required=True)


class WordsSchema(Schema):
    """A sentence in the three languages of the service."""

    fi = String(required=True, validate=validate.Length(1, 400), example="Aamun voima")
    sv = String(required=True, validate=validate.Length(1, 400), example="Morgonstyrka")
    en = String(required=True, validate=validate.Length(1, 400), example="Morning strength")


class NewQuestionSchema(Schema):
    """A question to ask; exactly one, a grade, is the key question of the targets."""

    kind = String(load_default="grade", validate=validate.OneOf(["grade", "text"]))
    is_key = Boolean(load_default=False)
    text = Nested(WordsSchema, required=True)


class DraftSchema(Schema):
    """A survey in preparation. Both days are included, Helsinki time.

    `audience`: who has or had a pass in its term, or all with a proven right to use the service.
    """

    wave = String(required=True, validate=validate.OneOf(["spring", "autumn"]))
    year = Integer(
        required=True,
        strict=True,
        validate=validate.Range(EARLIEST.year, LATEST.year - 1),
        example=2026,
    )
    title = Nested(NamesSchema, required=True)
    opens_on = Date(required=True, validate=validate.Range(EARLIEST.date(), LATEST.date()))
    closes_on = Date(required=True, validate=validate.Range(EARLIEST.date(), LATEST.date()))
    audience = String(load_default="pass", validate=validate.OneOf(AUDIENCES))
    by_campus = Boolean(load_default=False)
    questions = List(
        Nested(NewQuestionSchema), required=True, validate=validate.Length(1, MOST_QUESTIONS)
    )

    @validates_schema
    def check_days(self, data: dict[str, Any], **_: Any) -> None:
        first, last = data.get("opens_on"), data.get("closes_on")
        if first and last and last < first:
            raise ValidationError("The last day cannot be before the first.", "closes_on")

    @validates_schema
    def check_questions(self, data: dict[str, Any], **_: Any) -> None:
        questions = [item for item in data.get("questions", []) if "text" in item]
        keys = [item for item in questions if item["is_key"]]
        texts = [item for item in questions if item["kind"] == "text"]
        if len(keys) != 1 or keys[0]["kind"] != "grade" or len(texts) > MOST_TEXTS:
            raise ValidationError(
                "Choose exactly one key question, which is a grade. At most one question can have "
                "free text.",
                "questions",
            )


class VersionSchema(Schema):
    """The version that the editor saw; another one since then is a conflict."""

    version = Integer(required=True, validate=validate.Range(1, 2**31 - 1))


class VersionFormSchema(VersionSchema):
    """A button of the form of a draft, and the version of the draft that the form showed."""

    action = String(required=True, validate=validate.OneOf(["save", "publish", "discard"]))


class DraftFormSchema(DraftSchema, VersionFormSchema):
    """The form of a draft."""


class DraftChangeSchema(DraftSchema, VersionSchema):
    """A draft as it shall be."""


class KeptDraftSchema(DraftSchema, VersionSchema):
    """A draft as it is kept."""

    id = UUID(required=True)
    changed_at = AwareDateTime(required=True)


class DraftsSchema(ListSchema):
    """Surveys in preparation, the latest changed first."""

    drafts = List(Nested(KeptDraftSchema), required=True)


class SurveyStateSchema(Schema):
    """A survey in the list of those who run it. `state`: not_yet, open, due (closes at the next
    minute) or closed.
    """

    code = String(required=True, example="autumn-2026")
    title = Nested(NamesSchema, required=True)
    wave = String(required=True)
    year = Integer(required=True, example=2026)
    opens_at = AwareDateTime(required=True)
    closes_at = AwareDateTime(required=True, example="2026-11-30T22:00:00+00:00")
    audience = String(required=True)
    state = String(required=True, example="open")
    participants = Integer(required=True)
    invited = Integer(required=True, metadata={"description": "How many the audience covers"})


class SurveyListSchema(ListSchema):
    """Every survey, the latest first."""

    surveys = List(Nested(SurveyStateSchema), required=True)
