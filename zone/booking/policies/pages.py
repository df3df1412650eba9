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
from zone.booking.policies.resolution import AFFILIATED, EVERYTHING, PolicyScope
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
SCOPE_NAMES: Final = ("activity", "affiliated_as")
"""What the address of the form names a scope by."""


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
        scope = _requested_scope(session)
        numbers = {name: data.get(name) for name in scope.names}
        # An exception may leave a number empty, to follow the wider scope. There is none above
        # EVERYTHING, so there an empty field leaves its number as it is.
        if scope == EVERYTHING:
            numbers = {name: value for name, value in numbers.items() if value is not None}
        new = PolicyChange(numbers, scope, data["from_day"])
        service.change_numbers(
            session, current_actor(), new, version=data["version"], now=utc_now()
        )
        return {}

    return forms.handle(
        PolicyForm(), work, page=_form, then=lambda _result: f"{PATH}?done=saved", stored=_stored
    )


def _requested_scope(session: Session) -> PolicyScope:
    """Return the scope that the address names.

    Raises:
        DomainError: invalid_input; not_found: there is no such activity.
    """
    # The form above the list sends an empty value for what it leaves open.
    given = {name: value for name, value in request.args.items() if name in SCOPE_NAMES and value}
    data = forms.validate(PolicyQuery(), given)
    return queries.scope_for(session, **{name: data[name] for name in SCOPE_NAMES})


def _stored() -> dict[str, Any]:
    with reading() as session:
        view = queries.scope_view(session, _requested_scope(session), utc_now())
    return {**_values(view), "version": view.version}


def _values(view: ScopeView) -> dict[str, Any]:
    return {
        name: view.value(name) if view.scope == EVERYTHING else view.numbers[name]
        for name in view.scope.names
    }


def _form(state: FormState) -> str:
    now = utc_now()
    with reading() as session:
        view = queries.scope_view(session, _requested_scope(session), now)
    return form_page(view, state, now)


def form_page(view: ScopeView, state: FormState, now: datetime) -> str:
    """Render the form of a scope, with the numbers that it may have."""
    shown = {
        section: {name: label for name, label in labels.items() if name in view.scope.names}
        for section, labels in LABELS.items()
    }
    # A form that is shown again keeps what was typed: no stored number fills an emptied field.
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
    names = {"student": _("Students"), "staff": _("Staff of the institutions")}
    return [(group, names[group]) for group in AFFILIATED]


def _title(view: ScopeView) -> str:
    """Return what a scope is called."""
    if view.scope == EVERYTHING:
        return str(_("Rules for everybody"))
    name = view.name[language()] if view.name else None
    group = dict(_groups()).get(view.affiliated_as or "")
    return ", ".join(part for part in (name, group) if part)


def _change_path(activity: Any = None, affiliated_as: str | None = None) -> str:
    scope = {"activity": activity, "affiliated_as": affiliated_as}
    query = urlencode({name: str(value) for name, value in scope.items() if value})
    return f"{CHANGE}?{query}" if query else CHANGE
