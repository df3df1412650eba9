"""The JSON and the forms of feedback on accessibility."""

from typing import Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.web import fields
from zone.web.schemas import ListSchema

LONGEST: Final = 4000
_TEXT: Final = validate.Length(1, LONGEST)
_MAIL: Final = validate.Regexp(r"(|[^@\s<>]{1,64}@[A-Za-z0-9.-]{1,190})\Z")


class FeedbackFormSchema(Schema):
    """What somebody writes about accessibility; `form` is the id of the form."""

    form = fields.UUID(required=True)
    message = fields.LongText(required=True, validate=_TEXT)
    email = fields.String(load_default="", validate=_MAIL)


class AccessibilityAnswerSchema(Schema):
    """The answer to a piece of feedback."""

    answer = fields.LongText(required=True, validate=_TEXT, example="Thank you. We mended it.")


class AccessibilityFeedbackSchema(Schema):
    """A piece of feedback on accessibility; an empty `email` asked for no answer."""

    id = fields.UUID()
    message = fields.String(example="The chart has no text.")
    email = fields.String(example="aino@example.org")
    received_at = fields.AwareDateTime()
    due_on = fields.Date(example="2026-12-13")
    state = fields.String(validate=validate.OneOf(("open", "overdue", "answered")), example="open")
    answered_at = fields.AwareDateTime(allow_none=True)
    answer = fields.String(allow_none=True, example="Thank you. We mended it.")


class AccessibilityFeedbackListSchema(ListSchema):
    """All feedback: what is not answered first, by its due date."""

    feedback = fields.List(Nested(AccessibilityFeedbackSchema))
