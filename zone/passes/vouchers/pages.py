"""The managers' page of discount codes, with the form to make one."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.vouchers import queries, service
from zone.passes.vouchers.queries import VoucherView
from zone.passes.vouchers.schemas import VoucherEndFormSchema, VoucherFormSchema
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.filters import own_name
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("passes_vouchers_pages", __name__, template_folder="templates")


@pages.get("/manage/vouchers")
@may(Permission.CATALOGUE_WRITE)
def vouchers() -> str:
    """The discount codes, and the form of a new one."""
    return _render(FormState())


@pages.post("/manage/vouchers")
@may(Permission.CATALOGUE_WRITE)
@shows_again
def create_voucher() -> Response:
    """Make a discount code, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.create_voucher(session, current_actor(), **data, now=utc_now())
        return {}

    return forms.handle(VoucherFormSchema(), work, page=_render, then=_done)


@pages.post("/manage/vouchers/end")
@may(Permission.CATALOGUE_WRITE)
@shows_again
def end_voucher() -> Response:
    """End a discount code; orders that were placed with it keep it."""

    def work(session: Session, data: Data) -> Data:
        service.end_voucher(session, current_actor(), data["code"], utc_now())
        return {}

    return forms.handle(VoucherEndFormSchema(), work, page=_render, then=_done)


def _done(_result: Data) -> str:
    return "/manage/vouchers?done=saved"


def _render(form: FormState) -> str:
    with reading() as session:
        stored = queries.vouchers(session)
        products = [
            (row.code, catalogue_queries.names_of(row))
            for row, _prices in catalogue_queries.products(session)
        ]
    return vouchers_page(
        stored,
        [(product, own_name(names)) for product, names in products],
        form,
        helsinki_date(utc_now()),
        done=one_time.done() is not None,
    )


def vouchers_page(
    stored: Sequence[VoucherView],
    products: Sequence[tuple[str, str]],
    form: FormState,
    today: date,
    *,
    done: bool = False,
) -> str:
    """Return the page of discount codes; `products` are codes with names."""
    return render_template(
        "passes/vouchers/manage_vouchers.html",
        vouchers=stored,
        products=products,
        form=form,
        today=today,
        values={"products": []}
        | (dict(form.values) or {"valid_from": today.isoformat(), "most_uses": 1}),
        refusals=form.sentences(_sentences()),
        done=done,
    )


def _sentences() -> dict[str, Any]:
    return {
        "code": _("Give a code of 4 to 40 letters and digits, or none."),
        "name": _("Give a name of at most 120 characters."),
        "percent": _("Give either a part of the price, from 0,01 to 100 %, or a sum."),
        "euros": _("Give a sum in euros, for example 5,00."),
        "most_uses": _("Give how many times it may be used, from 1 to 1 000 000."),
        "valid_from": _("Choose the first day."),
        "valid_until": _("The last day is not before the first."),
    }
