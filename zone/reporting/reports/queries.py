"""The figures of the present moment, from stored counts of past days and the rows of today."""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy.orm import Session

from zone.core.time import Window, iso_week, monday_of, year_window
from zone.places.terms import queries as terms_queries
from zone.reporting.charts.queries import PresentCounts
from zone.reporting.daily_counts.queries import DAY, coverage, is_stored, present_counts
from zone.reporting.daily_counts.rules import Count, Counts
from zone.reporting.kpis import queries as kpis_queries
from zone.reporting.kpis import rules
from zone.reporting.kpis.queries import Figure, FigurePart, Provenance, Report
from zone.reporting.kpis.rules import Goal, Week
from zone.reporting.supporting import rules as supporting_rules
from zone.reporting.supporting.queries import DEFINITIONS, SupportingFigure, people_figure


@dataclass(frozen=True, slots=True)
class PresentFigures:
    """The figures as of now, with what they are made of.

    `counted_at` says as of when past days were counted, if stored.
    """

    report: Report
    supporting: list[SupportingFigure]
    counted_at: datetime | None
    counted: PresentCounts


def present_figures(session: Session, year: int, now: datetime) -> PresentFigures:
    """Return the figures of a year as of now, without reading the year's rows.

    They are those of `kpis_queries.report` and `supporting`, but for what was recorded about past
    days since these were counted. There are no digests: those are over the rows.

    Raises:
        DomainError: no_targets.
    """
    goals = kpis_queries.goals_of(session, year, now)
    terms = terms_queries.weeks_of_year(session, year, now)
    days, covered = _days(year, terms.values()), coverage(session)
    counts = present_counts(session, *days, now, covered)
    in_year = {key: count for key, count in counts.items() if key.day.year == year}
    window = year_window(year)
    figures: dict[str, Callable[[Goal], Figure]] = {
        "A": lambda goal: _passes(goal, in_year, window, now),
        "B": lambda goal: _hours(goal, year, terms, counts, now),
        "C": lambda goal: kpis_queries.grade_figure(session, goal, year, now),
    }
    report = Report(year, now, tuple(figures[goal.key](goal) for goal in goals))
    counted = PresentCounts(in_year, covered, {name: len(weeks) for name, weeks in terms.items()})
    counted_at = covered.as_of if covered and is_stored(*days, covered, now) else None
    return PresentFigures(report, _supporting(in_year, window, now), counted_at, counted)


def _days(year: int, terms: Iterable[list[Week]]) -> tuple[date, date]:
    """Return the first and last day of the year, and of the weeks of its terms."""
    # The first week of a term may begin in the old year, the last one end in the next.
    mondays = [monday_of(*week) for weeks in terms for week in weeks]
    last_days = [monday + 6 * DAY for monday in mondays]
    # Lists: of a single day, `min` would want the days in it. Nobody may have entered a term yet.
    return min([date(year, 1, 1), *mondays]), max([date(year, 12, 31), *last_days])


def _passes(goal: Goal, counts: Counts, window: Window, now: datetime) -> Figure:
    passes = _sum(counts, "passes").part
    provenance = Provenance(rules.DEFINITIONS["A"], window, now, {"passes": passes}, "")
    return Figure(goal, rules.judge(goal, Decimal(passes)), provenance)


def _hours(
    goal: Goal, year: int, terms: dict[str, list[Week]], counts: Counts, now: datetime
) -> Figure:
    parts = [_term(goal, name, weeks, counts, now) for name, weeks in terms.items()]
    whole = kpis_queries.whole_of(goal, year, now, parts)
    return replace(whole, provenance=replace(whole.provenance, digest=""))


def _term(goal: Goal, name: str, weeks: list[Week], counts: Counts, now: datetime) -> FigurePart:
    complete = set(rules.complete_weeks(weeks, now))
    held = _sum(
        {key: count for key, count in counts.items() if iso_week(key.day) in complete}, "guided"
    )
    window = rules.week_window(weeks[0])[0], rules.week_window(weeks[-1])[1]
    rows = {"sessions": held.part, "weeks": len(complete)}
    judged = rules.judge(goal, rules.mean_hours(held.whole, len(complete)))
    return FigurePart(name, judged, Provenance(rules.DEFINITIONS["B"], window, now, rows, ""))


def _supporting(counts: Counts, window: Window, now: datetime) -> list[SupportingFigure]:
    rows = {"no_shows": "bookings", "filled": "places", "captured": "visits"}
    shares = []
    for key, counted in rows.items():
        count = _sum(counts, key)
        provenance = Provenance(DEFINITIONS[key], window, now, {counted: count.whole}, "")
        shares.append(SupportingFigure(key, provenance, count.part, count.whole))
    return [*shares, *_people(counts, window, now)]


def _people(counts: Counts, window: Window, now: datetime) -> list[SupportingFigure]:
    new_people = Counter[tuple[date, str]]()
    for key, count in counts.items():
        if key.figure == "people":
            new_people[supporting_rules.month_of(key.day), key.group] += count.part
    return [
        people_figure(code, shown, window, now, None)
        for code, shown in supporting_rules.shown_people(new_people, now).items()
    ]


def _sum(counts: Counts, figure: str) -> Count:
    of_figure = [count for key, count in counts.items() if key.figure == figure]
    return Count(sum(count.part for count in of_figure), sum(count.whole for count in of_figure))
