"""Pages of cost shares: the periods, one report with its receipt, and the weights."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from flask import Blueprint, Response, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response as BaseResponse

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.money import cents_typed, euros_typed, percent_of
from zone.members.institutions.queries import institutions
from zone.reporting.shares import queries, rules, service
from zone.reporting.shares.queries import CostReport
from zone.reporting.shares.rules import DatedWeights
from zone.reporting.shares.schemas import (
    CostFormSchema,
    FixFormSchema,
    NewPeriodFormSchema,
    WeightsFormSchema,
)
from zone.reporting.shares.views import csv_of, share_rows
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("reporting_shares_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/shares"


@pages.get(PAGE)
@may(Permission.FIGURES_READ)
def periods() -> str:
    """The periods whose cost is shared, and the form of a new one."""
    return _render_periods(FormState())


@pages.post(PAGE)
@may(Permission.SERVICE_WRITE)
@shows_again
def add_period() -> BaseResponse:
    """Name a period with its cost, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        first, last, cents = data["first_month"], data["last_month"], cents_typed(data["euros"])
        service.add_period(session, current_actor(), first, last, cents or 0, utc_now())
        return {"month": rules.written(first)}

    return forms.handle(
        NewPeriodFormSchema(),
        work,
        page=_render_periods,
        then=lambda result: f"{PAGE}/{result['month']}?done=added",
    )


def _render_periods(form: FormState) -> str:
    with reading() as session:
        reports = queries.cost_reports(session, utc_now())
    return periods_page(reports, form, adds=current_actor().may(Permission.SERVICE_WRITE))


def periods_page(reports: Sequence[CostReport], form: FormState, *, adds: bool = True) -> str:
    """Return the page of periods."""
    return render_template(
        "reporting/shares/periods.html",
        reports=reports,
        states=_state_names(),
        written=rules.written,
        last_day_of=rules.last_day_of,
        form=form,
        refusals=form.sentences(_sentences()),
        adds=adds,
    )


@pages.get(f"{PAGE}/weights")
@may(Permission.FIGURES_READ)
def weights() -> str:
    """The weights, and the form that sets them from a day on."""
    return _render_weights(FormState())


@pages.post(f"{PAGE}/weights")
@may(Permission.SERVICE_WRITE)
@shows_again
def set_weights() -> BaseResponse:
    """Set the weights from a day on, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.set_weights(session, current_actor(), **data, now=utc_now())
        return {}

    return forms.handle(
        WeightsFormSchema(),
        work,
        page=_render_weights,
        then=lambda _result: f"{PAGE}/weights?done=saved",
    )


def _render_weights(form: FormState) -> str:
    with reading() as session:
        rows = queries.dated_weights(session)
    adds = current_actor().may(Permission.SERVICE_WRITE)
    return weights_page(rows, form, done=one_time.done() is not None, adds=adds)


def weights_page(
    rows: Sequence[DatedWeights], form: FormState, *, done: bool = False, adds: bool = True
) -> str:
    """Return the page of weights."""
    return render_template(
        "reporting/shares/weights.html",
        rows=sorted(rows, key=lambda row: (row.valid_from, row.number), reverse=True),
        first=rules.BY_VISITS,
        percent_of=percent_of,
        form=form,
        refusals=form.sentences(_sentences()),
        done=done,
        adds=adds,
    )


@pages.get(f"{PAGE}/<month>")
@may(Permission.FIGURES_READ)
def show(month: str) -> str:
    """The shares of the period that begins with a month, with their receipt."""
    return _render_report(month, None)


@pages.post(f"{PAGE}/<month>")
@may(Permission.SERVICE_WRITE)
@shows_again
def set_cost(month: str) -> BaseResponse:
    """Correct the cost of a period, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        cents = cents_typed(data["euros"])
        service.set_cost(
            session, current_actor(), queries.month_named(month), cents or 0, utc_now()
        )
        return {}

    return forms.handle(
        CostFormSchema(),
        work,
        page=lambda state: _render_report(month, state),
        then=lambda _result: f"{PAGE}/{month}?done=saved",
    )


@pages.post(f"{PAGE}/<month>/fix")
@may(Permission.SERVICE_WRITE)
@shows_again
def fix(month: str) -> BaseResponse:
    """Fix the report of a period; once more changes nothing."""

    def work(session: Session, _data: Data) -> Data:
        service.fix_report(session, current_actor(), queries.month_named(month), utc_now())
        return {}

    return forms.handle(
        FixFormSchema(),
        work,
        page=lambda state: _render_report(month, state),
        then=lambda _result: f"{PAGE}/{month}?done=fixed",
    )


@pages.get(f"{PAGE}/<month>.csv")
@may(Permission.FIGURES_READ)
def sheet(month: str) -> Response:
    """What the page of a period shows, for a spreadsheet."""
    with reading() as session:
        report = queries.cost_report(session, queries.month_named(month), utc_now())
    headers = {"Content-Disposition": f'attachment; filename="zone-shares-{month}.csv"'}
    return Response(csv_of(report), mimetype="text/csv", headers=headers)


def _render_report(month: str, form: FormState | None) -> str:
    with reading() as session:
        report = queries.cost_report(session, queries.month_named(month), utc_now())
        names = {one.code: one.name for one in institutions(session)}
    adds = current_actor().may(Permission.SERVICE_WRITE)
    state = form or FormState({"euros": euros_typed(report.cents)})
    return report_page(report, names, state, done=one_time.done(), adds=adds)


def report_page(
    report: CostReport,
    names: Mapping[str, str],
    form: FormState,
    *,
    done: str | None = None,
    adds: bool = True,
) -> str:
    """Return the page of a report; `names` are those of institutions by code."""
    return render_template(
        "reporting/shares/report.html",
        report=report,
        rows=share_rows(report, names, _("Others together")),
        month=rules.written(report.first_month),
        last_day=rules.last_day_of(report.last_month),
        percent_of=percent_of,
        done={
            "added": _("The period is added."),
            "saved": _("Saved."),
            "fixed": _("The report is fixed."),
        }.get(done or ""),
        form=form,
        refusals=form.sentences(_sentences()),
        adds=adds,
    )


def _state_names() -> dict[str, str]:
    return {"waiting": _("Not counted yet"), "counted": _("Counted"), "fixed": _("Fixed")}


def _sentences() -> dict[str, Any]:
    percent = _("Give three percentages that make 100 together.")
    return {
        "first_month": _("Give the first month."),
        "last_month": _("Give a first and a last month, at most twelve."),
        "euros": _("Give an amount in euros, for example 45,00."),
        "valid_from": _("Give the first day."),
        "visits": percent,
        "sales": percent,
        "holders": percent,
    }
