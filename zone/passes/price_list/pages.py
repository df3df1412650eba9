"""The price list: that of today for everybody, that of any day for managers."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from flask import Blueprint, render_template, request

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.time import helsinki_date, parse_day
from zone.passes.price_list.queries import price_list_on
from zone.passes.shop.views import RolePrices
from zone.web.auth import may, public

pages: Final = Blueprint("passes_price_list_pages", __name__, template_folder="templates")


@pages.get("/prices")
@public
def price_list() -> str:
    """Show today's price list to everybody."""
    today = helsinki_date(utc_now())
    with reading() as session:
        return list_page(price_list_on(session, today), today)


def list_page(roles: Sequence[RolePrices], day: date) -> str:
    """Return the public page of a price list."""
    return render_template("passes/price_list/prices.html", roles=roles, day=day)


@pages.get("/manage/prices")
@may(Permission.CATALOGUE_READ)
def dated_price_list() -> str:
    """Show the price list of the day in `?day=`; of today where that is missing or no date."""
    try:
        day = parse_day(request.args.get("day", ""))
    except ValueError:
        day = helsinki_date(utc_now())
    with reading() as session:
        return manage_page(price_list_on(session, day), day)


def manage_page(roles: Sequence[RolePrices], day: date) -> str:
    """Return the managers' page of the price list of a day."""
    return render_template("passes/price_list/manage_prices.html", roles=roles, day=day)
