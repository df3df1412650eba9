"""The rows of the charts: passes by day, people and visits by group, visits by hour, survey."""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from zone.core.time import from_helsinki, helsinki_date, to_helsinki, year_window
from zone.feedback.results import queries as results_queries
from zone.feedback.results.queries import QuestionShares
from zone.feedback.surveys import queries as surveys_queries
from zone.places.terms import queries as terms_queries
from zone.reporting.charts import rules
from zone.reporting.daily_counts import queries as daily_counts
from zone.reporting.daily_counts.queries import Coverage
from zone.reporting.daily_counts.rules import Counts
from zone.reporting.pace.rules import same_day
from zone.reporting.supporting import rules as supporting_rules
from zone.reporting.supporting.rules import ShownPeople

OF_YEARS: Final = frozenset({"passes", "people"})
MOMENT: Final = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class WaveState:
    """A survey of the year, and whether its results are there."""

    wave: str
    opens_at: datetime
    closes_at: datetime
    closed: bool


@dataclass(frozen=True, slots=True)
class PresentCounts:
    """What the present figures were made of: the counts of the year's days, and which are stored.

    `term_weeks` are the regular weeks of each term.
    """

    counts: Counts
    covered: Coverage | None
    term_weeks: dict[str, int]


@dataclass(frozen=True, slots=True)
class ChartRows:
    """What the charts of a year show, as known at `as_of`; `until` is the last day of it.

    `passes` and `last_passes` are those of this year and the last by day, `people_before` the
    people of institutions as they were shown a year before. `term_weeks` are the regular weeks of
    each term. `survey` is the newest one whose results are there.
    """

    year: int
    as_of: datetime
    until: date
    ended: bool
    passes: dict[date, int]
    last_passes: dict[date, int]
    people_before: dict[str, ShownPeople | None]
    campuses: dict[str, ShownPeople | None]
    hours: rules.HourVisits
    term_weeks: dict[str, int]
    waves: list[WaveState]
    survey: tuple[str, list[QuestionShares]] | None


def chart_rows(
    session: Session, year: int, as_of: datetime, present: PresentCounts | None = None
) -> ChartRows:
    """Return the rows of the charts as they were known at `as_of`.

    With `present` that is now, and stored counts are read where there are any. Without it
    everything is counted from the facts.
    """
    until = known_until(year, as_of)
    known = present or _from_facts(session, year, as_of, until)
    last_year = daily_counts.present_counts(
        session, date(year - 1, 1, 1), date(year - 1, 12, 31), as_of, known.covered, OF_YEARS
    )
    waves, survey = _surveys(session, year, as_of)
    return ChartRows(
        year,
        as_of,
        until,
        as_of >= year_window(year)[1],
        rules.by_day(known.counts, "passes"),
        rules.by_day(last_year, "passes"),
        supporting_rules.shown_people(_by_month(last_year), a_year_before(as_of)),
        _campuses(session, year, as_of, known.covered),
        _hours(session, as_of, until, known.covered),
        known.term_weeks,
        waves,
        survey,
    )


def _from_facts(session: Session, year: int, as_of: datetime, until: date) -> PresentCounts:
    counts = daily_counts.count_facts(session, date(year, 1, 1), until, as_of, OF_YEARS)
    weeks = terms_queries.weeks_of_year(session, year, as_of)
    return PresentCounts(counts, None, {name: len(regular) for name, regular in weeks.items()})


def known_until(year: int, as_of: datetime) -> date:
    """Return the day of the year up to which its figures go; midnight ends the day before."""
    return min(max(helsinki_date(as_of - MOMENT), date(year, 1, 1)), date(year, 12, 31))


def a_year_before(as_of: datetime) -> datetime:
    """Return the same time of the same Helsinki day, a year before."""
    wall = to_helsinki(as_of)
    return from_helsinki(same_day(wall.date(), wall.year - 1), wall.time())


def _by_month(counts: Counts) -> Counter[tuple[date, str]]:
    months = Counter[tuple[date, str]]()
    for key, count in counts.items():
        if key.figure == "people":
            months[supporting_rules.month_of(key.day), key.group] += count.part
    return months


def _campuses(
    session: Session, year: int, as_of: datetime, covered: Coverage | None
) -> dict[str, ShownPeople | None]:
    """Return the visits at each campus in finished months, by the rule for people."""
    first, last = date(year, 1, 1), date(year, 12, 31)
    last = min(last, supporting_rules.counted_before(as_of) - timedelta(days=1))
    if last < first:
        return {}
    counts = daily_counts.visits_by_month(session, first, last, as_of, covered)
    visits = {(key.day, key.campus): count.whole for key, count in counts.items()}
    return supporting_rules.shown_people(visits, as_of)


def _hours(
    session: Session, as_of: datetime, until: date, covered: Coverage | None
) -> rules.HourVisits:
    first, last = rules.last_weeks(until, as_of)
    counts = daily_counts.visits_by_hour(session, first, last, as_of, covered)
    return rules.hour_visits(first, last, counts)


def _surveys(
    session: Session, year: int, as_of: datetime
) -> tuple[list[WaveState], tuple[str, list[QuestionShares]] | None]:
    waves, newest = list[WaveState](), None
    for survey, closing in surveys_queries.surveys_with_closing(session, year, as_of):
        waves.append(WaveState(survey.wave, survey.opens_at, survey.closes_at, closing is not None))
        newest = newest if closing is None else survey
    if newest is None:
        return waves, None
    return waves, (newest.wave, results_queries.grade_shares(session, newest.id, as_of))
