"""The page of the development provider: it takes no money and offers each outcome."""

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response as BaseResponse

from zone.core.clock import utc_now
from zone.core.errors import NOT_FOUND, DomainError
from zone.passes.payments.providers.development import (
    NAME,
    DevelopmentProvider,
    development_provider,
)
from zone.passes.payments.providers.protocol import OUTCOMES, AmountDue
from zone.web.auth import public
from zone.web.context import current_settings

pages = Blueprint(
    "passes_payments_dev_pay_pages", __name__, url_prefix="/dev-pay", template_folder="../templates"
)


@pages.get("/<reference>")
@public
def ask(reference: str) -> str:
    """Show the amount, and the buttons Pay, Decline and Cancel."""
    _, due = _payment(reference)
    return render_template("passes/payments/dev_pay.html", due=due)


@pages.post("/<reference>")
@public
def choose(reference: str) -> BaseResponse:
    """Redirect to the shop's callback with the chosen outcome, signed."""
    provider, due = _payment(reference)
    outcome = request.form.get("outcome", "")
    if outcome not in OUTCOMES:
        raise DomainError(NOT_FOUND)
    return redirect(provider.callback(due, outcome, utc_now()), 303)


def _payment(reference: str) -> tuple[DevelopmentProvider, AmountDue]:
    settings = current_settings()
    if NAME not in settings.payment_providers:
        raise DomainError(NOT_FOUND)
    provider = development_provider(settings.keys)
    return provider, provider.due(request.args.to_dict() | {"reference": reference})
