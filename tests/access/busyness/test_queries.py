"""Whom the count of a campus holds: people let in by its doors, once each, in 60 minutes."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import pytest
from flask import Flask

from tests.world.site import START, Journal, Site, a_member, build, derive_visits, receive
from zone.access.bridges.models import Bridge
from zone.access.busyness import queries
from zone.access.busyness.queries import Busyness, busyness_by_campus
from zone.access.visits import service as visits
from zone.core.db.transactions import reading, writing
from zone.places.campuses.service import create_campus

NOW = START + timedelta(minutes=20, seconds=30)
MINUTE = timedelta(minutes=1)

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def site(app: Flask) -> Site:
    with writing() as session:
        return build(session)


@pytest.fixture
def people(site: Site) -> list[int]:
    """Twelve people by their holder: of the 70 who fit in (a hall for 60, a studio for 10),
    11 are 15 %.
    """
    with writing() as session:
        return [a_member(session, site, f"p{n}")[1] for n in range(12)]


def admitted(site: Site) -> int:
    with reading() as session:
        return queries._admitted(session, NOW).get(site.world.campus, 0)


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


def test_each_person_is_counted_once_however_often_they_come(site: Site, people: list[int]) -> None:
    journal = Journal(site.studio_door)
    for minutes in (0, 5, 10):
        journal.scan(people[0], START + minutes * MINUTE)
    journal.scan(people[0], START + 12 * MINUTE, door=site.lobby_door)
    journal.scan(people[1], START + 13 * MINUTE)
    journal.scan(people[2], START + 14 * MINUTE, granted=False)
    journal.not_opened(journal.scan(people[3], START + 15 * MINUTE))
    journal.scan(people[4], START + 16 * MINUTE, leaving=True)
    receive(site.bridge, journal.upload(), NOW)
    derive_visits(NOW)
    assert admitted(site) == 2, "not the refused one, who did not go in, and who left"


def test_who_came_61_minutes_ago_or_in_this_minute_is_not_counted(
    site: Site, people: list[int]
) -> None:
    full = NOW.replace(second=0, microsecond=0)
    journal = Journal(site.studio_door)
    for holder, at in zip(
        people, (full - 61 * MINUTE, full - 60 * MINUTE, full - MINUTE, full), strict=False
    ):
        journal.scan(holder, at)
    receive(site.bridge, journal.upload(), NOW)
    assert admitted(site) == 2


def test_who_checked_in_at_the_desk_is_not_of_the_doors(site: Site) -> None:
    with writing() as session:
        member, _ = a_member(session, site, "anna")
        visits.add_at_desk(session, member, site.studio, START)
    assert admitted(site) == 0


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
    assert busyness(site, NOW + queries.IN_USE + timedelta(hours=1)) is None


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
    monkeypatch.setattr(queries, "is_online", lambda _seen_at, _now: True)
    with pytest.raises(AssertionError):
        check_no_level_while_a_bridge_is_offline(site, people)
