"""JSON API of the parts of bundles."""

from typing import Any

from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import EDITED_MEANWHILE, NOT_FOUND
from zone.core.identity import Permission
from zone.passes.bundles import queries, service
from zone.passes.bundles.errors import COUNTS_TWICE, NO_BUNDLE, PART_IS_NO_PASS
from zone.passes.bundles.schemas import BundlePartsSchema, NewBundlePartsSchema
from zone.passes.catalogue.models import Product
from zone.passes.catalogue.queries import product_by_code
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("passes_bundles", __name__, tag="catalogue")


@api.get("/catalogue/<code>/parts")
@api.response(200, BundlePartsSchema)
@may(Permission.CATALOGUE_READ)
@refuses(NOT_FOUND)
def list_parts(code: str) -> dict[str, Any]:
    """What a bundle sells together; of another product nothing."""
    with reading() as session:
        return _parts_json(session, product_by_code(session, code))


@api.put("/catalogue/<code>/parts")
@api.arguments(NewBundlePartsSchema)
@api.response(200, BundlePartsSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(NOT_FOUND, NO_BUNDLE, PART_IS_NO_PASS, COUNTS_TWICE, EDITED_MEANWHILE)
def keep_parts(data: dict[str, Any], code: str) -> dict[str, Any]:
    """Set all parts of a bundle. It is sold once it has parts and a price; what is sold already
    stays as it was sold.
    """
    with writing() as session:
        product = service.save_parts(session, current_actor(), code, **data, now=utc_now())
        return _parts_json(session, product)


def _parts_json(session: Session, product: Product) -> dict[str, Any]:
    return {"version": product.version, "parts": queries.parts_of(session, product.id)}
