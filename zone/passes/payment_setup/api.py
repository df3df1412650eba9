"""JSON API of the payment providers: offered or not, and a trial."""

from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.passes.payment_setup import flows, queries, service
from zone.passes.payment_setup.schemas import ProviderOfferSchema, ProviderStatesSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import current_settings
from zone.web.refusals import refuses

api: Final = Blueprint("passes_payment_setup", __name__, tag="passes")


@api.get("/payment-providers")
@api.response(200, ProviderStatesSchema)
@may(Permission.SERVICE_WRITE)
def list_payment_providers() -> dict[str, Any]:
    """The providers of the settings; their secrets are in no answer."""
    return _states()


@api.put("/payment-providers/<name>/offer")
@api.arguments(ProviderOfferSchema)
@api.response(200, ProviderStatesSchema)
@may(Permission.SERVICE_WRITE)
@refuses(NOT_FOUND)
def offer_payment_provider(data: dict[str, Any], name: str) -> dict[str, Any]:
    """Let buyers choose a provider, or not any more. Payments that were started still count."""
    with writing() as session:
        service.switch_provider(
            session,
            current_actor(),
            name,
            offered=data["offered"],
            settings=current_settings(),
            now=utc_now(),
        )
    return _states()


@api.post("/payment-providers/<name>/try")
@api.response(200, ProviderStatesSchema)
@may(Permission.SERVICE_WRITE)
@refuses(NOT_FOUND)
def try_payment_provider(name: str) -> dict[str, Any]:
    """Ask a provider something that changes nothing, with our keys; `tried` says how it ended."""
    flows.try_provider(current_settings(), current_actor(), name, utc_now())
    return _states()


def _states() -> dict[str, Any]:
    with reading() as session:
        return {"payment_providers": queries.provider_states(session, current_settings())}
