"""The managers' page of payment providers: offered or not, keys, callback, and a trial."""

import uuid
from collections.abc import Callable, Sequence
from typing import Final

from flask import Blueprint, redirect, render_template, request
from marshmallow import Schema
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
from zone.passes.reconciliation.service import (
    confirm_fix,
    decline_fix,
    fix_difference,
    note_difference,
)
from zone.passes.refund_requests.schemas import RefundDeclineSchema
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


def _page(form: FormState, refused: uuid.UUID | None = None, act: str = "fix") -> str:
    settings = current_settings()
    with reading() as session:
        providers = queries.provider_states(session, settings)
        differences = open_differences(session, utc_now())
    return providers_page(
        providers,
        differences,
        form,
        secure=settings.secure,
        refused=refused,
        act=act,
        fixes=current_actor().may(Permission.DIFFERENCES_FIX),
        reader=current_actor().public_id,
        done=one_time.done() or "",
    )


def providers_page(
    providers: Sequence[ProviderState],
    differences: Sequence[PaymentDifference],
    form: FormState,
    *,
    secure: bool = True,
    refused: uuid.UUID | None = None,
    act: str = "fix",
    fixes: bool = True,
    reader: uuid.UUID | None = None,
    done: str = "",
) -> str:
    """Render the page. `refused`: the difference whose form was, `act`: which of its forms (fix,
    decline or note); `fixes`: the `reader` may mend; `done`: fixed, asked or declined.
    """
    return render_template(
        "passes/payment_setup/payment_providers.html",
        providers=providers,
        secure=secure,
        differences=differences,
        titles=TITLES,
        form=form,
        refused=refused,
        act=act,
        fixes=fixes,
        reader=reader,
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
    """Mend a difference as the page says beside the button, or ask for a second person."""

    def work(session: Session, data: Data) -> Data:
        plan = fix_difference(session, current_actor(), difference, **data, now=utc_now())
        return {"done": "asked" if plan.needs_second else "fixed"}

    return _handle_fix(difference, DifferenceFixSchema(), work)


@pages.post(f"{PAGE}/differences/<uuid:difference>/fix/confirmation")
@may(Permission.DIFFERENCES_FIX)
@shows_again
def confirm_payment_fix(difference: uuid.UUID) -> Response:
    """Mend a difference as another person has asked."""

    def work(session: Session, data: Data) -> Data:
        confirm_fix(session, current_actor(), difference, **data, now=utc_now())
        return {"done": "fixed"}

    return _handle_fix(difference, DifferenceFixSchema(), work)


@pages.post(f"{PAGE}/differences/<uuid:difference>/fix/decline")
@may(Permission.DIFFERENCES_FIX)
@shows_again
def decline_payment_fix(difference: uuid.UUID) -> Response:
    """Decline what another person has asked for, or take back one's own request."""

    def work(session: Session, data: Data) -> Data:
        decline_fix(session, current_actor(), difference, **data, now=utc_now())
        return {"done": "declined"}

    return _handle_fix(difference, RefundDeclineSchema(), work, "decline")


def _handle_fix(
    difference: uuid.UUID, schema: Schema, work: Callable[[Session, Data], Data], act: str = "fix"
) -> Response:
    return forms.handle(
        schema,
        work,
        page=lambda state: _page(state, difference, act),
        then=lambda result: f"{PAGE}?done={result['done']}",
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
        page=lambda state: _page(state, difference, "note"),
        then=lambda _: PAGE,
    )
