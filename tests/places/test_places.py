"""Campuses, spaces with their parts, hours and terms in the database."""

from datetime import UTC, date, datetime, time

import pytest
from flask import Flask
from sqlalchemy import select

from tests.stored import stored
from tests.world.booking import World, build
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import day_window
from zone.places.campuses import queries as campuses_queries
from zone.places.campuses.models import Campus
from zone.places.opening_hours import queries as opening_hours_queries
from zone.places.opening_hours import service as opening_hours
from zone.places.spaces import queries as spaces_queries
from zone.places.terms import queries as terms_queries
from zone.places.terms import service as terms
from zone.places.terms.models import SeasonWeek

NOW = datetime(2026, 9, 21, 9, tzinfo=UTC)
FIRST_ENDS, NEXT = date(2026, 5, 13), date(2026, 5, 14)  # Wednesday and Thursday of one week


@pytest.fixture
def world(app: Flask) -> World:
    return stored(build)


def test_courts_share_the_parts_of_the_hall(world: World) -> None:
    with reading() as session:
        hall = spaces_queries.space_by_id(session, world.hall)
        first = spaces_queries.space_by_public_id(session, world.court_1)
        second = spaces_queries.space_by_public_id(session, world.court_2)
    assert len(hall.parts) == 3
    assert set(first.parts) | set(second.parts) == set(hall.parts)
    assert len(set(first.parts) & set(second.parts)) == 1


def test_spaces_are_found_by_campus_and_use(world: World) -> None:
    with reading() as session:
        own = spaces_queries.spaces(session, campus_id=world.campus, own_use=True)
        others = spaces_queries.spaces(session, own_use=False)
        elsewhere = spaces_queries.spaces(session, campus_id=world.campus + 1)
    assert [space.name_en for space in own] == ["Court 1", "Court 2", "Hall"]
    assert [space.name_en for space in others] == ["Studio"]
    assert elsewhere == []


def test_an_unknown_campus_is_not_found(world: World) -> None:
    with reading() as session:
        assert campuses_queries.campus_by_code(session, "myllypuro").id == world.campus
        with pytest.raises(DomainError, match="not_found"):
            campuses_queries.campus_by_code(session, "nowhere")


def test_a_closed_day_has_no_windows_and_can_be_opened_again(world: World) -> None:
    day = date(2026, 12, 6)
    with writing() as session:
        opening_hours.set_exception(
            session,
            campus_id=world.campus,
            day=day,
            opens=None,
            closes=None,
            reason="Independence Day",
        )
        assert opening_hours_queries.open_windows(session, world.campus, *day_window(day)) == []
        opening_hours.set_exception(
            session,
            campus_id=world.campus,
            day=day,
            opens=time(10),
            closes=time(14),
            reason="Open house",
        )
        assert len(opening_hours_queries.open_windows(session, world.campus, *day_window(day))) == 1


def test_a_term_knows_its_days(world: World) -> None:
    with reading() as session:
        autumn = terms_queries.season_on(session, date(2026, 12, 20))
        assert autumn is not None
        assert autumn.kind == "autumn"
        assert terms_queries.season_on(session, date(2026, 12, 21)) is None


def test_a_week_that_two_terms_share_stays_with_the_first(app: Flask) -> None:
    with writing() as session:
        for kind, first, last in (
            ("spring", date(2026, 1, 7), FIRST_ENDS),
            ("summer", NEXT, date(2026, 8, 30)),
        ):
            terms.create_season(
                session, code=f"2026-{kind}", kind=kind, starts_on=first, ends_on=last, now=NOW
            )
        shared = session.scalars(
            select(SeasonWeek.season_id).where(SeasonWeek.iso_week == NEXT.isocalendar().week)
        )
        assert len(shared.all()) == 1
    with reading() as session:
        spring, summer = (terms_queries.season_on(session, day) for day in (FIRST_ENDS, NEXT))
        assert spring is not None
        assert summer is not None
        assert spring.id != summer.id


@pytest.mark.engines("sqlite", "postgresql")
def test_a_campus_code_is_unique(world: World) -> None:
    with pytest.raises(DomainError, match="campus_exists"), writing() as session:
        session.add(Campus(code="myllypuro", name="Another"))
