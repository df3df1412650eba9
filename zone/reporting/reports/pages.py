"""The page Targets: three tiles with status, and behind each figure its receipt."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from babel.numbers import format_decimal
from flask import Blueprint, Response, render_template, request
from flask_babel import get_locale
from flask_babel import gettext as _

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.errors import DomainError
from zone.core.identity import Permission
from zone.core.time import EARLIEST, LATEST, day_window, helsinki_date
from zone.members.affiliations.queries import institutions
from zone.reporting.kpis import queries as kpis_queries
from zone.reporting.kpis.errors import NO_TARGETS
from zone.reporting.kpis.queries import Figure, Report
from zone.reporting.kpis.rules import FIRST_YEAR, Goal, Judged, Status
from zone.reporting.reports.spreadsheet import csv_of
from zone.reporting.supporting.queries import SupportingFigure, supporting
from zone.web.auth import may
from zone.web.problems import BAD_REQUEST

pages = Blueprint("reporting_reports_pages", __name__, template_folder="templates")


@pages.app_template_filter("exactly")
def exactly(value: Decimal) -> str:
    """A number with just the decimals that it has: 4.0 stays 4,0."""
    digits = max(0, -int(value.as_tuple().exponent))
    pattern = "#,##0." + "0" * digits if digits else "#,##0"
    return str(format_decimal(value, format=pattern, locale=get_locale()))


@pages.app_template_filter("bullet_share")
def bullet_share(value: Decimal, goal: Goal) -> str:
    """How far along its bar a value lies, in percent: the bar ends a quarter beyond the goal."""
    return f"{min(Decimal(100), max(Decimal(0), value / goal.goal * 80)):.1f}%"


@pages.get("/targets")
@may(Permission.FIGURES_READ)
def targets() -> str:
    """The targets of a year, this one unless asked, as known at the end of a day, or now."""
    now = utc_now()
    this_year = helsinki_date(now).year
    year, day = _year(request.args.get("year"), this_year), _day(request.args.get("day"))
    report, others = _report(year, min(now, day_window(day)[1]) if day else now, now)
    return render_template(
        "reporting/reports/targets.html",
        report=report,
        others=others,
        year=year,
        years=range(this_year, FIRST_YEAR - 1, -1),
        day=day,
        today=helsinki_date(now),
        names=_names(),
        words=_words(),
        supporting=_supporting_words(),
        institutions=_institution_names(),
    )


@pages.get("/targets/<int:year>.csv")
@may(Permission.FIGURES_READ)
def sheet(year: int) -> Response:
    """Exactly what the page shows, as it was known at `as_of`, for a spreadsheet."""
    now = utc_now()
    report, others = _report(year, _instant(request.args.get("as_of"), now), now)
    if report is None:
        raise DomainError(NO_TARGETS)
    headers = {"Content-Disposition": f'attachment; filename="zone-targets-{year}.csv"'}
    return Response(csv_of(report, others), mimetype="text/csv", headers=headers)


def _instant(given: str | None, now: datetime) -> datetime:
    if not given:
        return now
    try:
        as_of = datetime.fromisoformat(given)
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
    except DomainError as refused:
        if refused.reasons[0] is NO_TARGETS:
            return None, []
        raise


def _institution_names() -> dict[str, str]:
    with reading() as session:
        return {one.code: one.name for one in institutions(session)}


def _supporting_words() -> dict[str, tuple[str, str]]:
    """What each supporting figure is, and of what it is a share."""
    return {
        "no_shows": (_("Bookings not used"), _("of the bookings that are settled")),
        "filled": (_("Places booked"), _("of those that could be booked in the sessions held")),
        "captured": (_("Visits that a door saw"), _("of all visits")),
        "people": (_("People with a pass in use"), ""),
    }


def _year(given: str | None, this_year: int) -> int:
    return (
        int(given)
        if given and given.isascii() and given.isdigit() and len(given) == 4
        else this_year
    )


def _day(given: str | None) -> date | None:
    if not given:
        return None
    try:
        day = date.fromisoformat(given)
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


def _words() -> dict[str, Any]:
    """Status → tag colour, icon and word; colour of the bar; names of the rows that were counted."""
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
            "visits": _("visits"),
            "people": _("people"),
        },
    }


@pages.app_template_filter("part_name")
def part_name(name: str) -> str:
    """A term or wave in words: both `spring` and a season's code such as `2026-spring`."""
    words = {"spring": _("Spring"), "summer": _("Summer"), "autumn": _("Autumn")}
    return next((word for kind, word in words.items() if kind in name), name)


@pages.app_template_filter("tile_lines")
def tile_lines(figure: Figure) -> list[tuple[str, Judged]]:
    """What a tile shows in numbers: the figure itself, or that of each part."""
    return [(part.name, part.judged) for part in figure.parts] or [("", figure.judged)]
