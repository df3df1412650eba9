"""The managers' page of the dated rules of passes."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date
from types import MappingProxyType
from typing import Any, Final

from flask import Blueprint, render_template
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.money import euros_typed
from zone.core.time import helsinki_date
from zone.passes.catalogue import queries as catalogue_queries
from zone.passes.pass_rules import queries, service
from zone.passes.pass_rules.rules import DatedPassRules, PassRules, rules_on
from zone.passes.pass_rules.schemas import PassRulesFormSchema
from zone.web import forms, one_time
from zone.web.auth import current_actor, may, reader_may
from zone.web.filters import own_name
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again

pages: Final = Blueprint("passes_pass_rules_pages", __name__, template_folder="templates")


@pages.get("/manage/pass-rules")
@may(Permission.CATALOGUE_READ)
def show_rules() -> str:
    """The rules of today, those to come, and the form that sets them from a day on."""
    return _page(FormState())


@pages.post("/manage/pass-rules")
@may(Permission.CATALOGUE_WRITE)
@shows_again
def set_rules() -> Response:
    """Set the rules from a day on, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        valid_from = data.pop("valid_from")
        service.set_pass_rules(session, current_actor(), valid_from, PassRules(**data), utc_now())
        return {}

    return forms.handle(
        PassRulesFormSchema(),
        work,
        page=_page,
        then=lambda _result: "/manage/pass-rules?done=saved",
    )


def _page(state: FormState) -> str:
    with reading() as session:
        dated = queries.dated_rules(session)
        fees = catalogue_queries.fees(session)
    return rules_page(
        dated,
        state,
        helsinki_date(utc_now()),
        may_change=reader_may(Permission.CATALOGUE_WRITE),
        done=one_time.done() is not None,
        fees={code: own_name(names) for code, names in fees.items()},
    )


def rules_page(
    dated: Sequence[DatedPassRules],
    state: FormState,
    today: date,
    *,
    may_change: bool = True,
    done: bool = False,
    fees: Mapping[str, str] = MappingProxyType({}),
) -> str:
    """Render the page; `fees` are the products that may be the fee of a lost phone."""
    present = rules_on(dated, today)
    names = _names()
    newest = {one.valid_from: one for one in dated}
    return render_template(
        "passes/pass_rules/manage_pass_rules.html",
        today=today,
        names=names,
        present=asdict(present),
        coming=[
            (one.valid_from, _changes(one.rules, rules_on(dated, _day_before(one.valid_from))))
            for day, one in sorted(newest.items())
            if day > today
        ],
        form=dict.fromkeys((*names, "valid_from"), "")
        | (dict(state.values) or {**_as_typed(present), "valid_from": today.isoformat()}),
        key=state.key,
        refusals=state.sentences(_sentences()),
        may_change=may_change,
        done=done,
        fees=fees,
    )


def _day_before(day: date) -> date:
    return date.fromordinal(day.toordinal() - 1)


def _changes(rules: PassRules, before: PassRules) -> list[tuple[str, Any]]:
    """Return the rules that differ from those before, by their name."""
    old = asdict(before)
    return [(name, value) for name, value in asdict(rules).items() if value != old[name]]


def _as_typed(rules: PassRules) -> dict[str, str]:
    """Return the rules as the fields of the form have them."""
    shown = {True: "true", False: "false", None: ""}
    typed = {
        name: shown[value] if value is None or isinstance(value, bool) else str(value)
        for name, value in asdict(rules).items()
    }
    return typed | {"refund_alone_cents": euros_typed(rules.refund_alone_cents)}


def _names() -> dict[str, str]:
    """Return what each rule is called, in the order of the page."""
    return {
        "holder_pauses": _("People pause their passes by themselves"),
        "pause_shortest": _("The shortest pause, in days"),
        "pause_longest": _("The longest pause, in days"),
        "pauses_most": _("How many times a pass may be paused"),
        "pause_ahead": _("A pause is said so many days before"),
        "pause_cancels": _("A pause cancels the bookings inside; otherwise it is refused"),
        "upgrade_by_days": _("An upgrade costs the difference for the days that are left only"),
        "withdrawal_days": _("Days after the payment in which one can withdraw"),
        "refund_by_days": _("Afterwards the unused days are paid back"),
        "refund_until_day": _("Nothing is paid back later than so many days after the first one"),
        "renewal_days": _("A pass is offered again so many days before its end"),
        "devices": _("How many phones hold the pass of a person"),
        "unpaid_minutes": _("Minutes in which an order has to be paid, or it expires"),
        "given_a_day": _("How many passes one of staff may give without payment in a day"),
        "refund_alone_cents": _("So much of an order one person gives back, in euros"),
        "loss_fee": _("The fee for a lost phone, paid at the desk"),
        "free_losses": _("How many lost phones of a person cost nothing"),
        "visit_minutes": _("Minutes that one visit lasts, where visits are counted"),
    }


def _sentences() -> dict[str, str]:
    """Return the sentence of each field that may be wrong."""
    number = _("“%(name)s”: give a whole number.")
    sentences = {name: number % {"name": label} for name, label in _names().items()}
    return sentences | {
        "valid_from": _("Choose the first day of the rules: today or later."),
        "pause_longest": _("The longest pause is at least as long as the shortest one."),
        "unpaid_minutes": _("Let an order wait for 5 to 10 080 minutes, which is a week."),
        "devices": _("Let 1 to 10 phones hold the pass of a person."),
        "given_a_day": _("Let staff give 0 to 500 passes in a day."),
        "refund_alone_cents": _("Give an amount in euros, for example 45,00."),
        "loss_fee": _("Choose a product that is a fee, or none."),
        "free_losses": _("Let 0 to 50 lost phones cost nothing."),
        "visit_minutes": _("Let a visit last 1 to 1440 minutes, which is a day."),
    }
