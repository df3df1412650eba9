"""The callback of the payment provider."""

from typing import Any

from flask import Blueprint, redirect, request

from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.passes.payments import service
from zone.passes.payments.providers.choice import provider_of
from zone.passes.receipts.rules import seller_of
from zone.web.auth import public
from zone.web.context import current_settings

pages = Blueprint("passes_payments_pages", __name__)


@pages.route("/payments/callback", methods=["GET", "POST"])
@public
def callback() -> Any:
    """Store a provider's signed notice, from the buyer's browser (GET) or its server (POST)."""
    settings = current_settings()
    provider = provider_of(settings)
    notice = provider.read(request.values.to_dict())
    with writing() as session:
        order = service.settle(session, provider.name, notice, utc_now(), seller_of(settings))
    if request.method == "POST":
        return {"order": str(order.public_id)}
    return redirect(f"/orders/{order.public_id}", 303)
