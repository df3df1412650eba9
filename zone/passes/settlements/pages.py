"""The page of settlements: a file's preview, the payouts, and how they differ."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, redirect, render_template, request
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.passes.payments.rules import TITLES
from zone.passes.settlements import queries, service
from zone.passes.settlements.errors import SETTLEMENT_FILE
from zone.passes.settlements.queries import MissingPayment, PayoutView
from zone.passes.settlements.service import SettlementResult
from zone.passes.settlements.settlement_file import MOST_BYTES, MOST_ROWS
from zone.web import one_time, packed_file
from zone.web.auth import current_actor, may, reader_may
from zone.web.language import language
from zone.web.problems import refusal_messages

pages: Final = Blueprint("passes_settlements_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/books/settlements"
MOST_FAULTS: Final = 200


@pages.get(PAGE)
@may(Permission.FIGURES_READ)
def settlements() -> str:
    """The payouts, how they differ, and the form that uploads a file."""
    return _page(done=one_time.done() is not None)


@pages.post(PAGE)
@may(Permission.SERVICE_WRITE)
def preview() -> str | tuple[str, int]:
    """Show what a file would do, and what is wrong with which line. Nothing is stored."""
    sent = request.files.get("content")
    content = b"" if sent is None else sent.read()
    try:
        with writing() as session:
            found = service.preview_settlement(session, current_actor(), content, utc_now())
            session.rollback()
        return _page(found=found, packed=_pack(content))
    except DomainError as refusal:
        return _page(refusals=tuple(refusal_messages(refusal))), refusal.status


@pages.post(f"{PAGE}/import")
@may(Permission.SERVICE_WRITE)
def store() -> Response | tuple[str, int]:
    """Store what the preview showed. Sent twice, it changes nothing the second time."""
    try:
        content = _unpack(request.form.get("packed", ""))
        with writing() as session:
            service.record_settlement(
                session,
                current_actor(),
                content,
                good_only="good_only" in request.form,
                now=utc_now(),
            )
    except DomainError as refusal:
        return _page(refusals=tuple(refusal_messages(refusal))), refusal.status
    return redirect(f"{PAGE}?done=saved", 303)


def _page(
    *,
    found: SettlementResult | None = None,
    packed: str = "",
    refusals: tuple[str, ...] = (),
    done: bool = False,
) -> str:
    with reading() as session:
        shown, missing = queries.payouts(session), queries.not_paid_out(session, utc_now())
    return settlements_page(
        shown,
        missing,
        found=found,
        packed=packed,
        refusals=refusals,
        done=done,
        may_change=reader_may(Permission.SERVICE_WRITE),
    )


def settlements_page(
    shown: Sequence[PayoutView],
    missing: Sequence[MissingPayment] = (),
    *,
    found: SettlementResult | None = None,
    packed: str = "",
    refusals: tuple[str, ...] = (),
    done: bool = False,
    may_change: bool = True,
) -> str:
    """Render the page; `found` is what a file would do."""
    faults = [] if found is None else found.faults[:MOST_FAULTS]
    return render_template(
        "passes/settlements/settlements.html",
        payouts=shown,
        missing=missing,
        titles=TITLES,
        found=found,
        faults=[(fault.line, fault.text(language())) for fault in faults],
        packed=packed,
        refusals=refusals,
        done=done,
        may_change=may_change,
        most_rows=MOST_ROWS,
    )


def _pack(content: bytes) -> str:
    packed = packed_file.pack(content)
    if packed is None:
        raise _too_large()
    return packed


def _unpack(packed: str) -> bytes:
    try:
        return packed_file.unpack(packed, MOST_BYTES)
    except packed_file.BrokenFileError as error:
        raise _too_large() from error


def _too_large() -> DomainError:
    return DomainError(SETTLEMENT_FILE, params={"bytes": MOST_BYTES, "rows": MOST_ROWS})
