"""JSON API of feedback on accessibility, for managers."""

import uuid
from typing import Any

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.feedback.accessibility import queries, schemas, service
from zone.feedback.accessibility.errors import FEEDBACK_ANSWERED
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.looks import note_look
from zone.web.refusals import refuses

api = Blueprint("feedback_accessibility", __name__, tag="feedback")


@api.get("/accessibility-feedback")
@api.response(200, schemas.AccessibilityFeedbackListSchema)
@may(Permission.SERVICE_WRITE)
def list_accessibility_feedback() -> dict[str, Any]:
    """All feedback on accessibility: what is not answered first, by its due date."""
    note_look("accessibility_feedback.view", "accessibility_feedback")
    with reading() as session:
        return {"feedback": queries.feedback(session, utc_now())}


@api.post("/accessibility-feedback/<uuid:feedback_id>/answer")
@api.arguments(schemas.AccessibilityAnswerSchema)
@api.response(204)
@may(Permission.SERVICE_WRITE)
@refuses(NOT_FOUND, FEEDBACK_ANSWERED)
def answer_accessibility_feedback(data: dict[str, Any], feedback_id: uuid.UUID) -> None:
    """Answer feedback, by mail where its sender left an address."""
    with writing() as session:
        service.answer(session, current_actor(), feedback_id, text=data["answer"], now=utc_now())
