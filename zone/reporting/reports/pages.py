"""The page of the targets: the finding, a tile for each, charts, and how all was counted."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _
from sqlalchemy.orm import Session

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.time import (
    EARLIEST,
    LATEST,
    day_window,
    helsinki_date,
    iso_week,
    parse_day,
    parse_instant,
)
from zone.members.institutions.queries import institutions
from zone.places.campuses.queries import campuses
from zone.reporting.charts.queries import ChartRows, chart_rows
from zone.reporting.charts.rules import curve as curve_points
from zone.reporting.charts.rules import hour_means
from zone.reporting.charts.views import Curve, bars, busiest, curve_view, grade_bars
from zone.reporting.kpis import queries as kpis_queries
from zone.reporting.kpis.errors import NO_TARGETS
from zone.reporting.kpis.queries import Report
from zone.reporting.kpis.rules import FIRST_YEAR
from zone.reporting.pace import sentences
from zone.reporting.pace.rules import Basis, Progress
from zone.reporting.reports import tiles, views
from zone.reporting.reports.definitions import definitions, receipts
from zone.reporting.reports.queries import present_figures
from zone.reporting.reports.spreadsheet import csv_of
from zone.reporting.reports.views import TargetsPage
from zone.reporting.supporting import rules as supporting_rules
from zone.reporting.supporting.queries import SupportingFigure, supporting
from zone.reporting.supporting.rules import ShownPeople
from zone.web.auth import may
from zone.web.language import language
from zone.web.problems import BAD_REQUEST

pages = Blueprint("reporting_reports_pages", __name__, template_folder="templates")


part_name: Final = pages.app_template_filter("part_name")(sentences.part_name)
grade: Final = pages.app_template_filter("grade")(tiles.grade)
short_month: Final = pages.app_template_filter("short_month")(tiles.short_month)
weekday: Final = pages.app_template_filter("short_weekday")(tiles.weekday)


@dataclass(frozen=True, slots=True)
class Shown:
    """The figures of a year, from stored counts or, of a chosen day, from the facts."""

    report: Report
    others: Sequence[SupportingFigure]
    rows: ChartRows
    counted_at: datetime | None


@pages.get("/targets")
@may(Permission.FIGURES_READ)
def targets() -> str:
    """The targets of `?year=` (default: this year) as known at the end of `?day=`, or now."""
    now = utc_now()
    this_year = helsinki_date(now).year
    year, day = _year(request.args.get("year"), this_year), _day(request.args.get("day"))
    end = day_window(day)[1] if day else now
    # Of today and of days to come the present figures, which need no count of the whole year.
    as_of = end if end < now else None
    with reading() as session:
        try:
            shown = _shown(session, year, as_of, now)
        except DomainError as refusal:
            if refusal.reasons[0] is not NO_TARGETS:
                raise
            shown = None
        names = {
            "institutions": {one.code: one.name for one in institutions(session)},
            "campuses": {one.code: one.name for one in campuses(session)},
        }
    return targets_page(year, day, shown, names, now)


def targets_page(
    year: int,
    day: date | None,
    shown: Shown | None,
    names: Mapping[str, Mapping[str, str]],
    now: datetime,
) -> str:
    """Return the page; without `shown` there were no targets. `names` are by kind and code."""
    today = helsinki_date(now)
    return render_template(
        "reporting/reports/targets.html",
        shown=shown,
        page=_page(shown, names) if shown else None,
        year=year,
        years=range(today.year, FIRST_YEAR - 1, -1),
        day=day,
        today=today,
        supporting=_supporting_labels(),
        row_names=_row_names(),
    )


def _page(shown: Shown, names: Mapping[str, Mapping[str, str]]) -> TargetsPage:
    rows, progress = shown.rows, views.progress(shown.report, shown.rows)
    curve, basis = _curve(progress, rows)
    people = {
        one.group: None if one.hidden else ShownPeople(one.part, rows.until)
        for one in shown.others
        if one.group is not None
    }
    no_name = {"": _("no institution named")}
    by_institution = bars(people, rows.people_before, no_name | dict(names["institutions"]))
    by_campus = bars(rows.campuses, {}, names["campuses"])
    means = hour_means(rows.hours)
    wave, questions = rows.survey or ("", [])
    survey = grade_bars(questions)
    return TargetsPage(
        finding=sentences.finding(progress, rows.year, ended=rows.ended),
        tiles=[tiles.tile(one, rows) for one in progress],
        curve=curve,
        curve_title=tiles.curve_title(curve) if curve else "",
        by_calendar=basis is Basis.CALENDAR,
        institutions=by_institution,
        institutions_title=tiles.institutions_title(by_institution),
        campuses=by_campus,
        campuses_title=tiles.campuses_title(by_campus),
        heat=views.heat(rows.hours, means),
        heat_title=tiles.heat_title(busiest(means)),
        survey=survey,
        survey_title=tiles.survey_title(survey, language()),
        survey_name=sentences.part_name(wave),
        counted_until=supporting_rules.counted_before(shown.report.as_of),
        week=iso_week(rows.until)[1],
        whole_day=day_window(rows.until)[1] <= rows.as_of,
        grades=[_("Very poor"), _("Poor"), _("Fair"), _("Good"), _("Very good")],
        definitions=definitions(shown.report, by_calendar=basis is Basis.CALENDAR),
        receipts=receipts(shown.report, shown.others, _supporting_labels(), names["institutions"]),
    )


def _curve(progress: Sequence[Progress], rows: ChartRows) -> tuple[Curve | None, Basis | None]:
    goal = next((one.goal.goal for one in progress if one.goal.key == "A"), None)
    if goal is None:
        return None, None
    pace = views.pace_of(rows, goal)
    return curve_view(curve_points(pace, rows.passes, rows.until), rows.until), pace.basis


@pages.get("/targets/<int:year>.csv")
@may(Permission.FIGURES_READ)
def sheet(year: int) -> Response:
    """What the page shows, as known at `?as_of=`, for a spreadsheet."""
    now = utc_now()
    as_of = _instant(request.args.get("as_of"), now)
    with reading() as session:
        report = kpis_queries.report(session, year, as_of=as_of, now=now)
        others = supporting(session, year, as_of)
    headers = {"Content-Disposition": f'attachment; filename="zone-targets-{year}.csv"'}
    return Response(csv_of(report, others), mimetype="text/csv", headers=headers)


def _instant(text: str | None, now: datetime) -> datetime:
    if not text:
        return now
    try:
        as_of = parse_instant(text)
    except ValueError as error:
        raise DomainError(BAD_REQUEST) from error
    if as_of.tzinfo is None or not EARLIEST < as_of < LATEST:
        raise DomainError(BAD_REQUEST)
    return as_of


def _shown(session: Session, year: int, as_of: datetime | None, now: datetime) -> Shown:
    """Return what was known at `as_of`, from the facts; without it, the present figures."""
    if as_of is None:
        present = present_figures(session, year, now)
        rows = chart_rows(session, year, now, present.counted)
        return Shown(present.report, present.supporting, rows, present.counted_at)
    report = kpis_queries.report(session, year, as_of=as_of, now=now)
    others = supporting(session, year, as_of)
    return Shown(report, others, chart_rows(session, year, as_of), None)


def _supporting_labels() -> dict[str, tuple[str, str]]:
    """Return the name of each supporting figure, and of what it is a share."""
    return {
        "no_shows": (_("Bookings not used"), _("of the bookings that are settled")),
        "filled": (_("Places booked"), _("of those that could be booked in the sessions held")),
        "captured": (_("Visits that a door saw"), _("of all visits")),
        "people": (_("People with a pass in use"), ""),
    }


def _year(text: str | None, this_year: int) -> int:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) == 4 else this_year


def _day(text: str | None) -> date | None:
    if not text:
        return None
    try:
        day = parse_day(text)
    except ValueError as error:
        raise DomainError(BAD_REQUEST) from error
    if not EARLIEST.date() < day < LATEST.date():
        raise DomainError(BAD_REQUEST)
    return day


def _row_names() -> dict[str, str]:
    """Return the names of the rows that were counted."""
    return {
        "passes": _("passes"),
        "sessions": _("sessions"),
        "weeks": _("regular weeks"),
        "answers": _("answers"),
        "graded": _("answers with a grade"),
        "bookings": _("bookings"),
        "places": _("places"),
        "visits": _("visits"),
        "people": _("people"),
    }
