"""The managers' page of VAT rates: past, present and to come."""

from collections.abc import Sequence
from datetime import date
from typing import Final

from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.passes.catalogue.rules import in_force
from zone.passes.vat_rates import queries, service
from zone.passes.vat_rates.queries import RatesOfCategory
from zone.passes.vat_rates.schemas import VatRateFormSchema
from zone.web import forms, one_time
from zone.web.auth import current_actor, may, reader_may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("passes_vat_rates_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/vat-rates"


@pages.get(PAGE)
@may(Permission.CATALOGUE_READ)
def vat_rates() -> str:
    """The rates of each category, and the form that sets one from a day on."""
    return _render(FormState())


@pages.post(PAGE)
@may(Permission.SERVICE_WRITE)
@shows_again
def set_vat_rate() -> Response:
    """Set a rate from a day on, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.plan_vat_rate(session, current_actor(), **data, now=utc_now())
        return {}

    return forms.handle(
        VatRateFormSchema(), work, page=_render, then=lambda _result: f"{PAGE}?done=saved"
    )


def _render(form: FormState) -> str:
    with reading() as session:
        categories = queries.rates_by_category(session)
    return rates_page(
        categories,
        form,
        helsinki_date(utc_now()),
        may_change=reader_may(Permission.SERVICE_WRITE),
        done=one_time.done() is not None,
    )


def rates_page(
    categories: Sequence[RatesOfCategory],
    form: FormState,
    today: date,
    *,
    may_change: bool = True,
    done: bool = False,
) -> str:
    """Return the page; of a category without a rate nothing can be sold."""
    names = {"exercise": _("Exercise"), "coaching": _("Coaching"), "other": _("Other")}
    return render_template(
        "passes/vat_rates/vat_rates.html",
        categories=categories,
        present={one.category: in_force(one.rates, today) for one in categories},
        today=today,
        names=names,
        form=form,
        may_change=may_change,
        refusals=form.sentences(
            {
                "category": _("Choose what the rate is of."),
                "percent": _("Give the rate in per cent, such as 25,5."),
                "valid_from": _("Choose the first day."),
            }
        ),
        done=done,
    )
