"""The page of the first steps: what a new service still needs, and where it is done."""

from collections.abc import Sequence
from typing import Final

from flask import Blueprint, redirect, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.ids import new_secret
from zone.core.time import helsinki_date
from zone.operation.setup import flows, queries, service
from zone.operation.setup.queries import Listed
from zone.operation.setup.rules import SetupStep, StepName
from zone.operation.setup.schemas import TakeAllSchema, TakeListedSchema
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.context import current_settings
from zone.web.forms import Data, FormState, Work
from zone.web.kept_form import shows_again

pages: Final = Blueprint("operation_setup_pages", __name__, template_folder="templates")
PAGE: Final = "/manage/setup"


@pages.get(PAGE)
@may(Permission.SERVICE_WRITE)
def first_steps() -> str:
    """Every first step with whether it is done, and what may be taken from the list."""
    return _page(FormState())


@pages.post(f"{PAGE}/institutions")
@may(Permission.SERVICE_WRITE)
@shows_again
def take_institutions() -> Response:
    """Add the ticked institutions of the list, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.take_institutions(session, current_actor(), data["codes"], utc_now())
        return {}

    return _take(TakeListedSchema(), work)


@pages.post(f"{PAGE}/campuses")
@may(Permission.SERVICE_WRITE)
@shows_again
def take_campuses() -> Response:
    """Add the ticked campuses of the list, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.take_campuses(session, current_actor(), data["codes"], utc_now())
        return {}

    return _take(TakeListedSchema(), work)


@pages.post(f"{PAGE}/rates")
@may(Permission.SERVICE_WRITE)
@shows_again
def take_rates() -> Response:
    """Add the Finnish VAT rates of the list, once for the form's key."""

    def work(session: Session, _data: Data) -> Data:
        service.take_rates(session, current_actor(), utc_now())
        return {}

    return _take(TakeAllSchema(), work)


@pages.post(f"{PAGE}/targets")
@may(Permission.SERVICE_WRITE)
@shows_again
def take_targets() -> Response:
    """Set the targets of the list, once for the form's key."""

    def work(session: Session, _data: Data) -> Data:
        service.take_targets(session, current_actor(), utc_now())
        return {}

    return _take(TakeAllSchema(), work)


@pages.post(f"{PAGE}/mail")
@may(Permission.SERVICE_WRITE)
def try_mail() -> Response:
    """Send a mail to oneself at once, and say whether the mail server took it."""
    try:
        flows.try_mail(
            current_settings(),
            current_actor(),
            _("Zone: mail works"),
            _("You tried the mail server on the page of the first steps. Mail works."),
            utc_now(),
        )
    except DomainError as refusal:
        return forms.refused(_page, refusal, {}, key=new_secret())
    return redirect(f"{PAGE}?done=mailed", 303)


def _take(schema: TakeListedSchema | TakeAllSchema, work: Work) -> Response:
    return forms.handle(schema, work, page=_page, then=lambda _result: f"{PAGE}?done=saved")


def _page(form: FormState) -> str:
    with reading() as session:
        steps = queries.setup_steps(session, current_settings(), helsinki_date(utc_now()))
        institutions = queries.institutions_to_take(session)
        campuses = queries.campuses_to_take(session)
    done = {
        "saved": _("Saved."),
        "mailed": _("The mail server took a mail to you. Look whether it arrives."),
    }.get(one_time.done() or "")
    return setup_page(steps, institutions, campuses, form, done=done)


def setup_page(
    steps: Sequence[SetupStep],
    institutions: Sequence[Listed],
    campuses: Sequence[Listed],
    form: FormState,
    *,
    done: str | None = None,
) -> str:
    """Return the page; `institutions` and `campuses` are those of the list that may be taken."""
    words = _words()
    return render_template(
        "operation/setup/setup.html",
        steps=[(step, *words[step.name]) for step in steps],
        left=sum(not step.done for step in steps),
        of_list={"institutions": institutions, "campuses": campuses},
        form=form,
        refusals=form.sentences({"codes": _("Tick at least one of the list.")}),
        done=done,
    )


def _words() -> dict[StepName, tuple[str, str]]:
    """Return what each step is, and what it is for."""
    return {
        "institutions": (_("Institutions"), _("Whose students and staff may use the service.")),
        "campuses": (_("Campuses"), _("The places with your halls and doors.")),
        "hours": (_("Ordinary opening hours"), _("Of each campus, for a week.")),
        "service": (
            _("Name, contact and seller"),
            _("What people see, and who sells. Without a seller nothing is sold."),
        ),
        "terms": (_("Terms"), _("Their first and last day, and the regular weeks.")),
        "rates": (_("VAT rates"), _("For everything that is sold.")),
        "spaces": (_("Halls and their parts"), _("Where classes are held and courts are booked.")),
        "products": (_("Products and prices"), _("The passes that people buy.")),
        "classes": (_("First weekly class"), _("It fills the timetable of the term.")),
        "bridges": (
            _("Computer at the doors"),
            _("Make it on the page of doors. When its doors are there, its code enrols the box."),
        ),
        "doors": (
            _("First door"),
            _("What it leads to, who may enter, and which computer drives it."),
        ),
        "mail": (_("Mail"), _("People sign in by a code in a mail. Send one to yourself.")),
        "payments": (_("Payments"), _("A provider that buyers can choose, tried once.")),
        "people": (_("People and roles"), _("A second person who can help when you are away.")),
        "targets": (_("Targets"), _("What the figures are compared with.")),
    }
