"""The callback of a payment provider: its server's request, and the buyer's way back."""

from typing import Any

from flask import Blueprint, redirect, request

from zone.core.clock import utc_now
from zone.passes.payments import flows
from zone.passes.payments.providers.protocol import Callback
from zone.web import way_back
from zone.web.auth import public
from zone.web.callbacks import called_from_outside
from zone.web.context import current_settings
from zone.web.problems import wants_page

pages = Blueprint("passes_payments_pages", __name__)


@pages.route("/payments/<provider>/callback", methods=["GET", "POST"])
@public
@called_from_outside
def callback(provider: str) -> Any:
    """Store a provider's signed notice. A browser goes on to its order, a server gets a 200.

    Both use this address by GET or POST, in any order and more than once.
    """
    order = flows.take_callback(
        current_settings(),
        provider,
        Callback(
            {name.lower(): value for name, value in request.headers.items()},
            request.args.to_dict(),
            request.get_data(),
        ),
        utc_now(),
    )
    # By what is asked for, not by the method: some banks send the browser back by POST. 303 makes
    # it a GET, with which the browser sends the session cookie (SameSite=Lax) again.
    if order is None:
        return redirect("/", 303) if wants_page() else {"order": None}
    if wants_page():
        response = redirect(f"/orders/{order.public_id}", 303)
        there = way_back.kept(response, str(order.public_id), current_settings())
        response.location = way_back.with_onward(response.location, there)
        return response
    return {"order": str(order.public_id)}
