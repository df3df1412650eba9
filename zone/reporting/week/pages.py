"""The timetable of a week, to edit: one class is moved at a time, in the page until published.

Publishing is the edit of a weekly class, with its rule, its refusals and its version.
"""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import date, time
from decimal import Decimal
from functools import partial
from typing import Final
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.wrappers import Response

from zone.booking.affected_people.pages import note_preview
from zone.booking.weekly_classes.pages import change_stored, stored_values
from zone.booking.weekly_classes.schemas import ClassChangeForm
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import NOT_FOUND, DomainError
from zone.core.identity import Permission
from zone.core.time import helsinki_date
from zone.places.calendar.pages import calendar_lines
from zone.places.terms.queries import Term
from zone.reporting.week import queries, rules
from zone.reporting.week.queries import Plan
from zone.reporting.week.rules import Clashes, PlannedClass
from zone.reporting.week.views import ClassPanel, HoursBar, WeekChip, WeekDay, WeekPage
from zone.reporting.week_cards.pages import PATH, address, cards_of_day, choice
from zone.reporting.week_change.pages import (
    Change,
    change_of,
    clock_of,
    panel_of,
    span_of,
    typed_change,
    weekday_name,
)
from zone.web import forms, one_time
from zone.web.auth import may
from zone.web.filters import date_, decimal
from zone.web.forms import FormState
from zone.web.kept_form import shows_again
from zone.web.language import language

pages: Final = Blueprint("reporting_week_pages", __name__, template_folder="templates")

ONLINE: Final = "online"
EVENING: Final = 15
"""The hour at which the second half of the grid begins."""


@pages.get(PATH)
@may(Permission.PLANNING_READ)
def week() -> str:
    """The week of one campus in a term, with the class that is chosen."""
    chosen = request.args.get("class")
    if not chosen:
        return _page(None, FormState())
    try:
        class_id = uuid.UUID(chosen)
    except ValueError as error:
        raise DomainError(NOT_FOUND) from error
    return _page(class_id, FormState(_stored(class_id)))


def _stored(class_id: uuid.UUID) -> forms.Data:
    """Return the stored values of a class, the chosen day as the last of its weekdays."""
    values = stored_values(class_id)
    weekdays = values["weekdays"]
    chosen = _chosen_weekday()
    chosen = chosen if chosen in weekdays else weekdays[0]
    return values | {"weekdays": [*(day for day in weekdays if day != chosen), chosen]}


@pages.post(f"{PATH}/<uuid:class_id>")
@may(Permission.TIMETABLE_WRITE)
@shows_again
def change(class_id: uuid.UUID) -> Response:
    """Publish a change of a class, or show what it would do."""
    return forms.handle(
        ClassChangeForm(),
        partial(change_stored, class_id),
        typed=typed_change(),
        page=partial(_page, class_id),
        then=lambda result: f"{PATH}?{urlencode({'class': result['id'], 'done': 'published'})}",
        stored=partial(_stored, class_id),
    )


def _page(class_id: uuid.UUID | None, state: FormState) -> str:
    note_preview(state.preview)
    now = utc_now()
    with reading() as session:
        chosen = (
            queries.class_by_id(session, class_id, language(), _chosen_weekday())
            if class_id
            else None
        )
        today = helsinki_date(now)
        held_on = max(today, chosen.first_on) if chosen else today
        plan = queries.plan(session, now, language(), request.args.get("term"), held_on, chosen)
        changed = change_of(plan, chosen, state) if chosen else None
        campus = _campus(plan, changed)
        hours = queries.open_hours(session, campus, plan.first) if campus else []
        entries = queries.calendar_of(session, campus, plan, now)
    page = week_page(plan, campus, hours, changed, today)
    page = replace(page, calendar=calendar_lines(entries))
    return render_template("reporting/week/week.html", week=page)


def _chosen_weekday() -> int | None:
    """Return the weekday of the chosen class, where it has several."""
    return request.args.get("day", type=int)


def _campus(plan: Plan, changed: Change | None) -> int | None:
    """Return the campus to show; None: what is held online."""
    code = request.args.get("campus")
    by_code = {campus.code: campus.id for campus in plan.campuses}
    if code in by_code or code == ONLINE:
        return by_code.get(code)
    if changed:
        space = (changed.draft or changed.stored).space_id
        return plan.spaces[space].campus_id if space else None
    used = {plan.spaces[one.space_id].campus_id for one in plan.classes if one.space_id}
    return next((id_ for id_ in by_code.values() if id_ in used or not used), None)


def week_page(
    plan: Plan,
    campus: int | None,
    open_hours: Sequence[tuple[time, time]],
    changed: Change | None,
    today: date,
) -> WeekPage:
    """Return the page of a campus, or of what is held online."""
    draft = changed.draft if changed else None
    settled = list(plan.classes)
    found = Clashes()
    if draft and changed:
        found = rules.clashes(draft, settled, {id_: s.parts for id_, s in plan.spaces.items()})
        # The hours are those of a week in which the change holds, whenever that begins.
        moved = replace(draft, first_on=changed.stored.first_on)
        settled = [moved if one == changed.stored else one for one in settled]
    here = [one for one in plan.classes if _campus_of(plan, one) == campus]
    drawn = [*here, draft] if draft else here
    first_hour, last_hour = rules.shown_hours(drawn, open_hours)
    monday = rules.week_to_count(today, plan.first, plan.last)
    name = next((one.name for one in plan.campuses if one.id == campus), _("Online"))
    return WeekPage(
        title=_("Timetable, %(term)s", term=_term_name(plan.term)) if plan.term else _("Timetable"),
        about=_about_term(plan),
        campuses=_campuses(plan, campus),
        terms=[
            WeekChip(_term_name(one), address(term=one.season.code), one is plan.term)
            for one in plan.terms
        ],
        public_address=_public_address(plan, campus),
        label=_("Week at %(campus)s", campus=name),
        first_hour=first_hour,
        hours=last_hour - first_hour,
        axis=[(4 * n, clock_of(60 * (first_hour + n))) for n in range(last_hour - first_hour)],
        halves=_halves(drawn, first_hour, last_hour),
        days=[
            WeekDay(
                number,
                weekday_name(number),
                _day_hours(plan, settled, campus, number, monday),
                cards_of_day(plan, number, drawn, changed, found, (first_hour, last_hour)),
            )
            for number in range(1, 8)
        ],
        bar=_bar(plan, settled, monday),
        panel=_panel(plan, changed, found, campus) if changed else None,
        submitted=request.method == "POST",
        published=_published(changed),
    )


def _panel(plan: Plan, changed: Change, found: Clashes, campus: int | None) -> ClassPanel:
    class_id = str(changed.stored.id)
    undo = address(**choice(changed.stored))
    query = {name: value for name, value in choice(changed.stored).items() if name != "class"}
    action = address(**query).replace(PATH, f"{PATH}/{class_id}").rstrip("?")
    return panel_of(plan, changed, found, campus, undo, action)


def _published(changed: Change | None) -> str | None:
    if changed is None or one_time.done() is None:
        return None
    return str(
        _(
            "%(name)s is on %(day)s at %(time)s from now on.",
            name=changed.stored.name,
            day=weekday_name(changed.stored.weekday, "long"),
            time=span_of(changed.stored),
        )
    )


def _campus_of(plan: Plan, planned: PlannedClass) -> int | None:
    return plan.spaces[planned.space_id].campus_id if planned.space_id else None


def _term_name(term: Term) -> str:
    names = {"spring": _("spring"), "summer": _("summer"), "autumn": _("autumn")}
    return f"{names[term.season.kind]} {term.season.starts_on.year}"


def _about_term(plan: Plan) -> str:
    if plan.term is None:
        return str(_("No term is planned."))
    regular = sum(1 for _year, _week, is_regular in plan.term.weeks if is_regular)
    weeks = ngettext("%(num)s regular week", "%(num)s regular weeks", regular)
    season = plan.term.season
    return f"{date_(season.starts_on)} – {date_(season.ends_on)}, {weeks}"


def _campuses(plan: Plan, campus: int | None) -> list[WeekChip]:
    online = [one for one in plan.classes if one.space_id is None]
    with_spaces = {space.campus_id for space in plan.spaces.values()}
    choices = [
        WeekChip(one.name, address(campus=one.code), one.id == campus)
        for one in plan.campuses
        if one.id in with_spaces
    ]
    if online or campus is None:
        choices.append(WeekChip(_("Online"), address(campus=ONLINE), campus is None))
    return choices


def _public_address(plan: Plan, campus: int | None) -> str:
    code = next((one.code for one in plan.campuses if one.id == campus), "")
    return f"/classes?{urlencode({'campus': code})}" if code else "/classes"


def _halves(drawn: Sequence[PlannedClass], first: int, last: int) -> list[WeekChip]:
    """Return links to both halves of a day that is wider than the page."""
    if not first < EVENING < last or last - first <= rules.FEWEST_HOURS:
        return []
    early = sum(1 for one in drawn if one.minute < EVENING * 60)
    halves = ((first, EVENING, early), (EVENING, last, len(drawn) - early))
    return [
        WeekChip(
            ngettext(
                "%(span)s: %(num)s class",
                "%(span)s: %(num)s classes",
                count,
                span=f"{clock_of(start * 60)}–{clock_of(end * 60)}",
            ),
            f"#h{start}",
            current=False,
        )
        for start, end, count in halves
    ]


def _day_hours(
    plan: Plan,
    classes: Sequence[PlannedClass],
    campus: int | None,
    number: int,
    monday: date,
) -> str:
    of_day = [one for one in classes if one.weekday == number and _campus_of(plan, one) == campus]
    hours = rules.guided_hours(of_day, monday)
    return str(_("%(hours)s h", hours=decimal(hours))) if hours else ""


def _bar(plan: Plan, settled: Sequence[PlannedClass], monday: date) -> HoursBar:
    before_hours = rules.guided_hours(plan.classes, monday)
    after_hours = rules.guided_hours(settled, monday)
    goal = plan.goal
    whole = max([before_hours, after_hours, *([goal] if goal else [])]) * Decimal("1.1") or Decimal(
        1
    )
    low, high = sorted((before_hours, after_hours))
    words = decimal(after_hours, rules.decimals_of(after_hours, goal))
    label = (
        _("%(hours)s hours a week, target %(goal)s", hours=words, goal=decimal(goal))
        if goal
        else _("%(hours)s hours a week", hours=words)
    )
    return HoursBar(
        before=decimal(before_hours, rules.decimals_of(before_hours, goal)),
        after=words if after_hours != before_hours else None,
        goal=decimal(goal) if goal else None,
        sentence=_short_of(goal, after_hours),
        label=label,
        filled=f"{low / whole * 100:.1f}%",
        added=f"{(high - low) / whole * 100:.1f}%",
        target_at=f"{goal / whole * 100:.1f}%" if goal else "",
    )


def _short_of(goal: Decimal | None, hours: Decimal) -> str:
    if goal is None:
        return str(_("No target is set."))
    if hours < goal:
        return str(
            _(
                "This timetable is %(hours)s h a week short of target B.",
                hours=decimal(goal - hours, rules.decimals_of(hours, goal)),
            )
        )
    return str(
        _(
            "This timetable is %(hours)s h a week above target B. "
            "Weeks already held do not change by it.",
            hours=decimal(hours - goal),
        )
    )
