"""The level of a campus, by the people inside; who is inside, see `occupancy`."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from flask import Flask

from tests.stored import stored
from tests.world.site import START, Journal, Site, a_member, build, receive
from zone.access.bridges.models import Bridge
from zone.access.busyness.queries import Busyness, busyness_by_campus
from zone.access.occupancy import queries as occupancy
from zone.core.db.transactions import reading, writing
from zone.places.campuses.service import create_campus

NOW = START + timedelta(minutes=20, seconds=30)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def site(app: Flask) -> Site:
    return stored(build)


@pytest.fixture
def people(site: Site) -> list[int]:
    """Twelve people by their holder: of the 70 who fit in (a hall for 60, a studio for 10),
    11 are 15 %.
    """
    with writing() as session:
        return [a_member(session, site, f"p{n}")[1] for n in range(12)]


def busyness(site: Site, now: datetime = NOW) -> Busyness | None:
    with reading() as session:
        return busyness_by_campus(session, now).get(site.world.campus)


def come(site: Site, holders: Sequence[int], journal: Journal | None = None) -> Journal:
    """Let people in, after those of the journal."""
    journal = journal or Journal(site.studio_door)
    for holder in holders:
        journal.scan(holder, START)
    receive(site.bridge, journal.upload(), START)
    return journal


def test_a_campus_gets_its_level_and_one_without_a_door_none(site: Site, people: list[int]) -> None:
    with writing() as session:
        elsewhere = create_campus(session, code="malmi", name="Malmi").id
    assert busyness(site) is None, "its doors have not been used yet"
    journal = come(site, people[:10])
    assert busyness(site) == Busyness("quiet")
    come(site, people[10:], journal)
    assert busyness(site) == Busyness("some")
    with reading() as session:
        assert elsewhere not in busyness_by_campus(session, NOW)
    assert busyness(site, NOW + 2 * timedelta(hours=1)) == Busyness("quiet")
    assert busyness(site, NOW + occupancy.IN_USE + timedelta(hours=1)) is None


def check_no_level_while_a_bridge_is_offline(site: Site, people: list[int]) -> None:
    come(site, people)
    last = NOW - 10 * MINUTE
    with writing() as session:
        bridge = session.get_one(Bridge, site.bridge)
        bridge.enrolled_at, bridge.seen_at = START - timedelta(days=9), last
    assert busyness(site) == Busyness(None, last)
    with writing() as session:
        session.get_one(Bridge, site.bridge).seen_at = NOW - MINUTE
    assert busyness(site) == Busyness("some")


def test_there_is_no_level_while_a_bridge_is_offline(site: Site, people: list[int]) -> None:
    check_no_level_while_a_bridge_is_offline(site, people)


@pytest.mark.planted_fault("offline bridges are not noticed")
def test_a_count_without_the_offline_doors_fails_the_check(
    site: Site, people: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(occupancy, "is_online", lambda _seen_at, _now: True)
    with pytest.raises(AssertionError):
        check_no_level_while_a_bridge_is_offline(site, people)
