"""The figures from stored rows: what counts, and equal reports for equal as-of times."""

import uuid
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from tests.world.booking import World
from tests.world.reporting import (
    AS_OF,
    LATER,
    SET,
    SPRING_WEEKS,
    a_sold_pass,
    a_wave,
    build,
    held,
    report,
    set_targets,
    taken_into_use,
    text_of,
)
from zone.booking.sessions import queries as sessions_queries
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import HeldSession
from zone.booking.sessions.service import record_sessions
from zone.core.config import Settings
from zone.core.db.constraints import constraint_name
from zone.core.db.engine import db
from zone.core.db.transactions import writing
from zone.core.errors import DomainError
from zone.core.time import Window
from zone.feedback.answers.models import SurveyAnswer
from zone.feedback.surveys import queries as surveys_queries
from zone.members.people.models import Member
from zone.passes.passes import queries as passes_queries
from zone.passes.passes.service import record_use
from zone.places.terms import queries as terms_queries
from zone.places.terms.service import mark_week
from zone.reporting.kpis import queries as kpis_queries
from zone.reporting.kpis.models import Target
from zone.reporting.kpis.queries import Figure
from zone.reporting.kpis.rules import Status
from zone.reporting.kpis.service import set_target

MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
MARCH = [date(2026, 3, 4), date(2026, 3, 11), date(2026, 3, 18)]


@pytest.fixture
def world(app: Flask, settings: Settings) -> World:
    return build(settings)


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
    for kind in (
        "class",
        "course",
        "low_threshold",
        "online",
        "ball_turn",
        "club_turn",
        "event",
        "own_use",
    ):
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


# The same as-of time gives the same answer


def early_facts(world: World, settings: Settings) -> None:
    """Store rows for every figure, recorded before AS_OF."""
    for name in ("a", "b", "c"):
        taken_into_use(a_sold_pass(name), MAY)
    for day in MARCH:
        held(world, day, 55, count=3)
    a_wave(settings, "spring", [4, 5, 3, 4, 4, 2], closes_at=MAY)


def late_facts(world: World, settings: Settings) -> None:
    """Store rows about the time before AS_OF, recorded after it: each changes a figure."""
    with writing() as session:
        mark_week(
            session,
            iso_year=2026,
            iso_week=SPRING_WEEKS[-1][1],
            regular=False,
            now=AS_OF + timedelta(days=1),
        )
        set_target(
            session, key="A", first_year=2026, baseline="1", baseline_of="new", goal="2", now=LATER
        )
        first = session.scalars(select(ClassSession.id).order_by(ClassSession.id)).first()
        assert first is not None
        record_sessions(
            session,
            [first],
            "cancelled",
            occurred_at=MAY,
            now=AS_OF + timedelta(days=2),
            reason="mistake",
        )
        session.get_one(ClassSession, first).state = "cancelled"
    taken_into_use(a_sold_pass("late"), MAY, recorded_at=AS_OF + timedelta(days=3))
    door_reports_late(a_sold_pass("offline"))
    held(world, MARCH[0], 60, recorded_at=AS_OF + timedelta(days=3))
    a_wave(
        settings,
        "autumn",
        [5] * 6,
        closes_at=LATER - timedelta(days=30),
        opened=AS_OF + timedelta(days=9),
    )


def door_reports_late(pass_id: int) -> None:
    """Store the entry of a door that was offline for weeks, recorded after AS_OF."""
    with writing() as session:
        member_id = session.scalars(
            text("SELECT member_id FROM pass WHERE id = :id"), {"id": pass_id}
        ).one()
        record_use(
            session,
            int(member_id),
            kinds=("gym",),
            campus="myllypuro",
            occurred_at=MAY,
            recorded_at=AS_OF + timedelta(days=4),
        )


def everybody_is_forgotten() -> None:
    """Delete names as retention does; the rows that are counted stay."""
    with writing() as session:
        for member in session.scalars(select(Member)):
            member.name, member.email = "", f"{member.public_id}@forgotten.invalid"


def the_old_report_stays(world: World, settings: Settings) -> None:
    early_facts(world, settings)
    before = text_of(as_of=AS_OF)
    late_facts(world, settings)
    everybody_is_forgotten()
    assert text_of(as_of=AS_OF) == before


def test_an_old_report_is_the_same_byte_for_byte_after_new_rows_and_retention(
    world: World, settings: Settings
) -> None:
    the_old_report_stays(world, settings)
    now, old = report(), report(as_of=AS_OF)
    for then, later in zip(old.figures, now.figures, strict=True):
        assert then.provenance.digest != later.provenance.digest, (
            f"nothing changed for {then.goal.key}"
        )


def ignoring_as_of(function: Callable[..., Any]) -> Callable[..., Any]:
    """The fault: rows are read as of today."""

    def read_everything(session: Session, about: Any, as_of: datetime) -> Any:
        return function(session, about, LATER)

    return read_everything


def held_by_state(session: Session, window: Window, as_of: datetime) -> list[HeldSession]:
    """The fault: the state of the session is read instead of its events."""
    query = select(ClassSession.id, ClassSession.kind, ClassSession.starts_at, ClassSession.ends_at)
    rows = query.where(ClassSession.state == "held", ClassSession.starts_at.between(*window))
    return [HeldSession(*row) for row in session.execute(rows)]


FAULTS: dict[str, tuple[Any, str, Callable[..., Any]]] = {
    "activations": (passes_queries, "activations", ignoring_as_of(passes_queries.activations)),
    "held sessions": (
        sessions_queries,
        "held_sessions",
        ignoring_as_of(sessions_queries.held_sessions),
    ),
    "the session's present state": (sessions_queries, "held_sessions", held_by_state),
    "regular weeks": (terms_queries, "weeks_of_year", ignoring_as_of(terms_queries.weeks_of_year)),
    "surveys": (
        surveys_queries,
        "surveys_of_year",
        ignoring_as_of(surveys_queries.surveys_of_year),
    ),
    "targets": (kpis_queries, "goals_of", ignoring_as_of(kpis_queries.goals_of)),
}


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.planted_fault("reports read what is known today")
def test_reading_what_is_known_today_changes_old_reports(
    world: World, settings: Settings, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name, planted = FAULTS[fault]
    monkeypatch.setattr(module, name, planted)
    with pytest.raises(AssertionError):
        the_old_report_stays(world, settings)
