"""Pages about the service: how it works, the doors, privacy, contact."""

from typing import Final

from flask import Blueprint, current_app, render_template
from flask_babel import gettext as _

from zone.operation.about import views
from zone.web.auth import public
from zone.web.context import current_settings, personal_data_of

pages: Final = Blueprint("operation_about_pages", __name__, template_folder="templates")


@pages.get("/about/how-it-works")
@public
def how_it_works() -> str:
    """Say how to get a pass, book, and come in."""
    return render_template("operation/about/how_it_works.html")


@pages.get("/about/doors")
@public
def doors() -> str:
    """Say what to do when the door says no."""
    return render_template("operation/about/doors.html")


@pages.get("/about/contact")
@public
def contact() -> str:
    """Say where the service and its seller can be reached."""
    return render_template("operation/about/contact.html")


@pages.get("/about/privacy")
@public
def privacy() -> str:
    """Say what is kept about people, why and for how long, as the features declare it."""
    return render_template(
        "operation/about/privacy.html",
        subjects=views.subjects(personal_data_of(current_app)),
        names=subject_names(),
        reasons=subject_reasons(),
        periods=period_sentences(current_settings().door_event_days),
    )


def subject_names() -> dict[str, str]:
    """Return what each subject of personal data is called."""
    return {
        "account": _("Your account: name, e-mail address, institution and proofs"),
        "sign_in": _("Signing in: codes, sessions, passwords of staff and keys of programs"),
        "passes": _("Passes and the phones that show them"),
        "purchases": _("Orders, payments and receipts"),
        "bookings": _("Bookings, places in queues, marks with appeals, and suspensions"),
        "doors": _("Doors: entries, visits and attendance"),
        "surveys": _("That you have answered a survey; never which answer is yours"),
        "feedback": _("Feedback on accessibility, with the address for the answer"),
        "mail": _("Mails that we send you, and notifications on your devices"),
        "staff": _("What staff do: who changed, opened, led or looked at what"),
    }


def subject_reasons() -> dict[str, str]:
    """Return why each subject is kept."""
    return {
        "account": _("To know who may use the service and at which price."),
        "sign_in": _("So that nobody else signs in as you."),
        "passes": _("So that the door knows your pass."),
        "purchases": _("The law on accounting asks for them."),
        "bookings": _("To give places fairly to those who come."),
        "doors": _("To open the doors and to count visits. Figures stay without names."),
        "surveys": _("So that everybody answers once."),
        "feedback": _("To answer within 14 days, as the law asks."),
        "mail": _(
            "To send each once, and to help when one does not arrive. A notification goes "
            "through the service of your browser's maker, which cannot read it."
        ),
        "staff": _("To show afterwards who did what, also who looked at your data."),
    }


def period_sentences(door_event_days: int) -> dict[str, str]:
    """Return how long each declared period is, as people read it."""
    return {
        views.WITH_ACCOUNT: _("As long as you have an account, or the facts are needed."),
        views.ACCOUNTING: _("6 years after the year of the accounts."),
        "ZONE_DOOR_EVENT_DAYS": _("%(days)s days; then without your name.", days=door_event_days),
        "ZONE_DOOR_EVENT_DAYS from the end of the session; a booking with a mark that counts "
        "until the next term, 365 days at most": _(
            "%(days)s days after the session; a mark until the next term, at most 365 days.",
            days=door_event_days,
        ),
        "ZONE_DOOR_EVENT_DAYS from the last day of the pass": _(
            "When a pass of so many visits was used: %(days)s days after its last day.",
            days=door_event_days,
        ),
        "until it is used or has expired": _("Codes and sessions: until used or ended."),
        "until the survey closes": _("Until the survey closes."),
        "30 days in a basket": _("What is in your basket: 30 days, or until you order it."),
        "7 days": _("Answers to programs: 7 days."),
        "30 days after a mail was sent or given up": _("30 days after it was sent."),
        "30 days after a notification was sent or given up": _(
            "That a notification was sent: 30 days, without its text."
        ),
        "until they are turned off or the browser is signed out, 30 days at most after its last "
        "use": _(
            "Where notifications are on: until you turn them off or sign out, or do not open the "
            "service there for 30 days."
        ),
        "a year after the answer was given or due": _("A year after our answer."),
    }
