"""The pages of how long the books are kept, and of the certificates of deleted years."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.formats import format_month_name
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.passes.retention import queries, service
from zone.passes.retention.queries import CertificateView
from zone.passes.retention.rules import (
    LEAST_YEARS,
    MOST_YEARS,
    BookkeepingRules,
    DatedBookkeepingRules,
    deletable_from,
    rules_on,
    year_end,
)
from zone.passes.retention.schemas import DatedBookkeepingRulesSchema
from zone.web import forms, one_time
from zone.web.auth import current_actor, may, reader_may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("passes_retention_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/books/retention"


@pages.get(PAGE)
@may(Permission.FIGURES_READ)
def show_rules() -> str:
    """The rules of today, those to come, the certificates, and the form of further rules."""
    return _page(FormState())


@pages.post(PAGE)
@may(Permission.SERVICE_WRITE)
@shows_again
def set_rules() -> Response:
    """Set how long the books are kept from a day on, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        valid_from = data.pop("valid_from")
        service.set_rules(session, current_actor(), valid_from, BookkeepingRules(**data), utc_now())
        return {}

    return forms.handle(
        DatedBookkeepingRulesSchema(), work, page=_page, then=lambda _result: f"{PAGE}?done=saved"
    )


@pages.get(f"{PAGE}/<ended_on>")
@may(Permission.FIGURES_READ)
def certificate(ended_on: str) -> str:
    """The certificate of a deleted accounting year, by its last day; to be printed."""
    with reading() as session:
        found = [one for one in queries.certificates(session) if str(one.ended_on) == ended_on]
    if not found:
        raise DomainError(NOT_FOUND)
    return certificate_page(found[0])


def _page(state: FormState) -> str:
    with reading() as session:
        dated, deleted = queries.dated_rules(session), queries.certificates(session)
    return rules_page(
        dated,
        deleted,
        state,
        helsinki_date(utc_now()),
        may_change=reader_may(Permission.SERVICE_WRITE),
        done=one_time.done() is not None,
    )


def rules_page(
    dated: Sequence[DatedBookkeepingRules],
    deleted: Sequence[CertificateView],
    state: FormState,
    today: date,
    *,
    may_change: bool = True,
    done: bool = False,
) -> str:
    """Render the page."""
    present, newest = rules_on(dated, today), {one.valid_from: one for one in dated}
    ends = year_end(dated, today)
    typed = {
        "valid_from": today.isoformat(),
        "last_month": str(present.last_month),
        "years_kept": str(present.years_kept),
    }
    return render_template(
        "passes/retention/retention.html",
        today=today,
        present=present,
        ends=ends,
        goes=deletable_from(ends, present.years_kept),
        coming=[newest[day] for day in sorted(newest) if day > today],
        months=[(str(number), month_name(number)) for number in range(1, 13)],
        month_name=month_name,
        certificates=deleted,
        form=state.values or typed,
        key=state.key,
        refusals=state.sentences(_sentences()),
        least=LEAST_YEARS,
        most=MOST_YEARS,
        may_change=may_change,
        done=done,
    )


def certificate_page(found: CertificateView) -> str:
    """Render a certificate."""
    return render_template("passes/retention/certificate.html", certificate=found)


def month_name(number: int) -> str:
    """Return the name of a month in the reader's language."""
    return format_month_name(date(2000, number, 1), language())


def _sentences() -> dict[str, str]:
    return {
        "valid_from": _("Choose the first day of the rules: today or later."),
        "last_month": _("Choose the month."),
        "years_kept": _(
            "Keep the books for %(least)s to %(most)s years.", least=LEAST_YEARS, most=MOST_YEARS
        ),
    }
