"""The figures from stored rows: what counts."""

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError

from tests.world.booking import World
from tests.world.reporting import (
    AS_OF,
    LATER,
    SET,
    a_sold_pass,
    a_wave,
    held,
    report,
    set_targets,
    taken_into_use,
)
from zone.booking.activities.rules import SESSION_KINDS
from zone.core.config import Settings
from zone.core.db.constraints import constraint_name
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.errors import DomainError
from zone.feedback.answers.models import SurveyAnswer
from zone.places.terms.service import mark_week
from zone.reporting.kpis import queries as kpis_queries
from zone.reporting.kpis.models import Target
from zone.reporting.kpis.queries import Figure
from zone.reporting.kpis.rules import Status
from zone.reporting.kpis.service import set_target

MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
MARCH = [date(2026, 3, 4), date(2026, 3, 11), date(2026, 3, 18)]


def figure(key: str, as_of: datetime = LATER, year: int = 2026) -> Figure:
    return {item.goal.key: item for item in report(year, as_of).figures}[key]


def part(key: str, name: str, as_of: datetime = LATER) -> kpis_queries.FigurePart:
    return {item.name: item for item in figure(key, as_of).parts}[name]


# A


@pytest.mark.usefixtures("world")
def test_sold_is_not_taken_into_use() -> None:
    a_sold_pass("a")
    taken_into_use(a_sold_pass("b"), MAY)
    assert figure("A").judged.value == 1


@pytest.mark.usefixtures("world")
def test_an_activation_on_new_years_eve_in_helsinki_counts_in_the_old_year() -> None:
    taken_into_use(a_sold_pass("a"), datetime(2026, 12, 31, 21, 30, tzinfo=UTC))
    taken_into_use(a_sold_pass("b"), datetime(2026, 12, 31, 22, 30, tzinfo=UTC))
    assert figure("A").judged.value == 1
    assert figure("A", year=2027).judged.value == 1


@pytest.mark.usefixtures("world")
def test_the_provenance_names_rule_window_as_of_time_and_rows() -> None:
    taken_into_use(a_sold_pass("a"), MAY)
    provenance = figure("A").provenance
    assert (provenance.definition, provenance.rows, provenance.as_of) == (
        "A-1",
        {"passes": 1},
        LATER,
    )
    assert provenance.window == (
        datetime(2025, 12, 31, 22, tzinfo=UTC),
        datetime(2026, 12, 31, 22, tzinfo=UTC),
    )
    assert len(provenance.digest) == 64


# B


def test_guided_hours_are_the_mean_of_the_regular_weeks_of_a_term(world: World) -> None:
    for day in MARCH:
        held(world, day, 55, count=40)
        held(world, day, 45, count=16, kind="online")
    term = part("B", "2026-spring")
    assert term.judged.value is not None
    assert round(term.judged.value, 3) == Decimal("48.667")
    assert (term.judged.status, term.provenance.rows) == (
        Status.NOT_MET,
        {"sessions": 168, "weeks": 3},
    )
    for day in MARCH:
        held(world, day, 60)
    assert part("B", "2026-spring").judged.status == Status.MET_PCT_ONLY


def test_only_guided_sessions_count(world: World) -> None:
    for kind in SESSION_KINDS:
        held(world, MARCH[0], 60, kind=kind)
    held(world, MARCH[0], 60, kind="online", live=False)
    assert part("B", "2026-spring").provenance.rows["sessions"] == 4


def test_a_week_that_became_a_break_does_not_count_from_then_on(world: World) -> None:
    held(world, MARCH[0], 60, count=30)
    assert part("B", "2026-spring").judged.value == Decimal(10)
    with writing() as session:
        mark_week(session, iso_year=2026, iso_week=12, regular=False, now=AS_OF + timedelta(days=1))
    assert part("B", "2026-spring").judged.value == Decimal(15)
    assert part("B", "2026-spring", AS_OF).judged.value == Decimal(10)


def test_of_two_who_mark_a_week_at_once_the_later_one_decides(world: World) -> None:
    """Who waits for the other is recorded as of the own beginning, which may be the earlier one."""
    held(world, MARCH[0], 60, count=30)
    for began, regular in ((AS_OF + timedelta(seconds=1), False), (AS_OF, True)):
        with writing() as session:
            mark_week(session, iso_year=2026, iso_week=12, regular=regular, now=began)
    assert part("B", "2026-spring", AS_OF + timedelta(days=1)).judged.value == Decimal(10)


def test_a_term_without_a_complete_week_has_no_figure(world: World) -> None:
    held(world, MARCH[0], 60)
    term = part("B", "2026-spring", datetime(2026, 3, 5, tzinfo=UTC))
    assert (term.judged.status, term.provenance.rows) == (
        Status.INSUFFICIENT,
        {"sessions": 0, "weeks": 0},
    )


def test_the_weakest_term_decides_the_status_of_a_year(world: World) -> None:
    for day in MARCH:
        held(world, day, 60, count=50)
    assert part("B", "2026-spring").judged.status == Status.MET
    assert part("B", "2026-autumn").judged.status == Status.NOT_MET
    assert figure("B").judged.status == Status.NOT_MET


# C


def test_the_grade_is_met_when_both_waves_meet_it(world: World, settings: Settings) -> None:
    a_wave(settings, "spring", [4, 4, 5, 3, 4, *["cant_say"] * 5], closes_at=MAY)
    assert (part("C", "spring").judged.status, figure("C").judged.status) == (
        Status.MET,
        Status.INSUFFICIENT,
    )
    assert part("C", "spring").provenance.rows == {"answers": 10, "graded": 5}
    a_wave(
        settings,
        "autumn",
        [5] * 5,
        closes_at=MAY + timedelta(days=200),
        opened=AS_OF + timedelta(days=30),
    )
    assert figure("C").judged.status == Status.MET


def test_waves_are_never_averaged(world: World, settings: Settings) -> None:
    a_wave(settings, "spring", [3] * 5, closes_at=MAY)
    a_wave(
        settings,
        "autumn",
        [5] * 50,
        closes_at=MAY + timedelta(days=200),
        opened=AS_OF + timedelta(days=30),
    )
    grade = figure("C")
    assert (grade.judged.status, grade.judged.value) == (Status.NOT_MET, None)


def test_four_answers_are_not_published(world: World, settings: Settings) -> None:
    a_wave(settings, "spring", [1, 1, 1, 1], closes_at=MAY)
    wave = part("C", "spring")
    assert (wave.judged.value, wave.judged.shown, wave.judged.status) == (
        None,
        None,
        Status.INSUFFICIENT,
    )
    assert wave.provenance.rows == {}


@pytest.mark.parametrize(
    ("grades", "rows"),
    [
        ([1, "cant_say", "cant_say", "cant_say", "cant_say"], {"answers": 5}),
        ([4, 4, 4, 4, *["cant_say"] * 6], {"answers": 10}),
        ([4, 4, 4, 4, 4, "cant_say"], {"answers": 6}),
    ],
)
def test_neither_few_grades_nor_few_who_cannot_say_are_published(
    world: World, settings: Settings, grades: list[int | str], rows: dict[str, int]
) -> None:
    a_wave(settings, "spring", grades, closes_at=MAY)
    wave = part("C", "spring")
    assert (wave.judged.value, wave.judged.status) == (None, Status.INSUFFICIENT)
    assert wave.provenance.rows == rows


def test_an_answer_that_appears_after_the_closing_changes_no_result(
    world: World, settings: Settings
) -> None:
    a_wave(settings, "spring", [4] * 5, closes_at=MAY)
    before = part("C", "spring")
    with writing() as session:
        stored = session.scalars(select(SurveyAnswer).limit(1)).one()
        session.add(
            SurveyAnswer(
                id=uuid.uuid4(),
                survey_id=stored.survey_id,
                question_id=stored.question_id,
                grade=1,
                recorded_at=MAY + timedelta(days=1),
            )
        )
    assert part("C", "spring") == before


# Targets


@pytest.mark.usefixtures("world")
def test_a_year_without_targets_is_refused() -> None:
    for year in (2020, 2100, 9999):
        with pytest.raises(DomainError, match="no_targets"):
            report(year)
    with pytest.raises(DomainError, match="no_targets"):
        report(2026, SET - timedelta(seconds=1))


@pytest.mark.usefixtures("world")
def test_the_future_cannot_be_reported() -> None:
    with pytest.raises(DomainError, match="as_of_ahead"):
        report(2026, LATER + timedelta(days=366))


@pytest.mark.usefixtures("world")
def test_setting_the_same_targets_again_changes_nothing() -> None:
    with writing() as session:
        set_targets(session, now=MAY)
        assert len(session.scalars(select(Target)).all()) == 3


@pytest.mark.usefixtures("world")
def test_a_later_year_may_have_another_goal() -> None:
    with writing() as session:
        set_target(
            session,
            key="A",
            first_year=2027,
            baseline="2500",
            baseline_of="2026",
            goal="3000",
            now=MAY,
        )
    assert [figure("A", year=year).goal.goal for year in (2026, 2027)] == [2500, 3000]


@pytest.mark.usefixtures("world")
@pytest.mark.engines("sqlite", "postgresql")
def test_the_database_refuses_an_unknown_target_and_changes_to_a_set_one() -> None:
    with pytest.raises(DomainError, match="target_unknown"), writing() as session:
        set_target(
            session, key="D", first_year=2026, baseline="1", baseline_of="never", goal="2", now=MAY
        )
    with pytest.raises(IntegrityError), db.engine.begin() as connection:
        connection.execute(text("UPDATE target SET goal = 1"))
    with pytest.raises(IntegrityError) as caught, db.engine.begin() as connection:
        connection.execute(
            text(
                "INSERT INTO target (key, first_year, baseline, baseline_of, goal, recorded_at) "
                "SELECT key, first_year, 1, 'x', 1, recorded_at FROM target"
            )
        )
    assert constraint_name(caught.value) == "uq_target_key_first_year_recorded_at"
