"""Rows for figures: activated passes, held classes, answered surveys, targets."""

import uuid
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta

from sqlalchemy.orm import Session

from tests.world.booking import World, an_activity
from tests.world.booking import build as build_world
from tests.world.people import a_member
from tests.world.shop import a_pass, a_student
from tests.world.shop import open_shop as open_a_shop
from tests.world.surveys import hold_passes, new_survey
from zone.booking.allocations.service import record_allocations
from zone.booking.sessions.models import ClassSession
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.time import from_helsinki
from zone.feedback.answers import service as answers
from zone.feedback.surveys import jobs as surveys_jobs
from zone.feedback.surveys import service as surveys
from zone.passes.passes.service import activate
from zone.places.terms.service import create_season
from zone.reporting.kpis import queries as kpis_queries
from zone.reporting.kpis.queries import Report
from zone.reporting.kpis.service import set_target
from zone.reporting.reports.schemas import TargetsSchema, report_json

SET: datetime = datetime(2025, 12, 1, tzinfo=UTC)
"""When targets and terms were recorded."""
AS_OF: datetime = datetime(2026, 5, 31, 20, 59, 59, tzinfo=UTC)
LATER: datetime = datetime(2027, 2, 1, tzinfo=UTC)
SPRING_WEEKS = ((2026, 10), (2026, 11), (2026, 12))


def set_targets(session: Session, now: datetime = SET) -> None:
    set_target(
        session,
        key="A",
        first_year=2021,
        baseline="1870",
        baseline_of="2019",
        pct="33",
        goal="2500",
        now=now,
    )
    set_target(
        session,
        key="B",
        first_year=2021,
        baseline="35",
        baseline_of="about 2019",
        pct="40",
        goal="50",
        now=now,
    )
    set_target(
        session,
        key="C",
        first_year=2021,
        baseline="3.6",
        baseline_of="spring 2020",
        goal="4.00",
        now=now,
    )


def build(settings: Settings) -> World:
    """Store the shop, the halls, a spring of three regular weeks, and the targets."""
    with writing() as session:
        world = build_world(session)
        open_a_shop(session)
        create_season(
            session,
            code="2026-spring",
            kind="spring",
            starts_on=date(2026, 3, 2),
            ends_on=date(2026, 3, 22),
            now=SET,
        )
        set_targets(session)
    return world


def a_sold_pass(name: str, now: datetime = SET) -> int:
    return a_pass(
        a_student(f"{name}@zone.example"),
        starts_on=date(2025, 12, 1),
        ends_on=date(2099, 12, 31),
        now=now,
    )


def taken_into_use(pass_id: int, at: datetime, *, recorded_at: datetime | None = None) -> None:
    with writing() as session:
        activate(session, pass_id, occurred_at=at, recorded_at=recorded_at or at, by="test")


def held(
    world: World,
    day: date,
    minutes: int,
    *,
    count: int = 1,
    kind: str = "class",
    live: bool = True,
    recorded_at: datetime | None = None,
) -> list[int]:
    """Store held sessions at 17.00 without a space, and return their ids."""
    start = from_helsinki(day, time(17))
    end = start + timedelta(minutes=minutes)
    place = None if kind == "online" else world.studio
    with writing() as session:
        created = [
            ClassSession(
                public_id=uuid.uuid4(),
                on_day=day,
                kind=kind,
                name_fi="Jooga",
                name_sv="Yoga",
                name_en="Yoga",
                activity=an_activity(session, kind=kind),
                space_id=place,
                live=live,
                starts_at=start,
                ends_at=end,
                capacity=10,
                bookable=7,
                state="held",
            )
            for _ in range(count)
        ]
        session.add_all(created)
        session.flush()
        ids = [class_session.id for class_session in created]
        record_allocations(session, ids, "held", occurred_at=end, now=recorded_at or end)
    return ids


def a_wave(
    settings: Settings,
    wave: str,
    grades: Sequence[int | str],
    *,
    closes_at: datetime,
    opened: datetime = SET,
) -> None:
    """Store a closed survey with these answers to the key question."""
    with writing() as session:
        new = new_survey(f"{wave}-2026", wave, opens_at=opened, closes_at=closes_at)
        survey_id = surveys.open_survey(session, new, settings=settings, now=opened).id
    for grade in grades:
        with writing() as session:
            member_id = a_member(session).id
        hold_passes()
        with writing() as session:
            answers.answer_survey(
                session,
                member_id=member_id,
                survey_id=survey_id,
                answers={"overall": grade},
                now=closes_at - timedelta(days=1),
            )
    surveys_jobs.close_due(settings, closes_at)


def report(year: int = 2026, as_of: datetime = LATER) -> Report:
    with reading() as session:
        return kpis_queries.report(session, year, as_of=as_of, now=LATER + timedelta(days=365))


def text_of(year: int = 2026, as_of: datetime = LATER) -> str:
    """Return the report as the bytes that the API sends."""
    return str(TargetsSchema().dumps(report_json(report(year, as_of))))
