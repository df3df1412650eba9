"""The shop: prices for everybody, what one may buy, and the one step before it. Plain links."""

from datetime import timedelta
from typing import Final

from flask import Blueprint, render_template, request

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.time import helsinki_date
from zone.passes.receipts.queries import seller_of
from zone.passes.shop.queries import ShopRequest, shop_page
from zone.passes.shop.views import ROLES, ShopPage
from zone.web.auth import public, reader_id
from zone.web.context import current_settings
from zone.web.language import language
from zone.web.way_back import onward

pages: Final = Blueprint("passes_shop_pages", __name__, template_folder="templates")


@pages.get("/buy")
@public
def shop() -> str:
    """Show prices, what the reader holds and may buy, or the one step before they can."""
    settings, chosen = current_settings(), request.args.get("role")
    asked = ShopRequest(
        member_id=reader_id(),
        role=next((role for role in ROLES if role == chosen), None),
        onward=onward(),
        warn=timedelta(days=settings.pass_warning_days),
        language=language(),
        now=utc_now(),
    )
    with reading() as session:
        return render_page(shop_page(session, asked, seller_of(session, settings)))


def render_page(page: ShopPage) -> str:
    """Show the shop."""
    return render_template("passes/shop/shop.html", page=page, today=helsinki_date(utc_now()))
