"""The managers' page of the service's own data: names, contact, accent colour and seller."""

from datetime import time
from typing import Any, Final

from flask import Blueprint, redirect, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.formats import format_time
from zone.core.identity import Permission
from zone.core.service_profile import queries, service
from zone.operation.service_profile.schemas import ChangedServiceProfileSchema, profile_json
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import Labels, differing, yes_or_no
from zone.web.context import current_settings
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("operation_service_profile_pages", __name__, template_folder="templates")


@pages.get("/manage/service")
@may(Permission.SERVICE_WRITE)
def service_profile() -> str:
    """Show the service's own data in a form."""
    return _render(FormState(_stored()))


@pages.post("/manage/service")
@may(Permission.SERVICE_WRITE)
@shows_again
def change_service() -> Response:
    """Change the service's own data, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        values = {name: value for name, value in data.items() if name != "version"}
        service.change_profile(
            session,
            current_actor(),
            version=data["version"],
            values=values,
            settings=current_settings(),
            now=utc_now(),
        )
        return {}

    return forms.handle(
        ChangedServiceProfileSchema(), work, page=_render, then=_to_page, stored=_stored
    )


@pages.post("/manage/service/logo")
@may(Permission.SERVICE_WRITE)
def change_logo() -> Response:
    """Use a picture as the logo, or take the logo away (button `remove`); safe to repeat."""
    sent = request.files.get("logo")
    picture = None if "remove" in request.form or sent is None else sent.read()
    try:
        with writing() as session:
            service.change_logo(
                session, current_actor(), picture, settings=current_settings(), now=utc_now()
            )
    except DomainError as refusal:
        return forms.refused(_render, refusal, _stored(), key="")
    return redirect(_to_page({}), 303)


def _stored() -> dict[str, Any]:
    with reading() as session:
        return profile_json(queries.service_profile(session, current_settings()))


def _to_page(_result: Data) -> str:
    return "/manage/service?done=saved"


def _labels() -> Labels:
    texts = {
        "name": _("Name"),
        "short_name": _("Short name"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "address": _("Postal address"),
        "accent": _("Accent colour"),
        "seller_name": _("Seller"),
        "seller_address": _("Seller's address"),
        "seller_business_id": _("Business ID"),
    }
    return {
        **{name: (label, str) for name, label in texts.items()},
        "seller_vat": (_("The seller charges VAT"), yes_or_no),
        "quiet_from": (_("Quiet from"), _clock_hour),
        "quiet_until": (_("Quiet until"), _clock_hour),
    }


def _clock_hour(hour: Any) -> str:
    """Show an hour of the wall clock: 8 is 8.00."""
    return format_time(time(int(hour)))


def _render(form: FormState) -> str:
    sentences = {
        "name": _("Give the service a name of at most 60 letters."),
        "short_name": _("Give a short name of at most 20 letters."),
        "email": _("Write the e-mail address as name@example.org."),
        "phone": _("Write the phone number with digits and spaces."),
        "accent": _("Choose a colour."),
        "quiet_from": _("Choose an hour."),
        "quiet_until": _("Choose an hour."),
    }
    # A box that is not ticked is not sent, and then it is off.
    typed = {"seller_vat": False} | dict(form.values)
    return render_template(
        "operation/service_profile/manage_service.html",
        form=form,
        labels={name: label for name, (label, _show) in _labels().items()},
        stored=differing(_labels(), form.stored, typed),
        refusals=form.sentences(sentences),
        hours=[(str(hour), _clock_hour(hour)) for hour in range(24)],
        done=one_time.done() is not None,
    )
