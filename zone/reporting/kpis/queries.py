"""The figures against the targets as they were known at an as-of time, each with its provenance.

All rows that are read here are append-only and carry the time at which they were recorded; no
figure reads a person. So the same as-of time always gives the same report, digest included. A
transaction that was open at the as-of time may add rows from before it: a report is final once its
as-of time is 10 seconds old.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.booking.sessions import queries as sessions_queries
from zone.booking.sessions.queries import HeldSession
from zone.core.errors import DomainError
from zone.core.time import LATEST, Window, year_window
from zone.feedback.results import queries as results_queries
from zone.feedback.results.queries import WaveResults
from zone.feedback.results.rules import cell_of, published
from zone.feedback.surveys import queries as surveys_queries
from zone.passes.activations import queries as activations_queries
from zone.places.terms import queries as terms_queries
from zone.reporting.kpis import rules
from zone.reporting.kpis.errors import AS_OF_AHEAD, NO_TARGETS
from zone.reporting.kpis.models import Target
from zone.reporting.kpis.rules import Goal, JudgedFigure, Week

WAVES: Final = ("spring", "autumn")
Row = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """What a figure was computed from: version of the rule, span, as-of time, and rows.

    `digest` is empty where stored counts of past days were read instead of the rows.
    """

    definition: str
    window: Window
    as_of: datetime
    rows: dict[str, int]
    digest: str


@dataclass(frozen=True, slots=True)
class FigurePart:
    """The figure of one term or wave; `name` is the code of the season, or spring or autumn."""

    name: str
    judged: JudgedFigure
    provenance: Provenance


@dataclass(frozen=True, slots=True)
class Figure:
    """The figure of a target; with `parts` each must meet it, and the whole has no value."""

    goal: Goal
    judged: JudgedFigure
    provenance: Provenance
    parts: tuple[FigurePart, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The targets of a calendar year as of an instant."""

    year: int
    as_of: datetime
    figures: tuple[Figure, ...]


def report(session: Session, year: int, *, as_of: datetime, now: datetime) -> Report:
    """Return the figures of a year against its targets, as they were known at `as_of`.

    Raises:
        DomainError: no_targets, as_of_ahead.
    """
    if as_of > now:
        raise DomainError(AS_OF_AHEAD)
    goals = goals_of(session, year, as_of)
    figures = {"A": passes_figure, "B": hours_figure, "C": grade_figure}
    return Report(
        year, as_of, tuple(figures[goal.key](session, goal, year, as_of) for goal in goals)
    )


def goals_of(session: Session, year: int, as_of: datetime) -> list[Goal]:
    """Return the targets in force in a year by key, as known at the as-of time.

    Raises:
        DomainError: no_targets.
    """
    known = select(Target).where(
        Target.first_year <= min(year, LATEST.year), Target.recorded_at <= as_of
    )
    oldest_first = known.order_by(Target.first_year, Target.recorded_at, Target.id)
    in_force = {row.key: row for row in session.scalars(oldest_first)}
    if not in_force or year >= LATEST.year:
        raise DomainError(NO_TARGETS)
    return [_goal(row) for _, row in sorted(in_force.items())]


def _goal(row: Target) -> Goal:
    pct = None if row.pct is None else without_zeros(row.pct)
    return Goal(row.key, without_zeros(row.baseline), row.baseline_of, pct, without_zeros(row.goal))


def without_zeros(value: Decimal) -> Decimal:
    """Return the number without the zeros that the column adds: 1870.0000 → 1870."""
    return Decimal(f"{value.normalize():f}")


def passes_figure(session: Session, goal: Goal, year: int, as_of: datetime) -> Figure:
    """Return target A: passes activated in the calendar year."""
    window = year_window(year)
    activations = activations_queries.activations(session, window, as_of)
    rows: list[Row] = [
        (item.pass_id, item.kind, item.activated_at.isoformat()) for item in activations
    ]
    provenance = _provenance(goal, window, as_of, {"passes": len(rows)}, rows)
    return Figure(goal, rules.judge(goal, Decimal(len(activations))), provenance)


def hours_figure(session: Session, goal: Goal, year: int, as_of: datetime) -> Figure:
    """Return target B: guided hours a week, for each term that has regular weeks."""
    terms = terms_queries.weeks_of_year(session, year, as_of)
    parts = [_term(session, goal, name, weeks, as_of) for name, weeks in terms.items()]
    return whole_of(goal, year, as_of, parts)


def _term(
    session: Session, goal: Goal, name: str, weeks: Sequence[Week], as_of: datetime
) -> FigurePart:
    complete = rules.complete_weeks(weeks, as_of)
    window = rules.week_window(weeks[0])[0], rules.week_window(weeks[-1])[1]
    held = rules.sessions_in_weeks(sessions_queries.held_sessions(session, window, as_of), complete)
    rows = [_held_row(item) for item in held] + [("week", *week) for week in complete]
    judged = rules.judge(goal, rules.weekly_hours(held, complete))
    return FigurePart(
        name,
        judged,
        _provenance(goal, window, as_of, {"sessions": len(held), "weeks": len(complete)}, rows),
    )


def _held_row(item: HeldSession) -> Row:
    return item.session_id, item.kind, item.starts_at.isoformat(), item.ends_at.isoformat()


def grade_figure(session: Session, goal: Goal, year: int, as_of: datetime) -> Figure:
    """Return target C: the grade of the survey, for each wave."""
    surveys = {
        survey.wave: survey for survey in surveys_queries.surveys_of_year(session, year, as_of)
    }
    results = {
        wave: results_queries.wave_results(session, survey.id, as_of)
        for wave, survey in surveys.items()
    }
    return whole_of(
        goal, year, as_of, [_wave(goal, year, wave, results.get(wave), as_of) for wave in WAVES]
    )


def _wave(
    goal: Goal, year: int, wave: str, results: WaveResults | None, as_of: datetime
) -> FigurePart:
    answers = results.answers if results else ()
    window = (results.opens_at, results.closes_at) if results else year_window(year)
    rows: list[Row] = [(item.id.hex, item.grade) for item in answers]
    grades = [item.grade for item in answers]
    judged, counts = rules.judge_grades(goal, grades), _published_counts(grades)
    return FigurePart(wave, judged, _provenance(goal, window, as_of, counts, rows))


def _published_counts(grades: Sequence[int | None]) -> dict[str, int]:
    """Return how many answers there are and how many have a grade, as far as that is published."""
    shown = published(cell_of(grades))
    if shown is None:
        return {}
    return {"answers": shown.n} | ({"graded": shown.graded} if shown.graded else {})


def whole_of(goal: Goal, year: int, as_of: datetime, parts: Sequence[FigurePart]) -> Figure:
    """Return the figure of a target that each of its parts must meet."""
    status = rules.weakest([part.judged.status for part in parts])
    counts = Counter[str]()
    for part in parts:
        counts.update(part.provenance.rows)
    rows: list[Row] = [(part.name, part.provenance.digest) for part in parts]
    judged = replace(rules.judge(goal, None), status=status)
    return Figure(
        goal, judged, _provenance(goal, year_window(year), as_of, dict(counts), rows), tuple(parts)
    )


def _provenance(
    goal: Goal, window: Window, as_of: datetime, counts: dict[str, int], rows: Sequence[Row]
) -> Provenance:
    return Provenance(rules.DEFINITIONS[goal.key], window, as_of, counts, rules.digest(rows))
