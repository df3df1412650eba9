"""Equal reports for equal as-of times, whatever is recorded later."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.orm import Session

from tests.world.booking import World
from tests.world.reporting import (
    AS_OF,
    LATER,
    SPRING_WEEKS,
    a_sold_pass,
    a_wave,
    held,
    report,
    taken_into_use,
    text_of,
)
from tests.world.shop import record_use
from zone.booking.allocations.service import record_allocations
from zone.booking.sessions import queries as sessions_queries
from zone.booking.sessions.models import ClassSession
from zone.booking.sessions.queries import HeldSession
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.time import Window
from zone.feedback.surveys import queries as surveys_queries
from zone.members.people.models import Member
from zone.passes.activations import queries as activations_queries
from zone.places.terms import queries as terms_queries
from zone.places.terms.service import mark_week
from zone.reporting.kpis import queries as kpis_queries
from zone.reporting.kpis.service import set_target

MAY = datetime(2026, 5, 4, 9, tzinfo=UTC)
MARCH = [date(2026, 3, 4), date(2026, 3, 11), date(2026, 3, 18)]


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
        record_allocations(
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
    "activations": (
        activations_queries,
        "activations",
        ignoring_as_of(activations_queries.activations),
    ),
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


@pytest.mark.thorough
@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.planted_fault("reports read what is known today")
def test_reading_what_is_known_today_changes_old_reports(
    world: World, settings: Settings, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    module, name, planted = FAULTS[fault]
    monkeypatch.setattr(module, name, planted)
    with pytest.raises(AssertionError):
        the_old_report_stays(world, settings)
