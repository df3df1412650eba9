"""The terms of sale for everybody, and the managers' page that sets them."""

from collections.abc import Sequence
from datetime import date
from typing import Any, Final

from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.i18n import LANGUAGES, OWN_NAMES
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.sale_terms import queries, service
from zone.passes.sale_terms.rules import TermsVersion, terms_on
from zone.passes.sale_terms.schemas import MOST_CONSENT, MOST_TERMS, NewSaleTermsSchema
from zone.web import forms, one_time
from zone.web.auth import current_actor, may, public
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("passes_sale_terms_pages", __name__, template_folder="templates")


@pages.get("/terms")
@public
def terms() -> str:
    """The terms of sale of today, for everybody."""
    today = helsinki_date(utc_now())
    with reading() as session:
        version = queries.sale_terms(session, today)
        days = pass_rules(session, today).withdrawal_days
    if version is None:
        raise DomainError(NOT_FOUND)
    return terms_page(version, days)


@pages.get("/terms/<int:number>")
@public
def one_version(number: int) -> str:
    """A version of the terms of sale, such as that of an order."""
    with reading() as session:
        version = queries.terms_version(session, number)
        days = pass_rules(session, helsinki_date(utc_now())).withdrawal_days
    return terms_page(version, days)


def terms_page(version: TermsVersion, days: int) -> str:
    """Render a version of the terms of sale."""
    return render_template(
        "passes/sale_terms/terms.html",
        version=version,
        paragraphs=version.terms_in(language(), days),
        consent=version.consent_in(language(), days),
    )


@pages.get("/manage/sale-terms")
@may(Permission.CATALOGUE_WRITE)
def show_terms() -> str:
    """The versions of the terms of sale, and the form of a new one."""
    return _page(FormState())


@pages.post("/manage/sale-terms")
@may(Permission.CATALOGUE_WRITE)
@shows_again
def set_terms() -> Response:
    """Set the terms of sale from a day on, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.set_sale_terms(session, current_actor(), **data, now=utc_now())
        return {}

    return forms.handle(
        NewSaleTermsSchema(), work, page=_page, then=lambda _result: "/manage/sale-terms?done=saved"
    )


def _page(state: FormState) -> str:
    with reading() as session:
        versions = queries.terms_versions(session)
    done = one_time.done() is not None
    return manage_page(versions, state, helsinki_date(utc_now()), done=done)


def manage_page(
    versions: Sequence[TermsVersion], state: FormState, today: date, *, done: bool = False
) -> str:
    """Render the managers' page."""
    present = terms_on(versions, today)
    stored: dict[str, Any] = {"terms": {}, "consent": {}}
    if present:
        stored = {"terms": dict(present.terms), "consent": dict(present.consent)}
    return render_template(
        "passes/sale_terms/manage_sale_terms.html",
        versions=sorted(versions, key=lambda one: (one.valid_from, one.number), reverse=True),
        present=present,
        languages=[(code, OWN_NAMES[code]) for code in LANGUAGES],
        form={"valid_from": "", "terms": {}, "consent": {}}
        | (dict(state.values) or {"valid_from": today.isoformat(), **stored}),
        key=state.key,
        today=today,
        most_terms=MOST_TERMS,
        most_consent=MOST_CONSENT,
        refusals=state.sentences(_sentences()),
        done=done,
    )


def _sentences() -> dict[str, str]:
    return {
        "valid_from": _("Choose the first day of the terms: today or later."),
        "terms": _("Write the terms in all three languages, each of at most 20 000 characters."),
        "consent": _("Write the consent in all three languages, each of at most 500 characters."),
    }
