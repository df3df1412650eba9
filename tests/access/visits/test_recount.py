"""The doctor's recount of visits finds entries that were changed by hand."""

from datetime import timedelta

import pytest
from sqlalchemy import select, text

from tests.world.booking import NOW
from tests.world.site import START, Journal, Site, a_staff_actor, receive, store_entries
from zone.access.areas.models import Area
from zone.access.doors import service as doors
from zone.access.doors.models import Door
from zone.access.visits.invariants import count_wrong_visits
from zone.core.db.transactions import writing

SINCE = NOW - timedelta(days=1)
BY_HAND = {
    "a refused entry is elsewhere": (
        "UPDATE entry SET area_id = (SELECT id FROM area WHERE id <> entry.area_id LIMIT 1) "
        "WHERE NOT granted AND kind = 'scan'"
    ),
    "a contact that is waiting is done": "UPDATE entry SET pending = false",
    "a visit of who was refused": (
        "UPDATE visit SET entry_id = (SELECT id FROM entry WHERE NOT granted LIMIT 1)"
    ),
}


@pytest.fixture
def scans(site: Site, student: tuple[int, int]) -> Site:
    """A refused scan, and a granted one whose contact has reported, which is still pending."""
    journal = Journal(site.studio_door)
    journal.scan(student[1], START, granted=False)
    journal.not_opened(journal.scan(student[1], START + timedelta(minutes=5)))
    receive(site.bridge, journal.upload(last=2))
    with writing() as session:
        store_entries(session, site.bridge, journal.upload(first=3), START)
    return site


@pytest.mark.parametrize("name", BY_HAND)
@pytest.mark.usefixtures("scans")
@pytest.mark.planted_fault("entries and visits changed by hand")
def test_what_was_changed_by_hand_is_found(name: str) -> None:
    with writing() as session:
        assert count_wrong_visits(session, SINCE) == 0
        by_hand = session.begin_nested()
        session.execute(text(BY_HAND[name]))
        assert count_wrong_visits(session, SINCE) > 0
        by_hand.rollback()


def test_entries_of_a_door_that_staff_moved_are_where_they_were(scans: Site) -> None:
    with writing() as session:
        staff = a_staff_actor(session, scans, "admin")
        door = session.scalars(select(Door).where(Door.public_id == scans.studio_door)).one()
        others = select(Area.public_id).where(Area.id != door.area_id)
        area = session.scalars(others).first()
        doors.change_door(
            session,
            scans.studio_door,
            version=door.version,
            changes={"area": area},
            actor=staff,
            now=START,
        )
        assert count_wrong_visits(session, SINCE) == 0
