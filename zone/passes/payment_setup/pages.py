"""The managers' page of payment providers: offered or not, keys, callback, and a trial."""

from typing import Final

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.passes.payment_setup import flows, queries, service
from zone.web.auth import current_actor, may
from zone.web.context import current_settings

pages: Final = Blueprint("passes_payment_setup_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/payments"


@pages.get(PAGE)
@may(Permission.SERVICE_WRITE)
def payment_providers() -> str:
    """Show the providers of the settings; their secrets are on no page."""
    settings = current_settings()
    with reading() as session:
        providers = queries.provider_states(session, settings)
    return render_template(
        "passes/payment_setup/payment_providers.html", providers=providers, secure=settings.secure
    )


@pages.post(f"{PAGE}/<name>/offer")
@may(Permission.SERVICE_WRITE)
def offer_provider(name: str) -> Response:
    """Let buyers choose a provider, or not any more; safe to repeat."""
    with writing() as session:
        service.switch_provider(
            session,
            current_actor(),
            name,
            offered=request.form.get("offered") == "1",
            settings=current_settings(),
            now=utc_now(),
        )
    return redirect(PAGE, 303)


@pages.post(f"{PAGE}/<name>/try")
@may(Permission.SERVICE_WRITE)
def try_provider(name: str) -> Response:
    """Call a provider with our keys; how it ended stands on the page."""
    flows.try_provider(current_settings(), current_actor(), name, utc_now())
    return redirect(PAGE, 303)
