"""The managers' page of what a product lets its holder do."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, time, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.passes.catalogue.queries import names_of, product_by_code
from zone.passes.entitlements import service, views
from zone.passes.entitlements.rules import EVERY_DAY, MOST_HOURS, Conditions
from zone.passes.entitlements.schemas import EntitlementsFormSchema
from zone.passes.entitlements.views import ConditionLine
from zone.web import forms, one_time
from zone.web.auth import current_actor, may
from zone.web.conflicts import Labels, differing, some_of
from zone.web.filters import weekday
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("passes_entitlements_pages", __name__, template_folder="templates")
_A_MONDAY: Final = date(2024, 1, 1)


@pages.get("/manage/products/entitlements")
@may(Permission.CATALOGUE_READ)
def entitlements() -> str:
    """When the passes of the product of `?code=` can be used, and what they give besides."""
    return _render(request.args.get("code", ""))


@pages.post("/manage/products/entitlements")
@may(Permission.CATALOGUE_WRITE)
@shows_again
def save_entitlements() -> Response:
    """Set all of them, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        service.save_entitlements(session, current_actor(), **data, now=utc_now())
        return {"code": data["code"]}

    return forms.handle(
        EntitlementsFormSchema(),
        work,
        page=lambda state: _render(str(state.values.get("code") or ""), state),
        then=lambda result: (
            f"/manage/products/entitlements?{urlencode({'code': result['code'], 'done': 'saved'})}"
        ),
        stored=_stored,
    )


def _stored() -> dict[str, Any]:
    with reading() as session:
        product = product_by_code(session, request.form.get("code", ""))
        return form_values(product.code, product.version, product.conditions)


def form_values(code: str, version: int, conditions: Conditions) -> dict[str, Any]:
    """Return conditions as the form has them."""
    return {
        "code": code,
        "version": version,
        "weekdays": [
            f"{row}-{day}"
            for row, hours in enumerate(conditions.hours, 1)
            for day in hours.weekdays
        ],
        "opens": [_typed(hours.opens) for hours in conditions.hours],
        "closes": [_typed(hours.closes) for hours in conditions.hours],
        "days_earlier": conditions.days_earlier or None,
        "companions": conditions.companions,
        "activities": list(conditions.activities),
    }


def _typed(at: time | None) -> str:
    return at.isoformat("minutes") if at else ""


def _render(code: str, form: FormState | None = None) -> str:
    with reading() as session:
        product = product_by_code(session, code)
    state = form or FormState(form_values(code, product.version, product.conditions))
    return entitlements_page(names_of(product), state, done=one_time.done() is not None)


def entitlements_page(name: Mapping[str, str], form: FormState, *, done: bool = False) -> str:
    """Return the page of what a product lets its holder do."""
    return render_template(
        "passes/entitlements/manage_entitlements.html",
        code=form.values.get("code"),
        name=name,
        rows=_rows(form.values),
        activities=views.activity_names(language()).items(),
        form=form,
        stored=differing(_labels(), form.stored, form.values),
        refusals=form.sentences(_sentences()),
        done=done,
    )


def _rows(values: Mapping[str, Any]) -> list[dict[str, Any]]:
    """Return a row for each time of the week that a product may have."""
    return [_row(values, number) for number in range(1, MOST_HOURS + 1)]


def _row(values: Mapping[str, Any], number: int) -> dict[str, Any]:
    chosen = set(values.get("weekdays") or [])
    days = [
        (f"{number}-{day}", name, f"{number}-{day}" in chosen) for day, name in _weekdays("long")
    ]
    opens, closes = _at(values.get("opens"), number), _at(values.get("closes"), number)
    typed = any(on for *_, on in days) or bool(opens or closes)
    # Most products have one time at most: empty ones are folded, or a phone shows 28 weekdays.
    return {
        "number": number,
        "days": days,
        "opens": opens,
        "closes": closes,
        "open": typed or number == 1,
    }


def _at(values: Sequence[str] | None, row: int) -> str:
    return values[row - 1] if values and row <= len(values) else ""


def _weekdays(width: str) -> list[tuple[int, str]]:
    return [(day, weekday(_A_MONDAY + timedelta(days=day - 1), width)) for day in EVERY_DAY]


@pages.app_template_filter("condition_lines")
def condition_lines(conditions: Conditions) -> list[ConditionLine]:
    """Return the conditions of a pass in the reader's words."""
    return views.condition_lines(conditions, language())


@pages.app_template_filter("opened_text")
def opened_text(opens: Collection[str]) -> str:
    """Return what a pass opens in the reader's words."""
    return views.opened_text(opens, language())


def _labels() -> Labels:
    days = dict(_weekdays("short"))

    def times(values: Any) -> str:
        return ", ".join(value.replace(":", ".") for value in values if value)

    def chosen(values: Any) -> str:
        return ", ".join(days[int(value[2:])] for value in values)

    return {
        "weekdays": (_("Weekdays"), chosen),
        "opens": (_("From"), times),
        "closes": (_("Until"), times),
        "days_earlier": (_("Booking opens so many days earlier"), str),
        "companions": (_("Companions a day"), str),
        "activities": (_("Of the classes only"), some_of(views.activity_names(language()))),
    }


def _sentences() -> dict[str, Any]:
    return {
        "weekdays": _("Choose the weekdays of each time."),
        **dict.fromkeys(
            ("opens", "closes"),
            _("Each time has to end after it begins, such as from 6:00 until 14:00."),
        ),
        "days_earlier": _("Give by how many days booking opens earlier, from 0 to 30."),
        "companions": _("Give how many companions may come along in a day, from 0 to 9."),
        "activities": _("Choose the kinds of classes from the list."),
    }
