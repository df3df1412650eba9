"""The managers' page of quotas, with the form to set one."""

from collections.abc import Sequence
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.quotas import queries, service
from zone.passes.quotas.queries import QuotaView
from zone.passes.quotas.schemas import QuotaFormSchema, QuotaSchema
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import Labels, differing, some_of
from zone.web.filters import own_name
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.schemas import dump_json

pages: Final = Blueprint("passes_quotas_pages", __name__, template_folder="templates")
EMPTY: Final = {"hold_minutes": 30, "products": []}


@pages.get("/manage/quotas")
@may(Permission.CATALOGUE_READ)
def quotas() -> str:
    """The quotas, and the form of a new one; with `?code=` that of one of them."""
    return _render(request.args.get("code"))


@pages.post("/manage/quotas")
@may(Permission.CATALOGUE_WRITE)
@shows_again
def save_quota() -> Response:
    """Add a quota or change it, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.save_quota(session, current_actor(), **data, now=utc_now())
        return {"code": data["code"]}

    return forms.handle(
        QuotaFormSchema(),
        work,
        page=lambda state: _render(state.values.get("code"), state),
        then=_to_quota,
        stored=_stored,
    )


def _to_quota(result: Data) -> str:
    return f"/manage/quotas?{urlencode({'code': result['code'], 'done': 'saved'})}"


def _stored() -> dict[str, Any]:
    with reading() as session:
        return _values(queries.quotas(session), request.form.get("code"))


def _values(stored: Sequence[QuotaView], code: str | None) -> dict[str, Any]:
    return next((dump_json(QuotaSchema(), one) for one in stored if one.code == code), {})


def _render(code: str | None, form: FormState | None = None) -> str:
    with reading() as session:
        stored = queries.quotas(session)
        products = [
            (row.code, catalogue_queries.names_of(row))
            for row, _prices in catalogue_queries.products(session)
        ]
    chosen = next((one for one in stored if one.code == code), None)
    if chosen is None and code and form is None:
        raise DomainError(NOT_FOUND)
    return quotas_page(
        stored,
        chosen,
        [(product, own_name(names)) for product, names in products],
        form or FormState(_values(stored, code)),
        done=one_time.done() is not None,
    )


def quotas_page(
    stored: Sequence[QuotaView],
    chosen: QuotaView | None,
    products: Sequence[tuple[str, str]],
    form: FormState,
    *,
    done: bool = False,
) -> str:
    """Return the page of quotas; `products` are codes with names."""
    labels: Labels = {
        "name": (_("Name"), str),
        "places": (_("Places"), str),
        "hold_minutes": (_("Minutes that an unpaid order holds its place"), str),
        "products": (_("Products whose orders take a place"), some_of(dict(products))),
    }
    return render_template(
        "passes/quotas/manage_quotas.html",
        quotas=stored,
        one=chosen,
        products=products,
        form=form,
        values=dict(form.values) or EMPTY,
        stored=differing(labels, form.stored, form.values),
        refusals=form.sentences(_sentences()),
        done=done,
    )


def _sentences() -> dict[str, Any]:
    return {
        "code": _("Give a code of 1 to 40 characters: a to z, digits and hyphens."),
        "name": _("Give a name of at most 120 characters."),
        "places": _("Give how many there are, from 0 to 1 000 000."),
        "hold_minutes": _("Give the minutes, from 1 to 10 080, which is a week."),
    }
