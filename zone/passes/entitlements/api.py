"""JSON API of what products let their holders do."""

from typing import Any

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND
from zone.core.identity import Permission
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import product_by_code
from zone.passes.entitlements import service
from zone.passes.entitlements.errors import NO_PASS_TO_ENTITLE
from zone.passes.entitlements.schemas import EntitlementsSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("passes_entitlements", __name__, tag="catalogue")


@api.get("/catalogue/<code>/entitlements")
@api.response(200, EntitlementsSchema)
@may(Permission.CATALOGUE_READ)
@refuses(NOT_FOUND)
def list_entitlements(code: str) -> dict[str, Any]:
    """When the passes of a product can be used, and what they give besides what they open."""
    with reading() as session:
        return _json(product_by_code(session, code))


@api.put("/catalogue/<code>/entitlements")
@api.arguments(EntitlementsSchema)
@api.response(200, EntitlementsSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(NOT_FOUND, NO_PASS_TO_ENTITLE, EDITED_MEANWHILE)
def keep_entitlements(data: dict[str, Any], code: str) -> dict[str, Any]:
    """Set all of them. They hold for what is ordered from then on; passes sold stay as sold."""
    with writing() as session:
        product = service.save_entitlements(session, current_actor(), code, **data, now=utc_now())
        return _json(product)


def _json(product: Product) -> dict[str, Any]:
    conditions = product.conditions
    return {
        "version": product.version,
        "hours": conditions.hours,
        "days_earlier": conditions.days_earlier,
        "companions": conditions.companions,
        "activities": conditions.activities,
    }
