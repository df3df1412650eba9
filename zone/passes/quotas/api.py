"""JSON API of quotas for managers."""

from typing import Any

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.text import CODE
from zone.passes.quotas import queries, service
from zone.passes.quotas.errors import QUOTA_EXISTS, QUOTA_TAKEN
from zone.passes.quotas.schemas import QuotaChangeSchema, QuotaSchema, QuotasSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("passes_quotas", __name__, tag="catalogue")


@api.get("/quotas")
@api.response(200, QuotasSchema)
@may(Permission.CATALOGUE_READ)
def list_quotas() -> dict[str, Any]:
    """Every quota, with how many of its places are taken."""
    with reading() as session:
        return {"quotas": queries.quotas(session)}


@api.put("/quotas/<code>")
@api.arguments(QuotaChangeSchema)
@api.response(200, QuotaSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(NOT_FOUND, QUOTA_TAKEN, QUOTA_EXISTS, EDITED_MEANWHILE)
def keep_quota(data: dict[str, Any], code: str) -> queries.QuotaView:
    """Add a quota, or change the one with that code. A code has 1 to 40 of a-z, 0-9 and -."""
    if not CODE.fullmatch(code):
        raise DomainError(NOT_FOUND)
    with writing() as session:
        quota = service.save_quota(session, current_actor(), code, **data, now=utc_now())
        return queries.quota_view(session, quota)
