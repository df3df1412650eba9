"""JSON API of the audit."""

from typing import Any, Final

from zone.core.audit import queries as audit_queries
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.operation.audit.schemas import AuditQuerySchema, AuditRowsSchema
from zone.web.auth import may
from zone.web.blueprint import Blueprint
from zone.web.looks import note_look
from zone.web.refusals import refuses

api: Final = Blueprint("operation_audit", __name__, tag="audit")


@api.get("/audit")
@api.arguments(AuditQuerySchema, location="query")
@api.response(200, AuditRowsSchema)
@may(Permission.AUDIT_READ)
@refuses(NOT_FOUND)
def list_audit(data: dict[str, Any]) -> dict[str, Any]:
    """Staff actions, the newest first; of one object, of one person, or of a time."""
    after, most = data.pop("after"), data.pop("most")
    with reading() as session:
        page = audit_queries.audit_page(
            session, audit_queries.AuditFilter(**data), after=after, most=most
        )
    asked = {name: value for name, value in data.items() if value is not None}
    # `after` and `most` are not there: the next page is the same look.
    note_look("audit.view", "audit", asked.pop("object_id", ""), detail=asked or None)
    return {"rows": page.rows, "next": page.next}
