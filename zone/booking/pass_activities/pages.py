"""The managers' page of the activities that the passes of a product are for."""

from collections.abc import Collection, Mapping
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.booking.pass_activities import queries, service
from zone.booking.pass_activities.schemas import PassActivitiesForm
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.passes.catalogue.queries import names_of, product_by_code
from zone.passes.entitlements.rules import SingleActivity
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import differing, some_of
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("booking_pass_activities_pages", __name__, template_folder="templates")
PATH: Final = "/manage/products/activities"


@pages.get(PATH)
@may(Permission.CATALOGUE_READ)
def activities() -> str:
    """The single activities that the passes of the product of `?code=` are for."""
    return _render(request.args.get("code", ""))


@pages.post(PATH)
@may(Permission.CATALOGUE_WRITE)
@shows_again
def choose() -> Response:
    """Set them, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.choose_activities(session, current_actor(), **data, now=utc_now())
        return {"code": data["code"]}

    return forms.handle(
        PassActivitiesForm(),
        work,
        page=lambda state: _render(str(state.values.get("code") or ""), state),
        then=lambda result: f"{PATH}?{urlencode({'code': result['code'], 'done': 'saved'})}",
        stored=_stored,
    )


def _stored() -> dict[str, Any]:
    with reading() as session:
        product = product_by_code(session, request.form.get("code", ""))
        return form_values(product.code, product.version, product.conditions.single_activities)


def form_values(code: str, version: int, chosen: Collection[SingleActivity]) -> dict[str, Any]:
    """Return what is chosen as the form has it."""
    return {"code": code, "version": version, "activities": [str(one.root) for one in chosen]}


def _render(code: str, form: FormState | None = None) -> str:
    with reading() as session:
        product = product_by_code(session, code)
        chosen = product.conditions.single_activities
        choices = queries.activities_to_choose(session, chosen, utc_now())
    state = form or FormState(form_values(code, product.version, chosen))
    return activities_page(
        names_of(product), choices.values(), state, done=one_time.done() is not None
    )


def activities_page(
    name: Mapping[str, str],
    choices: Collection[SingleActivity],
    form: FormState,
    *,
    done: bool = False,
) -> str:
    """Return the page of the activities that the passes of a product are for."""
    named = {str(one.root): getattr(one, f"name_{language()}") for one in choices}
    options = dict(sorted(named.items(), key=lambda item: item[1].casefold()))
    # Typed ones are text, and after a fault elsewhere in the form what was read of them.
    chosen = [str(one) for one in form.values.get("activities") or []]
    labels = {"activities": (_("Of the classes only"), some_of(options))}
    return render_template(
        "booking/pass_activities/manage_activities.html",
        code=form.values.get("code"),
        name=name,
        options=options.items(),
        chosen=chosen,
        form=form,
        stored=differing(labels, form.stored, form.values),
        refusals=form.sentences({"activities": _("Choose at most 20 activities of the list.")}),
        done=done,
    )
