"""The figures against the targets, as they were known at an as-of time, each with its receipt.

Everything that is read here is append-only with the time it was recorded, so the same as-of time gives the same answer
for ever, digest included: later facts are left out, and no figure reads a person. One condition: a transaction that was
still open at the as-of time may hold facts from just before it, so an answer is final once its as-of time is ten
seconds old.
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
from zone.feedback.surveys import queries as surveys_queries
from zone.passes.passes import queries as passes_queries
from zone.places.terms import queries as terms_queries
from zone.reporting.kpis import rules
from zone.reporting.kpis.errors import AS_OF_AHEAD, NO_TARGETS
from zone.reporting.kpis.models import Target
from zone.reporting.kpis.rules import Goal, Judged, Week

WAVES: Final = ("spring", "autumn")
Row = tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Provenance:
    """How a figure came about: the rule's version, the span it looks at, as known when, over which rows."""

    definition: str
    window: Window
    as_of: datetime
    rows: dict[str, int]
    digest: str


@dataclass(frozen=True, slots=True)
class FigurePart:
    """The figure of one term or wave; `name` is the season's code, or spring or autumn."""

    name: str
    judged: Judged
    receipt: Provenance


@dataclass(frozen=True, slots=True)
class Figure:
    """A target's figure. With `parts`, each must meet the target itself and there is no value of the whole."""

    goal: Goal
    judged: Judged
    receipt: Provenance
    parts: tuple[FigurePart, ...] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """The targets of a calendar year as of an instant."""

    year: int
    as_of: datetime
    figures: tuple[Figure, ...]


def report(session: Session, year: int, *, as_of: datetime, now: datetime) -> Report:
    """The figures of a year against its targets, as they were known at `as_of`.

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
    """The targets in force in a year, by key, as known at the as-of time.

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
    pct = None if row.pct is None else _plain(row.pct)
    return Goal(row.key, _plain(row.baseline), row.baseline_of, pct, _plain(row.goal))


def _plain(value: Decimal) -> Decimal:
    """The number without the zeros that the column adds: 1870.0000 → 1870."""
    return Decimal(f"{value.normalize():f}")


def passes_figure(session: Session, goal: Goal, year: int, as_of: datetime) -> Figure:
    """Target A: passes taken into use in the calendar year."""
    window = year_window(year)
    found = passes_queries.activations(session, window, as_of)
    rows: list[Row] = [(item.pass_id, item.kind, item.activated_at.isoformat()) for item in found]
    receipt = _receipt(goal, window, as_of, {"passes": len(rows)}, rows)
    return Figure(goal, rules.judge(goal, Decimal(len(found))), receipt)


def hours_figure(session: Session, goal: Goal, year: int, as_of: datetime) -> Figure:
    """Target B: guided hours a week, for each term that has regular weeks."""
    terms = terms_queries.weeks_of_year(session, year, as_of)
    parts = [_term(session, goal, name, weeks, as_of) for name, weeks in terms.items()]
    return _of_parts(goal, year, as_of, parts)


def _term(
    session: Session, goal: Goal, name: str, weeks: Sequence[Week], as_of: datetime
) -> FigurePart:
    over = rules.complete(weeks, as_of)
    window = rules.week_window(weeks[0])[0], rules.week_window(weeks[-1])[1]
    held = rules.in_weeks(sessions_queries.held_sessions(session, window, as_of), over)
    rows = [_held_row(item) for item in held] + [("week", *week) for week in over]
    judged = rules.judge(goal, rules.weekly_hours(held, over))
    return FigurePart(
        name,
        judged,
        _receipt(goal, window, as_of, {"sessions": len(held), "weeks": len(over)}, rows),
    )


def _held_row(item: HeldSession) -> Row:
    return item.session_id, item.kind, item.starts_at.isoformat(), item.ends_at.isoformat()


def grade_figure(session: Session, goal: Goal, year: int, as_of: datetime) -> Figure:
    """Target C: the survey's grade, for each wave on its own."""
    surveys = {survey.wave: survey for survey in surveys_queries.waves(session, year, as_of)}
    results = {
        wave: results_queries.wave_results(session, survey.id, as_of)
        for wave, survey in surveys.items()
    }
    return _of_parts(
        goal, year, as_of, [_wave(goal, year, wave, results.get(wave), as_of) for wave in WAVES]
    )


def _wave(
    goal: Goal, year: int, wave: str, results: WaveResults | None, as_of: datetime
) -> FigurePart:
    answers = results.answers if results else ()
    window = (results.opens_at, results.closes_at) if results else year_window(year)
    rows: list[Row] = [(item.id.hex, item.grade) for item in answers]
    judged = rules.judge(goal, rules.grade([item.grade for item in answers]))
    counts = {"answers": len(rows)}
    if judged.value is not None:
        counts["graded"] = sum(item.grade is not None for item in answers)
    return FigurePart(wave, judged, _receipt(goal, window, as_of, counts, rows))


def _of_parts(goal: Goal, year: int, as_of: datetime, parts: Sequence[FigurePart]) -> Figure:
    status = rules.weakest([part.judged.status for part in parts])
    counts = Counter[str]()
    for part in parts:
        counts.update(part.receipt.rows)
    rows: list[Row] = [(part.name, part.receipt.digest) for part in parts]
    judged = replace(rules.judge(goal, None), status=status)
    return Figure(
        goal, judged, _receipt(goal, year_window(year), as_of, dict(counts), rows), tuple(parts)
    )


def _receipt(
    goal: Goal, window: Window, as_of: datetime, counts: dict[str, int], rows: Sequence[Row]
) -> Provenance:
    return Provenance(rules.DEFINITIONS[goal.key], window, as_of, counts, rules.digest(rows))
