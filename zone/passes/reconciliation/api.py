"""JSON API of the differences between payment providers and our books."""

import uuid
from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.passes.payments.errors import ALREADY_REFUNDED
from zone.passes.reconciliation import queries, service
from zone.passes.reconciliation.errors import FIX_WAITS, NO_FIX
from zone.passes.reconciliation.queries import FixPlan
from zone.passes.reconciliation.schemas import (
    DifferenceFixSchema,
    DifferenceNoteSchema,
    FixPlanSchema,
    PaymentDifferencesSchema,
)
from zone.passes.refund_requests.errors import SAME_PERSON
from zone.passes.refund_requests.schemas import RefundDeclineSchema
from zone.passes.upgrades.errors import PASS_UPGRADED
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import refuses

api: Final = Blueprint("passes_reconciliation", __name__, tag="passes")


@api.get("/payment-differences")
@api.response(200, PaymentDifferencesSchema)
@may(Permission.SERVICE_WRITE)
def list_differences() -> dict[str, Any]:
    """The payments on which a provider and our books differ, and what mending each one does."""
    with reading() as session:
        return {"payment_differences": queries.open_differences(session, utc_now())}


@api.post("/payment-differences/<uuid:difference>/fix")
@api.arguments(DifferenceFixSchema)
@api.response(200, FixPlanSchema)
@may(Permission.DIFFERENCES_FIX)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, NO_FIX, ALREADY_REFUNDED, PASS_UPGRADED, FIX_WAITS)
def fix_difference(data: dict[str, Any], difference: uuid.UUID) -> FixPlan:
    """Mend a difference as its `fix` says, or ask for a second person where that says so.

    Who paid is told by mail when it is mended.
    """
    with writing() as session:
        return service.fix_difference(session, current_actor(), difference, **data, now=utc_now())


@api.post("/payment-differences/<uuid:difference>/fix/confirmation")
@api.arguments(DifferenceFixSchema)
@api.response(200, FixPlanSchema)
@may(Permission.DIFFERENCES_FIX)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF, NO_FIX, ALREADY_REFUNDED, PASS_UPGRADED, SAME_PERSON)
def confirm_fix(data: dict[str, Any], difference: uuid.UUID) -> FixPlan:
    """Mend a difference as another person has asked; never the one who asked."""
    with writing() as session:
        return service.confirm_fix(session, current_actor(), difference, **data, now=utc_now())


@api.post("/payment-differences/<uuid:difference>/fix/decline")
@api.arguments(RefundDeclineSchema)
@api.response(204)
@may(Permission.DIFFERENCES_FIX)
@refuses(NOT_FOUND)
def decline_fix(data: dict[str, Any], difference: uuid.UUID) -> None:
    """Decline what another person has asked for, or take back one's own request."""
    with writing() as session:
        service.decline_fix(session, current_actor(), difference, **data, now=utc_now())


@api.post("/payment-differences/<uuid:difference>/note")
@api.arguments(DifferenceNoteSchema)
@api.response(204)
@may(Permission.SERVICE_WRITE)
@refuses(NOT_FOUND, NOT_FOR_YOURSELF)
def note_difference(data: dict[str, Any], difference: uuid.UUID) -> None:
    """Record what was done about a difference; it is then not listed any more."""
    with writing() as session:
        service.note_difference(session, current_actor(), difference, **data, now=utc_now())
