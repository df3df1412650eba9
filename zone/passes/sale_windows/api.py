"""JSON API of the times in which products are sold."""

from typing import Any

from flask import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.passes.catalogue.queries import product_by_code
from zone.passes.sale_windows import queries, service
from zone.passes.sale_windows.errors import WINDOW_EXISTS, WINDOW_ORDER
from zone.passes.sale_windows.models import SaleWindow
from zone.passes.sale_windows.schemas import (
    SaleWindowQuerySchema,
    SaleWindowSchema,
    SaleWindowsSchema,
)
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("passes_sale_windows", __name__, tag="catalogue")


@api.get("/catalogue/<code>/sale-windows")
@api.response(200, SaleWindowsSchema)
@may(Permission.CATALOGUE_READ)
@refuses(NOT_FOUND)
def list_windows(code: str) -> dict[str, Any]:
    """When a product is sold; without any window it always is, where it has a price."""
    with reading() as session:
        product = product_by_code(session, code)
        return {"windows": queries.window_rows(session, product.id)}


@api.post("/catalogue/<code>/sale-windows")
@api.arguments(SaleWindowSchema)
@api.response(201, SaleWindowSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(NOT_FOUND, WINDOW_ORDER, WINDOW_EXISTS)
def add_window(data: dict[str, Any], code: str) -> SaleWindow:
    """Add a time in which a product is sold. Orders outside of them are refused with when it is."""
    with writing() as session:
        return service.add_window(session, current_actor(), code, **data, now=utc_now())


@api.delete("/catalogue/<code>/sale-windows")
@api.arguments(SaleWindowQuerySchema, location="query")
@api.response(204)
@may(Permission.CATALOGUE_WRITE)
@refuses(NOT_FOUND)
def remove_window(query: dict[str, Any], code: str) -> Response:
    """Remove the window that opens at an instant."""
    with writing() as session:
        service.remove_window(session, current_actor(), code, query["opens_at"], utc_now())
    return Response(status=204)
