"""The page of refunds that wait for a second person."""

import uuid
from collections.abc import Sequence
from typing import Final

from flask import Blueprint, render_template
from marshmallow import Schema
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.passes.refund_requests import queries, service
from zone.passes.refund_requests.queries import RefundRequestView
from zone.passes.refund_requests.schemas import RefundDeclineSchema
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.context import end_what_rests_on
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.looks import note_look

pages: Final = Blueprint("passes_refund_requests_pages", __name__, template_folder="templates")
PAGE: Final = "/desk/refunds"


@pages.get(PAGE)
@may(Permission.ORDERS_REFUND)
def waiting_refunds() -> str:
    """The refunds that wait, to confirm or to decline, and those that were decided."""
    return _page(FormState())


@pages.post(f"{PAGE}/<uuid:request_id>/confirmation")
@may(Permission.ORDERS_REFUND)
@shows_again
def confirm(request_id: uuid.UUID) -> Response:
    """Make a refund that another person has asked for."""

    def work(session: Session, _data: Data) -> Data:
        request = queries.request_row(session, request_id)
        service.confirm(session, current_actor(), request, utc_now())
        return {"member": queries.buyer_of_request(session, request)}

    def after(result: Data) -> str:
        end_what_rests_on([result["member"]], utc_now())
        return f"{PAGE}?done=confirmed"

    return forms.handle(Schema(), work, page=_page, then=after)


@pages.post(f"{PAGE}/<uuid:request_id>/decline")
@may(Permission.ORDERS_REFUND)
@shows_again
def decline(request_id: uuid.UUID) -> Response:
    """Decline a refund, or take back one's own request."""

    def work(session: Session, data: Data) -> Data:
        request = queries.request_row(session, request_id)
        service.decline(session, current_actor(), request, **data, now=utc_now())
        return {}

    return forms.handle(
        RefundDeclineSchema(),
        work,
        page=lambda state: _page(state, request_id),
        then=lambda _result: f"{PAGE}?done=declined",
    )


def _page(form: FormState, refused: uuid.UUID | None = None) -> str:
    now = utc_now()
    with reading() as session:
        waiting = queries.waiting_requests(session, now)
        decided = queries.decided_requests(session, now)
    note_look("refund_requests.view", "refund_requests")
    return requests_page(
        waiting,
        decided,
        form,
        reader=current_actor().public_id,
        refused=refused,
        done=one_time.done() or "",
    )


def requests_page(
    waiting: Sequence[RefundRequestView],
    decided: Sequence[RefundRequestView],
    form: FormState,
    *,
    reader: uuid.UUID,
    refused: uuid.UUID | None = None,
    done: str = "",
) -> str:
    """Render the page. `refused`: the request whose form was refused."""
    return render_template(
        "passes/refund_requests/refund_requests.html",
        waiting=waiting,
        decided=decided,
        form=form,
        reader=reader,
        refused=refused,
        done=done,
    )
