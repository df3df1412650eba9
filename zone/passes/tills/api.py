"""JSON API of tills: open, cash in and out, close."""

from typing import Any, Final

from flask import Response
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.text import CODE
from zone.passes.tills import queries, service
from zone.passes.tills.errors import (
    CASH_TOO_LOW,
    DIFFERENCE_REASON,
    SERIES_TAKEN,
    TILL_CHANGED,
    TILL_CLOSED,
    TILL_EXISTS,
    TILL_OPEN,
)
from zone.passes.tills.rules import CountedMethod
from zone.passes.tills.schemas import (
    CashMovementSchema,
    ClosedDaysSchema,
    TillChangeSchema,
    TillCloseSchema,
    TillOpenSchema,
    TillSchema,
    TillSeriesSchema,
    TillsSchema,
)
from zone.web import idempotency_key
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.refusals import idempotent, refuses
from zone.web.schemas import dump_json

api: Final = Blueprint("passes_tills", __name__, tag="desk")


@api.get("/tills")
@api.response(200, TillsSchema)
@may(Permission.DESK_USE)
def list_tills() -> dict[str, Any]:
    """The tills, and what is expected in those that are open."""
    with reading() as session:
        return {"tills": queries.till_views(session, utc_now())}


@api.put("/tills/<code>")
@api.arguments(TillChangeSchema)
@api.response(200, TillSchema)
@may(Permission.SERVICE_WRITE)
@refuses(NOT_FOUND, TILL_EXISTS)
def add_till(data: dict[str, Any], code: str) -> queries.TillView:
    """Add a till to a campus. Its code has 1 to 40 of a-z, 0-9 and -, and stays."""
    if not CODE.fullmatch(code):
        raise DomainError(NOT_FOUND)
    with writing() as session:
        service.add_till(session, current_actor(), code, **data, now=utc_now())
        return queries.till_view(session, code, utc_now())


@api.put("/tills/<code>/series")
@api.arguments(TillSeriesSchema)
@api.response(200, TillSchema)
@may(Permission.SERVICE_WRITE)
@refuses(NOT_FOUND, SERIES_TAKEN)
def set_till_series(data: dict[str, Any], code: str) -> queries.TillView:
    """Number the receipts of a till in a series of its own, from the next sale on."""
    with writing() as session:
        service.set_series(session, current_actor(), code, **data, now=utc_now())
        return queries.till_view(session, code, utc_now())


@api.get("/tills/<code>/days")
@api.response(200, ClosedDaysSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND)
def list_till_days(code: str) -> dict[str, Any]:
    """The days of a till that were closed, the newest first."""
    with reading() as session:
        till = queries.till_by_code(session, code)
        return {"days": queries.closed_days(session, till.id)}


@api.post("/tills/<code>/opening")
@api.arguments(TillOpenSchema)
@api.response(201, TillSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, TILL_OPEN)
@idempotent
def open_till(data: dict[str, Any], code: str) -> Response:
    """Open a till with the cash that is in it."""

    def work(session: Session) -> dict[str, Any]:
        service.open_till(session, current_actor(), code, **data, now=utc_now())
        return dump_json(TillSchema(), queries.till_view(session, code, utc_now()))

    return idempotency_key.answer_once(201, work)


@api.post("/tills/<code>/cash")
@api.arguments(CashMovementSchema)
@api.response(201, TillSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, TILL_CLOSED, CASH_TOO_LOW)
@idempotent
def move_cash(data: dict[str, Any], code: str) -> Response:
    """Put cash into a till or take it out, with a reason. Send an Idempotency-Key."""

    def work(session: Session) -> dict[str, Any]:
        service.move_cash(session, current_actor(), code, **data, now=utc_now())
        return dump_json(TillSchema(), queries.till_view(session, code, utc_now()))

    return idempotency_key.answer_once(201, work)


@api.post("/tills/<code>/close")
@api.arguments(TillCloseSchema)
@api.response(201, TillSchema)
@may(Permission.DESK_USE)
@refuses(NOT_FOUND, TILL_CLOSED, TILL_CHANGED, DIFFERENCE_REASON)
@idempotent
def close_till(data: dict[str, Any], code: str) -> Response:
    """Close a till as it was counted; who is signed in signs it."""
    counted = [CountedMethod(**one) for one in data["counted"]]

    def work(session: Session) -> dict[str, Any]:
        service.close_till(
            session, current_actor(), code, seen=data["seen"], counted=counted, now=utc_now()
        )
        return dump_json(TillSchema(), queries.till_view(session, code, utc_now()))

    return idempotency_key.answer_once(201, work)
