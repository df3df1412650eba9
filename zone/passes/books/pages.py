"""Pages of the books: the report of a month, the export as CSV, and the chart of accounts."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Any, Final

from flask import Blueprint, Response, render_template, request, stream_with_context
from flask_babel import gettext as _
from marshmallow import ValidationError
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.passes.books import queries, rules, service
from zone.passes.books.queries import MonthReport
from zone.passes.books.rules import Chart, ChartRow, Document
from zone.passes.books.schemas import MONTH, AccountRuleSchema, DaysSchema
from zone.passes.catalogue.rules import FEE, KINDS
from zone.passes.payments.rules import TITLES
from zone.passes.tills.pages import method_names
from zone.places.campuses.queries import campuses
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.problems import BAD_REQUEST

pages: Final = Blueprint("passes_books_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/books"
FORMS: Final[dict[str, Callable[[Iterable[Document], Chart], Iterator[str]]]] = {
    "journal": rules.journal_lines,
    "days": rules.day_lines,
}
_AT_ONCE: Final = 500
RATES: Final = (0, 1000, 1350, 1400, 2400, 2550)
"""Rates of Finland that receipts of the last years may have, in hundredths of a percent."""


@pages.get(PAGE)
@may(Permission.FIGURES_READ)
def month() -> str:
    """The report of `?month=2026-11`; without it that of this month."""
    first = _first_day(request.args.get("month", ""))
    last = _next_month(first) - timedelta(days=1)
    with reading() as session:
        report = queries.month_report(session, first, last)
        places = {one.code: one.name for one in campuses(session)}
    return month_page(report, places)


def _first_day(text: str) -> date:
    if MONTH.fullmatch(text):
        return date.fromisoformat(f"{text}-01")
    return helsinki_date(utc_now()).replace(day=1)


def _next_month(first: date) -> date:
    return (first + timedelta(days=31)).replace(day=1)


def month_page(report: MonthReport, places: dict[str, str]) -> str:
    """Return the page of a month; `places` are the names of campuses by code."""
    return render_template(
        "passes/books/month.html",
        report=report,
        places=places,
        methods=method_names() | dict(TITLES) | {"free": _("Free"), "": "–"},
        before=(report.first - timedelta(days=1)).isoformat()[:7],
        after=_next_month(report.first).isoformat()[:7],
        month=report.first.isoformat()[:7],
        percent=rules.percent,
    )


@pages.get(f"{PAGE}/<form>.csv")
@may(Permission.FIGURES_READ)
def export(form: str) -> Response:
    """The postings from `?first=` to `?last=`, one by one or by day, sent while they are read."""
    if form not in FORMS:
        raise DomainError(NOT_FOUND)
    try:
        days = DaysSchema().load({name: request.args.get(name) for name in ("first", "last")})
    except ValidationError as error:
        raise DomainError(BAD_REQUEST) from error
    first, last = days["first"], days["last"]
    name = f'attachment; filename="zone-{form}-{first}-{last}.csv"'
    return Response(
        stream_with_context(_parts(form, first, last)),
        mimetype="text/csv",
        headers={"Content-Disposition": name},
    )


def _parts(form: str, first: date, last: date) -> Iterator[str]:
    with reading() as session:
        found, part = queries.documents(session, first, last), list[str]()
        for line in FORMS[form](found, queries.chart(session)):
            part.append(line)
            if len(part) == _AT_ONCE:
                yield "".join(part)
                part.clear()
        yield "".join(part)


@pages.get(f"{PAGE}/accounts")
@may(Permission.FIGURES_READ)
def accounts() -> str:
    """The chart of accounts, and the form that sets an account from a day on."""
    return _render_accounts(FormState())


@pages.post(f"{PAGE}/accounts")
@may(Permission.SERVICE_WRITE)
@shows_again
def set_account() -> BaseResponse:
    """Set an account, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.set_account(session, current_actor(), **data, now=utc_now())
        return {}

    return forms.handle(
        AccountRuleSchema(),
        work,
        page=_render_accounts,
        then=lambda _result: f"{PAGE}/accounts?done=saved",
    )


def _render_accounts(form: FormState) -> str:
    with reading() as session:
        rows = queries.chart_rows(session)
    adds = current_actor().may(Permission.SERVICE_WRITE)
    return accounts_page(rows, form, done=one_time.done() is not None, adds=adds)


def accounts_page(
    rows: Sequence[ChartRow], form: FormState, *, done: bool = False, adds: bool = True
) -> str:
    """Return the page of the chart of accounts."""
    defaults = [
        ChartRow(slot, subject, date(2000, 1, 1), account, "")
        for (slot, subject), account in rules.DEFAULTS.items()
    ]
    return render_template(
        "passes/books/accounts.html",
        rows=rows,
        defaults=defaults,
        slots=list(slot_names().items()),
        slot_names=slot_names(),
        subjects=list(subject_names().items()),
        subject_names=subject_names(),
        form=form,
        refusals=form.sentences(_sentences()),
        done=done,
        adds=adds,
    )


def slot_names() -> dict[str, str]:
    """Return what a row of the chart may be about, as people read it."""
    return {
        rules.SALES: _("Sales of a product kind"),
        rules.VAT: _("VAT of a rate"),
        rules.METHOD: _("Way to pay"),
        rules.OTHER: _("Other"),
    }


def subject_names() -> dict[str, str]:
    """Return the product kinds, rates, ways to pay and others that a row may be for."""
    rates = {str(rate): f"{rules.percent(rate)} %" for rate in RATES}
    others = {
        rules.RETURNED: _("Payments that were given back by themselves"),
        rules.CASH_MOVED: _("Cash put into tills less taken out"),
        rules.DIFFERENCE: _("Differences of tills"),
        rules.BANK: _("Payouts of payment providers"),
        rules.FEES: _("Fees of payment providers"),
    }
    kinds = {kind: kind.replace("_", " ") for kind in (*KINDS, FEE)}
    return {"": _("all others")} | kinds | rates | method_names() | dict(TITLES) | others


def _sentences() -> dict[str, Any]:
    return {
        "account": _("Give an account of 1 to 12 digits, letters or hyphens."),
        "valid_from": _("Give the first day."),
        "slot": _("Choose what the account is for."),
        "subject": _("Choose for which of them it is."),
        "vat_code": _("Give a VAT code of at most 12 characters."),
    }
