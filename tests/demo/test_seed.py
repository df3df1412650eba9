"""Seeding twice changes nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.db.types import Base
from zone.demo import example, supervisor
from zone.members.institutions.models import Institution
from zone.places.campuses.models import Campus

NOW = datetime(2026, 10, 7, 9, 0, tzinfo=UTC)
LATER = datetime(2026, 10, 7, 9, 5, tzinfo=UTC)


def everything() -> dict[str, list[tuple[object, ...]]]:
    """Return every row of every table."""
    with reading() as session:
        return {
            table.name: sorted(map(tuple, session.execute(select(table)).all()), key=repr)
            for table in Base.metadata.sorted_tables
        }


def test_seeding_twice_changes_nothing(app: Flask, settings: Settings) -> None:
    supervisor.seed(settings, NOW)
    before = everything()
    supervisor.seed(settings, LATER)
    assert everything() == before


def test_the_seven_campuses_and_six_institutions_are_there(app: Flask, settings: Settings) -> None:
    supervisor.seed(settings, NOW)
    with reading() as session:
        assert len(session.scalars(select(Campus)).all()) == 7
        admitting = {
            row.code: (row.admits_students, row.admits_staff)
            for row in session.scalars(select(Institution))
        }
    assert admitting == {
        "haaga-helia": (True, True),
        "laurea": (True, True),
        "metropolia": (True, True),
        "arcada": (True, False),
        "diak": (True, False),
        "humak": (True, False),
    }


def test_the_class_of_the_demo_can_be_entered_at_once(app: Flask, settings: Settings) -> None:
    supervisor.seed(settings, NOW)
    with writing() as session:
        soon = example.class_soon(session, NOW)
    assert 0 < (soon.starts_at - NOW).total_seconds() < 30 * 60
    with writing() as session:
        assert example.class_soon(session, LATER).id == soon.id


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "at",
    [
        pytest.param("2026-11-02T16:55", id="before a weekly class in the studio"),
        pytest.param("2026-11-03T17:10", id="while one runs", marks=pytest.mark.thorough),
        pytest.param("2026-12-31T22:50", id="before the year ends", marks=pytest.mark.thorough),
        pytest.param(
            "2027-03-28T00:20", id="before the hour that is skipped", marks=pytest.mark.thorough
        ),
        pytest.param("2026-10-25T00:20", id="before the hour that comes twice"),
    ],
)
@pytest.mark.parametrize("every", [17, pytest.param(7, marks=pytest.mark.thorough)])
def test_a_demo_that_is_started_again_and_again_always_has_its_class(
    app: Flask, settings: Settings, at: str, every: int
) -> None:
    begun = datetime.fromisoformat(at).replace(tzinfo=UTC)
    for minutes in range(0, 120, every):
        now = begun + timedelta(minutes=minutes)
        supervisor.seed(settings, now)
        with writing() as session:
            soon = example.class_soon(session, now)
        assert timedelta(minutes=1) <= soon.starts_at - now < timedelta(minutes=30)
