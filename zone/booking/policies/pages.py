"""The managers' pages of the booking rules: what holds and is planned, and a scope's form."""

from collections import Counter
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session
from werkzeug.wrappers import Response

from zone.booking.activities.models import Activity
from zone.booking.policies import queries, service
from zone.booking.policies.resolution import AFFILIATED, EVERYTHING
from zone.booking.policies.schemas import PolicyForm, PolicyQuery
from zone.booking.policies.service import PolicyChange
from zone.booking.policies.views import LABELS, NONE_AT_ZERO, ScopeView
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.formats import format_moment
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.web import forms, one_time
from zone.web.auth import current_actor, may, reader_may
from zone.web.conflicts import Labels, differing
from zone.web.forms import Data, FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("booking_policies_pages", __name__, template_folder="templates")
PATH: Final = "/manage/rules"
CHANGE: Final = f"{PATH}/change"


@pages.get(PATH)
@may(Permission.POLICY_READ)
def rules() -> str:
    """The rules of booking, and what differs from them."""
    now = utc_now()
    with reading() as session:
        scopes = queries.scopes(session, now)
        activities = _activities(session, now)
    return rules_page(scopes, activities, done=one_time.done() is not None)


def _activities(session: Session, now: datetime) -> list[tuple[str, str]]:
    """Return the activities to choose from; those of one name with when each is held next."""
    found, times = queries.activities(session, now), queries.next_times(session, now)
    names = {one.id: getattr(one, f"name_{language()}") for one in found}
    alike = {name for name, number in Counter(names.values()).items() if number > 1}

    def label(one: Activity) -> str:
        at = times.get(one.id) if names[one.id] in alike else None
        return f"{names[one.id]} · {format_moment(at, language())}" if at else names[one.id]

    return [(str(one.public_id), label(one)) for one in found]


def rules_page(
    scopes: list[ScopeView], activities: list[tuple[str, str]], *, done: bool = False
) -> str:
    """Render the page; `scopes` begins with everything."""
    return render_template(
        "booking/policies/rules.html",
        everything=scopes[0],
        others=scopes[1:],
        activities=activities,
        groups=_groups(),
        labels=LABELS,
        title=_title,
        change=_change_path,
        may_change=reader_may(Permission.TIMETABLE_WRITE),
        done=done,
    )


@pages.get(CHANGE)
@may(Permission.TIMETABLE_WRITE)
def change() -> str:
    """The form of a scope: `activity` and `affiliated_as` name it."""
    return _form(FormState())


@pages.post(CHANGE)
@may(Permission.TIMETABLE_WRITE)
@shows_again
def save() -> Response:
    """Set the numbers of a scope, once for the form's key."""

    def work(session: Session, data: Data) -> Data:
        scope = queries.scope_for(session, **_asked())
        given = {name: data.get(name) for name in scope.names}
        if scope == EVERYTHING:  # an empty field there is no number: it stays as it is
            given = {name: value for name, value in given.items() if value is not None}
        made = PolicyChange(given, scope, data["from_day"])
        service.change_numbers(
            session, current_actor(), made, version=data["version"], now=utc_now()
        )
        return {}

    return forms.handle(
        PolicyForm(), work, page=_form, then=lambda _result: f"{PATH}?done=saved", stored=_stored
    )


def _asked() -> dict[str, Any]:
    named = {
        name: request.args[name] for name in ("activity", "affiliated_as") if request.args.get(name)
    }
    asked = forms.validate(PolicyQuery(), named)
    return {name: asked[name] for name in ("activity", "affiliated_as")}


def _stored() -> dict[str, Any]:
    with reading() as session:
        scope = queries.scope_for(session, **_asked())
        view = queries.scope_view(session, scope, utc_now())
    return {**_values(view), "version": view.version}


def _values(view: ScopeView) -> dict[str, Any]:
    return {
        name: view.value(name) if view.scope == EVERYTHING else view.numbers[name]
        for name in view.scope.names
    }


def _form(state: FormState) -> str:
    now = utc_now()
    with reading() as session:
        view = queries.scope_view(session, queries.scope_for(session, **_asked()), now)
    return form_page(view, state, now)


def form_page(view: ScopeView, state: FormState, now: datetime) -> str:
    """Render the form of a scope, with the numbers that it may have."""
    shown = {
        section: {name: label for name, label in labels.items() if name in view.scope.names}
        for section, labels in LABELS.items()
    }
    # Of a form that is shown again an empty field is not there: it stays empty.
    values = dict(state.values) if state.values else _values(view)
    labels = {name: _(label) for section in LABELS.values() for name, label in section.items()}
    wrong = _("Choose a number within its limits.")
    sentences = {name: f"{label}: {wrong}" for name, label in labels.items()}
    named: Labels = {name: (labels[name], str) for name in view.scope.names}
    return render_template(
        "booking/policies/change.html",
        view=view,
        title=_title(view),
        action=_change_path(view.activity, view.affiliated_as),
        sections={section: names for section, names in shown.items() if names},
        values=values,
        version=state.values.get("version", view.version),
        stored=differing(named, state.stored, values),
        none_at_zero=NONE_AT_ZERO,
        is_exception=view.scope != EVERYTHING,
        today=helsinki_date(now),
        form=state,
        sentences=state.sentences(sentences | {"from_day": _("Choose the first day.")}),
    )


def _groups() -> list[tuple[str, str]]:
    said = {"student": _("Students"), "staff": _("Staff of the institutions")}
    return [(group, said[group]) for group in AFFILIATED]


def _title(view: ScopeView) -> str:
    """Return what a scope is called."""
    if view.scope == EVERYTHING:
        return str(_("Everybody and everything"))
    name = view.name[language()] if view.name else None
    group = dict(_groups()).get(view.affiliated_as or "")
    return ", ".join(part for part in (name, group) if part)


def _change_path(activity: Any = None, affiliated_as: str | None = None) -> str:
    asked = {"activity": activity, "affiliated_as": affiliated_as}
    named = urlencode({name: str(value) for name, value in asked.items() if value})
    return f"{CHANGE}?{named}" if named else CHANGE
