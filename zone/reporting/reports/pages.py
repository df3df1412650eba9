"""The page of the targets: a tile for each, and the provenance of each figure."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from flask import Blueprint, Response, render_template, request
from flask_babel import gettext as _

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.time import EARLIEST, LATEST, day_window, helsinki_date, parse_day, parse_instant
from zone.members.affiliations.queries import institutions
from zone.reporting.kpis import queries as kpis_queries
from zone.reporting.kpis.errors import NO_TARGETS
from zone.reporting.kpis.queries import Figure, Report
from zone.reporting.kpis.rules import FIRST_YEAR, Goal, JudgedFigure, Status
from zone.reporting.reports.queries import present_figures
from zone.reporting.reports.spreadsheet import csv_of
from zone.reporting.supporting.queries import SupportingFigure, supporting
from zone.web.auth import may
from zone.web.problems import BAD_REQUEST

pages = Blueprint("reporting_reports_pages", __name__, template_folder="templates")


@pages.app_template_filter("bullet_share")
def bullet_share(value: Decimal, goal: Goal) -> str:
    """Return where on its bar a value lies, in percent; the goal is at 80 %."""
    return f"{min(Decimal(100), max(Decimal(0), value / goal.goal * 80)):.1f}%"


@pages.get("/targets")
@may(Permission.FIGURES_READ)
def targets() -> str:
    """The targets of `?year=` (default: this year) as known at the end of `?day=`, or now."""
    now = utc_now()
    this_year = helsinki_date(now).year
    year, day = _year(request.args.get("year"), this_year), _day(request.args.get("day"))
    as_of = min(now, day_window(day)[1]) if day else None
    report, others, counted_at = _shown(year, as_of, now)
    return render_template(
        "reporting/reports/targets.html",
        report=report,
        others=others,
        counted_at=counted_at,
        year=year,
        years=range(this_year, FIRST_YEAR - 1, -1),
        day=day,
        today=helsinki_date(now),
        names=_names(),
        labels=_labels(),
        supporting=_supporting_labels(),
        institutions=_institution_names(),
    )


@pages.get("/targets/<int:year>.csv")
@may(Permission.FIGURES_READ)
def sheet(year: int) -> Response:
    """What the page shows, as known at `?as_of=`, for a spreadsheet."""
    now = utc_now()
    report, others = _report(year, _instant(request.args.get("as_of"), now), now)
    if report is None:
        raise DomainError(NO_TARGETS)
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


def _report(
    year: int, as_of: datetime, now: datetime
) -> tuple[Report | None, list[SupportingFigure]]:
    try:
        with reading() as session:
            report = kpis_queries.report(session, year, as_of=as_of, now=now)
            return report, supporting(session, year, as_of)
    except DomainError as refusal:
        if refusal.reasons[0] is NO_TARGETS:
            return None, []
        raise


def _shown(
    year: int, as_of: datetime | None, now: datetime
) -> tuple[Report | None, list[SupportingFigure], datetime | None]:
    """Return what was known at `as_of`, from the facts; without it, the present figures."""
    if as_of is not None:
        return *_report(year, as_of, now), None
    try:
        with reading() as session:
            present = present_figures(session, year, now)
    except DomainError as refusal:
        if refusal.reasons[0] is NO_TARGETS:
            return None, [], None
        raise
    return present.report, present.supporting, present.counted_at


def _institution_names() -> dict[str, str]:
    with reading() as session:
        return {institution.code: institution.name for institution in institutions(session)}


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


def _names() -> dict[str, dict[str, str]]:
    return {
        "A": {"title": _("Passes taken into use"), "unit": "", "per": _("in the calendar year")},
        "B": {"title": _("Guided exercise"), "unit": _("h a week"), "per": _("in each term")},
        "C": {
            "title": _("Grade for the service"),
            "unit": _("of 5"),
            "per": _("in spring and in autumn"),
        },
    }


def _labels() -> dict[str, Any]:
    """Return tag and bar colour of each status, and the names of the rows that were counted."""
    return {
        "status": {
            Status.MET: ("ok", "circle-check", _("Met")),
            Status.MET_PCT_ONLY: ("warn", "trending-up", _("Percentage met, number not")),
            Status.NOT_MET: ("bad", "circle-x", _("Not met")),
            Status.INSUFFICIENT: ("info", "hourglass", _("Not enough data")),
        },
        "bar": {Status.MET: "", Status.MET_PCT_ONLY: "warn", Status.NOT_MET: "bad"},
        "rows": {
            "passes": _("passes"),
            "sessions": _("sessions"),
            "weeks": _("regular weeks"),
            "answers": _("answers"),
            "graded": _("answers with a grade"),
            "bookings": _("bookings"),
            "places": _("places"),
            "visits": _("visits"),
            "people": _("people"),
        },
    }


@pages.app_template_filter("part_name")
def part_name(name: str) -> str:
    """Return the name of a term or wave, for `spring` as for the code `2026-spring`."""
    names = {"spring": _("Spring"), "summer": _("Summer"), "autumn": _("Autumn")}
    return next((text for kind, text in names.items() if kind in name), name)


@pages.app_template_filter("tile_lines")
def tile_lines(figure: Figure) -> list[tuple[str, JudgedFigure]]:
    """Return the numbers of a tile: the figure itself, or that of each part."""
    return [(part.name, part.judged) for part in figure.parts] or [("", figure.judged)]
