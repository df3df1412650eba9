"""JSON API of the outbox."""

import uuid
from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.core.mail.models import OutboxMail
from zone.operation.mail import queries, service
from zone.operation.mail.errors import MAIL_GONE
from zone.operation.mail.schemas import MailSchema, MailsQuerySchema, MailsSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.looks import note_look
from zone.web.refusals import refuses

api: Final = Blueprint("operation_mail", __name__, tag="jobs")


@api.get("/mails")
@api.arguments(MailsQuerySchema, location="query")
@api.response(200, MailsSchema)
@may(Permission.OPERATION_READ)
def list_mails(data: dict[str, Any]) -> dict[str, Any]:
    """Mails in a state, the newest first, without their words, and how many there are of each
    state.
    """
    with reading() as session:
        mails = queries.mails(session, data["state"], data["most"])
        counts = queries.mail_counts(session)
    if mails:
        note_look("mails.view", "mail", detail={"states": [data["state"]]})
    return {"mails": [_mail(mail) for mail in mails], "counts": counts}


@api.post("/mails/<uuid:mail_id>/resend")
@api.response(202, MailSchema)
@may(Permission.MAIL_RESEND)
@refuses(NOT_FOUND, MAIL_GONE)
def resend_mail(mail_id: uuid.UUID) -> dict[str, Any]:
    """Let a mail that waits or was refused go with the next delivery; doing it again changes
    nothing more.
    """
    with writing() as session:
        return _mail(service.send_again(session, current_actor(), mail_id, utc_now()))


def _mail(mail: OutboxMail) -> dict[str, Any]:
    return {
        "id": mail.public_id,
        "template": mail.template,
        "recipient": mail.recipient,
        "state": mail.state,
        "attempts": mail.attempts,
        "created_at": mail.created_at,
        "due_at": mail.due_at,
        "error": mail.last_error,
        "resendable": mail.state in ("waiting", "refused") and mail.body != "",
    }
