"""JSON API of VAT rates for managers."""

from decimal import Decimal
from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.passes.catalogue.errors import START_TOO_SOON
from zone.passes.vat_rates import queries, service
from zone.passes.vat_rates.errors import VAT_RATE_CHANGED
from zone.passes.vat_rates.schemas import NewVatRateSchema, VatRatesSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("passes_vat_rates", __name__, tag="catalogue")


@api.get("/vat-rates")
@api.response(200, VatRatesSchema)
@may(Permission.CATALOGUE_READ)
def list_vat_rates() -> dict[str, Any]:
    """The VAT rates of each category, past and to come."""
    with reading() as session:
        return {"categories": queries.rates_by_category(session)}


@api.post("/vat-rates")
@api.arguments(NewVatRateSchema)
@api.response(200, VatRatesSchema)
@may(Permission.SERVICE_WRITE)
@refuses(START_TOO_SOON, VAT_RATE_CHANGED)
def set_vat_rate(data: dict[str, Any]) -> dict[str, Any]:
    """Set the VAT rate of a category from a day of supply on. The same day again corrects it;
    receipts already written keep theirs.
    """
    percent = Decimal(data.pop("rate_bp")) / 100
    with writing() as session:
        service.plan_vat_rate(session, current_actor(), **data, percent=percent, now=utc_now())
        return {"categories": queries.rates_by_category(session)}
