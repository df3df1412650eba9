"""The page of the audit."""

import uuid
from typing import Final

from flask import Blueprint, render_template, request

from zone.core.audit.queries import AuditFilter, audit_page
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.web.auth import may
from zone.web.looks import note_look
from zone.web.problems import BAD_REQUEST

pages: Final = Blueprint("operation_audit_pages", __name__, template_folder="templates")
LONGEST_OBJECT: Final = 200


@pages.get("/manage/audit")
@may(Permission.AUDIT_READ)
def audit() -> str:
    """Staff actions, the newest first; of one `?object=`, and those before the row `?after=`."""
    object_id = request.args.get("object", "")[:LONGEST_OBJECT] or None
    with reading() as session:
        page = audit_page(
            session, AuditFilter(object_id=object_id), after=_row_id(request.args.get("after"))
        )
    note_look("audit.view", "audit", object_id or "")
    return render_template(
        "operation/audit/audit.html", rows=page.rows, object_id=object_id, more=page.next
    )


def _row_id(text: str | None) -> uuid.UUID | None:
    if not text:
        return None
    try:
        return uuid.UUID(text)
    except ValueError as error:
        raise DomainError(BAD_REQUEST) from error
