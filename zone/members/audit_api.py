"""JSON of the audit."""

from typing import Any, Final

from zone.db import reading
from zone.http.auth import require
from zone.http.blueprint import Blueprint
from zone.members import audit
from zone.members.schemas import AuditQuerySchema, AuditRowsSchema

api: Final = Blueprint("audit", __name__, tag="audit")


@api.get("/audit")
@api.arguments(AuditQuerySchema, location="query")
@api.response(200, AuditRowsSchema)
@require("manager", "admin")
def list_audit(asked: dict[str, Any]) -> dict[str, Any]:
    """Staff actions, the newest first; of one object, of one person, or of a time. Errors: not_found (`after`)."""
    after, most = asked.pop("after"), asked.pop("most")
    with reading() as session:
        page = audit.rows(session, audit.Asked(**asked), after=after, most=most)
    return {"rows": page.rows, "next": page.next}
