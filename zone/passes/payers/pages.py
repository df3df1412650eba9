"""The managers' page of payers, with the form to set one."""

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
from zone.passes.payers import queries, service
from zone.passes.payers.queries import PayerView
from zone.passes.payers.schemas import PayerFormSchema, PayerSchema
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import Labels, differing
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.schemas import dump_json

pages: Final = Blueprint("passes_payers_pages", __name__, template_folder="templates")
EMPTY: Final = {"country": "FI", "language": "fi", "payment_days": 14}


@pages.get("/manage/payers")
@may(Permission.INVOICES_WRITE)
def payers() -> str:
    """The payers, and the form of a new one; with `?code=` that of one of them."""
    return _render(request.args.get("code"))


@pages.post("/manage/payers")
@may(Permission.INVOICES_WRITE)
@shows_again
def save_payer() -> Response:
    """Add a payer or change it, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.save_payer(session, current_actor(), **data, now=utc_now())
        return {"code": data["code"]}

    return forms.handle(
        PayerFormSchema(),
        work,
        page=lambda state: _render(state.values.get("code"), state),
        then=lambda result: (
            f"/manage/payers?{urlencode({'code': result['code'], 'done': 'saved'})}"
        ),
        stored=_stored,
    )


def _stored() -> dict[str, Any]:
    with reading() as session:
        return _values(queries.payers(session), request.form.get("code"))


def _values(stored: Sequence[PayerView], code: str | None) -> dict[str, Any]:
    return next((dump_json(PayerSchema(), one) for one in stored if one.code == code), {})


def _render(code: str | None, form: FormState | None = None) -> str:
    with reading() as session:
        stored = queries.payers(session)
    chosen = next((one for one in stored if one.code == code), None)
    if chosen is None and code and form is None:
        raise DomainError(NOT_FOUND)
    state = form or FormState(_values(stored, code))
    return payers_page(stored, chosen, state, done=one_time.done() is not None)


def payers_page(
    stored: Sequence[PayerView], chosen: PayerView | None, form: FormState, *, done: bool = False
) -> str:
    """Return the page of payers."""
    labels: Labels = {name: (label, str) for name, label in field_labels().items()}
    return render_template(
        "passes/payers/manage_payers.html",
        payers=stored,
        one=chosen,
        form=form,
        values=dict(form.values) or EMPTY,
        labels=field_labels(),
        stored=differing(labels, form.stored, form.values),
        refusals=form.sentences(_sentences()),
        done=done,
    )


def field_labels() -> dict[str, str]:
    """Return the label of each field of a payer."""
    return {
        "name": _("Name"),
        "business_id": _("Business ID"),
        "vat_id": _("VAT number"),
        "street": _("Street address"),
        "post_code": _("Postal code"),
        "town": _("Town"),
        "country": _("Country code"),
        "einvoice_address": _("E-invoice address (OVT or IBAN)"),
        "einvoice_operator": _("Operator of the e-invoice address"),
        "email": _("E-mail for invoices"),
        "language": _("Language of the invoices"),
        "payment_days": _("Days to pay"),
    }


def _sentences() -> dict[str, Any]:
    both = _("Give both the e-invoice address and its operator, in capital letters and digits.")
    return {
        "code": _("Give a code of 1 to 40 characters: a to z, digits and hyphens."),
        "name": _("Give a name of at most 70 characters."),
        "business_id": _("Give a Finnish business ID, such as 0112038-9."),
        "vat_id": _("Give a VAT number, such as FI01120389."),
        "street": _("Give a street address of at most 35 characters."),
        "post_code": _("Give a postal code."),
        "town": _("Give a town of at most 35 characters."),
        "country": _("Give a country code of two capital letters, such as FI."),
        "einvoice_address": both,
        "einvoice_operator": both,
        "email": _("Give one e-mail address."),
        "payment_days": _("Give the days to pay, from 0 to 90."),
    }
