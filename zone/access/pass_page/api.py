"""JSON API of one's own pass."""

from typing import Any

from zone.access.pass_page import queries, schemas
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.language import language

api = Blueprint("access_pass_page", __name__, tag="access")


@api.get("/me/pass")
@api.arguments(schemas.OwnPassQuerySchema, location="query")
@api.response(200, schemas.OwnPassSchema)
@may(Permission.PASSES_READ)
def show_pass(query: dict[str, Any]) -> dict[str, Any]:
    """One's pass as the pass page shows it; `kid` marks the phone that asks."""
    now = utc_now()
    with reading() as session:
        return queries.own_pass(
            session, current_actor().id, kid=query["kid"], language=language(), now=now
        )
