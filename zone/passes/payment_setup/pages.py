"""The managers' page of payment providers: offered or not, keys, callback, and a trial."""

import uuid
from collections.abc import Sequence
from typing import Final

from flask import Blueprint, redirect, render_template, request
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.identity import Permission
from zone.passes.payment_setup import flows, queries, service
from zone.passes.payment_setup.queries import ProviderState
from zone.passes.payments.rules import TITLES
from zone.passes.reconciliation.queries import PaymentDifference, open_differences
from zone.passes.reconciliation.schemas import DifferenceFixSchema, DifferenceNoteSchema
from zone.passes.reconciliation.service import fix_difference, note_difference
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.context import current_settings
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("passes_payment_setup_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/payments"


@pages.get(PAGE)
@may(Permission.SERVICE_WRITE)
def payment_providers() -> str:
    """Show the providers of the settings; their secrets are on no page."""
    return _page(FormState())


def _page(form: FormState, refused: uuid.UUID | None = None) -> str:
    settings = current_settings()
    with reading() as session:
        providers = queries.provider_states(session, settings)
        differences = open_differences(session)
    return providers_page(
        providers,
        differences,
        form,
        secure=settings.secure,
        refused=refused,
        fixes=current_actor().may(Permission.DIFFERENCES_FIX),
        done=one_time.done() == "fixed",
    )


def providers_page(
    providers: Sequence[ProviderState],
    differences: Sequence[PaymentDifference],
    form: FormState,
    *,
    secure: bool = True,
    refused: uuid.UUID | None = None,
    fixes: bool = True,
    done: bool = False,
) -> str:
    """Render the page. `refused`: the difference whose form was; `fixes`: the reader may mend."""
    return render_template(
        "passes/payment_setup/payment_providers.html",
        providers=providers,
        secure=secure,
        differences=differences,
        titles=TITLES,
        form=form,
        refused=refused,
        fixes=fixes,
        done=done,
    )


@pages.post(f"{PAGE}/<name>/offer")
@may(Permission.SERVICE_WRITE)
def offer_provider(name: str) -> Response:
    """Let buyers choose a provider, or not any more; safe to repeat."""
    with writing() as session:
        service.switch_provider(
            session,
            current_actor(),
            name,
            offered=request.form.get("offered") == "1",
            settings=current_settings(),
            now=utc_now(),
        )
    return redirect(PAGE, 303)


@pages.post(f"{PAGE}/<name>/try")
@may(Permission.SERVICE_WRITE)
def try_provider(name: str) -> Response:
    """Call a provider with our keys; how it ended stands on the page."""
    flows.try_provider(current_settings(), current_actor(), name, utc_now())
    return redirect(PAGE, 303)


@pages.post(f"{PAGE}/differences/<uuid:difference>/fix")
@may(Permission.DIFFERENCES_FIX)
@shows_again
def fix_payment_difference(difference: uuid.UUID) -> Response:
    """Mend a difference as the page says beside the button."""

    def work(session: Session, data: Data) -> Data:
        fix_difference(session, current_actor(), difference, **data, now=utc_now())
        return {}

    return forms.handle(
        DifferenceFixSchema(),
        work,
        page=lambda state: _page(state, difference),
        then=lambda _: f"{PAGE}?done=fixed",
    )


@pages.post(f"{PAGE}/differences/<uuid:difference>")
@may(Permission.SERVICE_WRITE)
@shows_again
def note_payment_difference(difference: uuid.UUID) -> Response:
    """Record what was done about a difference."""

    def work(session: Session, data: Data) -> Data:
        note_difference(session, current_actor(), difference, **data, now=utc_now())
        return {}

    return forms.handle(
        DifferenceNoteSchema(),
        work,
        page=lambda state: _page(state, difference),
        then=lambda _: PAGE,
    )
