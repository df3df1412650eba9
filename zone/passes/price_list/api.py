"""JSON API of the public price list."""

from typing import Any

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.time import helsinki_date
from zone.passes.price_list.queries import price_list_on
from zone.passes.price_list.schemas import PriceListQuerySchema, PriceListSchema, prices_json
from zone.web.auth import public
from zone.web.blueprint import Blueprint

api = Blueprint("passes_price_list", __name__, tag="passes")


@api.get("/prices")
@api.arguments(PriceListQuerySchema, location="query")
@api.response(200, PriceListSchema)
@public
def show_prices(query: dict[str, Any]) -> dict[str, Any]:
    """What everybody may buy, at the price of their group, on a day, and what it costs later."""
    day = query["day"] or helsinki_date(utc_now())
    with reading() as session:
        return {"day": day, "prices": prices_json(price_list_on(session, day))}
