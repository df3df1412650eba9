"""JSON API of refunds that wait for a second person."""

import uuid
from typing import Any, Final

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import NOT_FOR_YOURSELF, Permission
from zone.passes.credit_notes.errors import CREDIT_TOO_HIGH
from zone.passes.payments.errors import ALREADY_REFUNDED
from zone.passes.refund_requests import queries, service
from zone.passes.refund_requests.errors import REQUEST_CLOSED, SAME_PERSON
from zone.passes.refund_requests.queries import RefundRequestView
from zone.passes.refund_requests.schemas import (
    RefundDeclineSchema,
    RefundRequestSchema,
    RefundRequestsSchema,
)
from zone.passes.tills.errors import TILL_CLOSED, TILL_SHORT
from zone.passes.upgrades.errors import PASS_UPGRADED
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import end_what_rests_on
from zone.web.looks import note_look
from zone.web.refusals import refuses

api: Final = Blueprint("passes_refund_requests", __name__, tag="passes")


@api.get("/refund-requests")
@api.response(200, RefundRequestsSchema)
@may(Permission.ORDERS_REFUND)
def list_refund_requests() -> dict[str, Any]:
    """The refunds above the limit that wait for a second person, the oldest first."""
    note_look("refund_requests.view", "refund_requests")
    with reading() as session:
        return {"refund_requests": queries.waiting_requests(session, utc_now())}


@api.post("/refund-requests/<uuid:request_id>/confirmation")
@api.response(200, RefundRequestSchema)
@may(Permission.ORDERS_REFUND)
@refuses(
    NOT_FOUND,
    NOT_FOR_YOURSELF,
    SAME_PERSON,
    REQUEST_CLOSED,
    ALREADY_REFUNDED,
    CREDIT_TOO_HIGH,
    PASS_UPGRADED,
    TILL_CLOSED,
    TILL_SHORT,
)
def confirm_refund(request_id: uuid.UUID) -> RefundRequestView:
    """Make a refund that another person has asked for; never the one who asked."""
    now = utc_now()
    with writing() as session:
        request = queries.request_row(session, request_id)
        service.confirm(session, current_actor(), request, now)
        buyer = queries.buyer_of_request(session, request)
        view = queries.request_view(session, request_id, now)
    end_what_rests_on([buyer], now)
    return view


@api.post("/refund-requests/<uuid:request_id>/decline")
@api.arguments(RefundDeclineSchema)
@api.response(200, RefundRequestSchema)
@may(Permission.ORDERS_REFUND)
@refuses(NOT_FOUND, REQUEST_CLOSED)
def decline_refund(data: dict[str, Any], request_id: uuid.UUID) -> RefundRequestView:
    """Decline a refund that another person has asked for, or take back one's own request."""
    now = utc_now()
    with writing() as session:
        request = queries.request_row(session, request_id)
        service.decline(session, current_actor(), request, note=data["note"], now=now)
        return queries.request_view(session, request_id, now)
