"""How the targets of a year stand, from its report and the rows of its charts. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final

from zone.core.money import share_percent
from zone.reporting.charts.queries import ChartRows
from zone.reporting.charts.rules import HourMean, HourVisits
from zone.reporting.charts.views import Bar, Curve, GradeBar, percent
from zone.reporting.kpis.queries import Figure, FigurePart, Provenance, Report
from zone.reporting.pace import rules
from zone.reporting.pace.rules import Pace, PartProgress, Progress
from zone.reporting.pace.sentences import TargetFinding
from zone.reporting.reports.definitions import Definition

HOURS_SCALE: Final = Decimal("1.1")
"""The bar of target B goes to a tenth above its goal."""


@dataclass(frozen=True, slots=True)
class Tile:
    """A target as its tile shows it; `numbers` are pairs of a number and what it is of.

    `mark` is the kind, icon and words of its tag; `share` and `target` are places on its bar.
    """

    key: str
    title: str
    mark: tuple[str, str, str]
    numbers: Sequence[tuple[str, str]]
    about: str
    share: str
    target: str
    bar: str
    lines: Sequence[str]


@dataclass(frozen=True, slots=True)
class Heat:
    """The visits by hour; `hours` are the columns, `seen` how many percent doors saw."""

    rows: Sequence[Sequence[HourMean]]
    hours: Sequence[int]
    first: date
    last: date
    seen: int | None


@dataclass(frozen=True, slots=True)
class TargetsPage:
    """What the page of the targets shows beside its figures; titles say what each chart says.

    `counted_until`: the first day not yet counted by group. `whole_day`:
    the figures are those of the end of a day. `grades` are the words for 1 to 5.
    """

    finding: TargetFinding
    tiles: Sequence[Tile]
    curve: Curve | None
    curve_title: str
    by_calendar: bool
    institutions: Sequence[Bar]
    institutions_title: str
    campuses: Sequence[Bar]
    campuses_title: str
    heat: Heat
    heat_title: str
    survey: Sequence[GradeBar]
    survey_title: str
    survey_name: str
    counted_until: date
    week: int
    whole_day: bool
    grades: Sequence[str]
    definitions: Sequence[Definition]
    receipts: Sequence[tuple[str, Provenance]]


def pace_of(rows: ChartRows, goal: Decimal) -> Pace:
    """Return the pace of target A in the year of these rows."""
    return Pace(goal, rows.year, rows.last_passes)


def progress(report: Report, rows: ChartRows) -> list[Progress]:
    """Return how each target stands."""
    return [_progress(figure, rows) for figure in report.figures]


def _progress(figure: Figure, rows: ChartRows) -> Progress:
    goal, ended = figure.goal, rows.ended
    if goal.key == "A":
        pace = pace_of(rows, goal.goal)
        return rules.passes_progress(goal, figure.judged, pace, rows.until, ended=ended)
    make = _term if goal.key == "B" else _wave
    parts = [make(figure, part, rows) for part in figure.parts]
    return rules.whole_progress(goal, figure.judged.status, parts, ended=ended)


def _term(figure: Figure, part: FigurePart, rows: ChartRows) -> PartProgress:
    done = part.provenance.rows["weeks"]
    weeks = rows.term_weeks.get(part.name, done)
    return rules.term_progress(figure.goal, part.name, part.judged, done, weeks, ended=rows.ended)


def _wave(figure: Figure, part: FigurePart, rows: ChartRows) -> PartProgress:
    closed = any(wave.closed for wave in rows.waves if wave.wave == part.name)
    return rules.wave_progress(figure.goal, part.name, part.judged, closed=closed, ended=rows.ended)


def bar_of(item: Progress) -> tuple[str, str]:
    """Return where a target's value and its pace lie on its bar, in percent."""
    value = item.shown.value if item.shown else item.value
    goal = item.goal.goal
    if item.goal.key == "A":
        whole = max(goal, item.expected)
        return percent(item.value or 0, whole), percent(item.expected, whole)
    if item.goal.key == "B":
        return percent(value or 0, goal * HOURS_SCALE), percent(goal, goal * HOURS_SCALE)
    # Grades are 1 to 5: the bar begins with 1.
    return percent((value or Decimal(1)) - 1, 4), percent(goal - 1, 4)


def heat(found: HourVisits, rows: Sequence[Sequence[HourMean]]) -> Heat:
    """Return the visits by hour as their table shows them."""
    seen = share_percent(found.doors, found.total)
    hours = [cell.hour for cell in rows[0]] if rows else []
    return Heat(rows, hours, found.first, found.last, None if seen is None else int(seen))
