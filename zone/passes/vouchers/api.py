"""JSON API of discount codes for managers."""

from typing import Any

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.passes.vouchers import queries, service
from zone.passes.vouchers.errors import VOUCHER_EXISTS, VOUCHER_UNKNOWN
from zone.passes.vouchers.queries import VoucherView
from zone.passes.vouchers.schemas import NewVoucherSchema, VoucherSchema, VouchersSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api = Blueprint("passes_vouchers", __name__, tag="catalogue")


@api.get("/vouchers")
@api.response(200, VouchersSchema)
@may(Permission.CATALOGUE_WRITE)
def list_vouchers() -> dict[str, Any]:
    """Every discount code, the newest first. Who has a code can use it, so only managers see it."""
    with reading() as session:
        return {"vouchers": queries.vouchers(session)}


@api.post("/vouchers")
@api.arguments(NewVoucherSchema)
@api.response(201, VoucherSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(NOT_FOUND, VOUCHER_EXISTS, VOUCHER_UNKNOWN)
def create_voucher(data: dict[str, Any]) -> VoucherView:
    """Make a discount code; what it takes off never changes."""
    with writing() as session:
        row = service.create_voucher(session, current_actor(), **data, now=utc_now())
        return queries.voucher_view(row, sorted(set(data["products"])))


@api.post("/vouchers/<code>/end")
@api.response(200, VoucherSchema)
@may(Permission.CATALOGUE_WRITE)
@refuses(NOT_FOUND)
def end_voucher(code: str) -> VoucherView:
    """End a discount code; orders that were placed with it keep it."""
    with writing() as session:
        row = service.end_voucher(session, current_actor(), code, utc_now())
        return next(one for one in queries.vouchers(session) if one.code == row.code)
