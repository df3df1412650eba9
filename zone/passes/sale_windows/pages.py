"""The managers' page of the times in which a product is sold."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.passes.catalogue.queries import names_of, product_by_code
from zone.passes.sale_windows import queries, service
from zone.passes.sale_windows.rules import OpenWindow
from zone.passes.sale_windows.schemas import RemoveWindowFormSchema, SaleWindowFormSchema
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("passes_sale_windows_pages", __name__, template_folder="templates")


@pages.get("/manage/products/sale")
@may(Permission.CATALOGUE_READ)
def sale() -> str:
    """When the product of `?code=` is sold."""
    return _render(request.args.get("code", ""))


@pages.post("/manage/products/sale")
@may(Permission.CATALOGUE_WRITE)
@shows_again
def add_window() -> Response:
    """Add a time in which a product is sold, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.add_window(session, current_actor(), **data, now=utc_now())
        return {"code": data["code"]}

    return forms.handle(SaleWindowFormSchema(), work, page=_again, then=_back)


@pages.post("/manage/products/sale/remove")
@may(Permission.CATALOGUE_WRITE)
@shows_again
def remove_window() -> Response:
    """Remove a time in which a product is sold."""

    def work(session: Session, data: Data) -> Data:
        code = data["product"]
        service.remove_window(session, current_actor(), code, data["opens_at"], utc_now())
        return {"code": code}

    return forms.handle(RemoveWindowFormSchema(), work, page=_again, then=_back)


def _again(state: FormState) -> str:
    return _render(str(state.values.get("product") or ""), state)


def _back(result: Data) -> str:
    return f"/manage/products/sale?{urlencode({'code': result['code'], 'done': 'saved'})}"


def _render(code: str, form: FormState | None = None) -> str:
    with reading() as session:
        product = product_by_code(session, code)
        windows = queries.windows_of(session, product.id)
        names = names_of(product)
    state = form or FormState({"product": code})
    return sale_page(code, names, windows, state, done=one_time.done() is not None)


def sale_page(
    code: str,
    names: dict[str, str],
    windows: Sequence[OpenWindow],
    form: FormState,
    *,
    done: bool = False,
) -> str:
    """Return the page of the times in which a product is sold."""
    return render_template(
        "passes/sale_windows/manage_sale.html",
        code=code,
        name=names,
        windows=windows,
        form=form,
        refusals=form.sentences(_sentences()),
        done=done,
    )


def _sentences() -> dict[str, Any]:
    return {
        "opens_on": _("Choose the day on which the sale begins."),
        "opens": _("Give the time at which the sale begins."),
        "closes_on": _("Give both the day and the time at which the sale ends, or neither."),
        "closes": _("Give both the day and the time at which the sale ends, or neither."),
    }
