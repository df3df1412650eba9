"""How many are at a class now: by its doors, as far as they were heard, and to whom it is shown."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from tests.world.booking import NOW, a_session
from tests.world.people import signed_in
from tests.world.site import Journal, Site, a_member, receive
from tests.world.statements import statements
from zone.access.attendance.rules import AGO, DoorEvidence
from zone.access.bridges.models import Bridge
from zone.access.bridges.rules import BridgeConnection
from zone.access.live_counts import pages, rules
from zone.access.live_counts.queries import live_count
from zone.access.live_counts.rules import LiveCount, status_of
from zone.booking.bookings.models import Booking
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.ids import new_public_id
from zone.members.roles.service import grant_role

HTML = {"Accept": "text/html"}
ARRIVALS = (NOW - timedelta(minutes=30), NOW + timedelta(minutes=15))
HEARD = DoorEvidence(BridgeConnection(NOW, NOW, 0), usual=True)
A_MINUTE = timedelta(minutes=1)


def of(at: datetime = NOW, **values: Any) -> LiveCount:
    numbers: dict[str, Any] = {"status": "counted", "places": 10, "booked": 7} | values
    return LiveCount(arrivals=ARRIVALS, counted_at=at, **numbers)


@pytest.mark.parametrize(
    ("drop_in", "free", "room"), [(0, 3, "few"), (2, 1, "few"), (3, 0, "none"), (5, 0, "none")]
)
def test_free_places_are_those_neither_booked_nor_taken_without_booking(
    drop_in: int, free: int, room: str
) -> None:
    count = of(drop_in=drop_in, present=2)
    assert (count.free, count.room) == (free, room)


def test_everybody_sees_no_number_below_five() -> None:
    rooms = [of(places=7 + free).room for free in range(8)]
    assert rooms == ["none", *["few"] * 4, *["enough"] * 3]


def test_a_booked_place_stays_booked_while_its_person_may_arrive() -> None:
    # After the last arrival nobody is counted any more, so no place becomes free by a no-show.
    at = [NOW - timedelta(minutes=31), NOW, ARRIVALS[1], ARRIVALS[1] + timedelta(seconds=1)]
    assert [of(moment).free for moment in at] == [None, 3, 3, None]


@pytest.mark.parametrize("status", ["not_heard", "no_door", "not_now"])
def test_nothing_is_said_of_what_is_not_known(status: str) -> None:
    count = of(status=status, drop_in=1)
    assert (count.is_known, count.free, count.room) == (False, None, None)


def fault(began: datetime, ended: datetime | None) -> DoorEvidence:
    return replace(HEARD, faults=[(began, ended)])


def seen(minutes: int) -> DoorEvidence:
    at = NOW - timedelta(minutes=minutes)
    return replace(HEARD, connection=BridgeConnection(at, at, 0))


DOORS: dict[str, tuple[DoorEvidence, str, datetime | None]] = {
    "heard": (HEARD, "counted", None),
    "offline": (seen(6), "not_heard", NOW - timedelta(minutes=6)),
    "of a time to come": (seen(-6), "not_heard", NOW + timedelta(minutes=6)),
    "undriven": (replace(HEARD, connection=None), "not_heard", None),
    "held open": (replace(HEARD, usual=False), "not_heard", None),
    "waiting entries": (
        replace(HEARD, connection=BridgeConnection(NOW, NOW, 3)),
        "incomplete",
        None,
    ),
    "a past fault": (fault(NOW - timedelta(minutes=9), NOW - A_MINUTE), "incomplete", None),
    "a fault of before": (fault(AGO, NOW - timedelta(minutes=31)), "counted", None),
    "a lasting fault": (fault(NOW - A_MINUTE, None), "not_heard", NOW - A_MINUTE),
    "one since nobody knows when": (fault(AGO, None), "not_heard", None),
}


@pytest.mark.parametrize("name", DOORS)
def test_a_door_that_was_not_heard_is_said_so(name: str) -> None:
    door, status, lost_at = DOORS[name]
    assert status_of([HEARD, door], ARRIVALS, NOW) == (status, lost_at)


def test_without_a_door_nobody_counts() -> None:
    assert status_of([], ARRIVALS, NOW) == ("no_door", None)


def test_what_a_door_misses_after_the_last_arrival_changes_nothing() -> None:
    later = ARRIVALS[1] + timedelta(minutes=20)
    silent = replace(HEARD, connection=BridgeConnection(NOW, ARRIVALS[1], 0))
    assert status_of([silent], ARRIVALS, later) == ("counted", None)


class World:
    """A class that begins now, with an instructor, another one, a student and a manager."""

    def __init__(self, app: Flask, site: Site) -> None:
        self.app, self.site, self.now = app, site, utc_now()
        with writing() as session:
            start = self.now - timedelta(minutes=5)
            row = a_session(session, site.world, start=start, now=start - timedelta(days=1))
            self.id, self.public_id = row.id, row.public_id
            self.booked, self.holder = a_member(session, site, "booked")
            self.dropped_in, self.other_holder = a_member(session, site, "dropped_in")
            self.people = {"student": a_member(session, site, "student")[0]}
            for name, role in (("leads", "instructor"), ("other", "instructor"), *STAFF):
                self.people[name], _ = a_member(session, site, name, with_pass=False)
                grant_role(session, self.people[name], role, self.now)
            session.add(
                Booking(
                    public_id=new_public_id(),
                    session_id=row.id,
                    member_id=self.booked,
                    state="booked",
                    created_at=start - timedelta(days=1),
                )
            )
            row.instructor_id, row.booked = self.people["leads"], 1
            self.hear(session, self.now)
        journal = Journal(site.studio_door)
        journal.scan(self.holder, self.now - A_MINUTE)
        journal.scan(self.other_holder, self.now - A_MINUTE)
        receive(site.bridge, journal.upload(), self.now)

    def hear(self, session: Any, at: datetime) -> None:
        values = {"enrolled_at": self.now - timedelta(days=9), "online_since": at, "seen_at": at}
        session.execute(update(Bridge).values(values | {"backlog": 0}))

    def by(self, name: str) -> FlaskClient:
        return signed_in(self.app, self.people[name])

    def json(self, name: str) -> dict[str, Any]:
        address = f"/api/v1/sessions/{self.public_id}/live"
        found: dict[str, Any] = self.by(name).get(address).get_json()
        return found

    @property
    def page(self) -> str:
        return f"/classes/{self.public_id}?lang=en"


STAFF = (("manager", "manager"), ("desk", "desk"))


@pytest.fixture
def world(app: Flask, site: Site) -> World:
    return World(app, site)


@pytest.mark.engines("sqlite", thorough="postgresql")
def test_the_door_counts_who_booked_and_who_did_not(world: World) -> None:
    with reading() as session:
        count = live_count(session, world.public_id, utc_now())
    assert (count.status, count.present, count.drop_in) == ("counted", 1, 1)
    assert (count.places, count.booked, count.free) == (10, 1, 8)


@pytest.mark.engines("sqlite")
def test_numbers_are_for_the_instructor_and_staff(world: World) -> None:
    numbers = {"places": 10, "booked": 1, "present": 1, "drop_in": 1, "free": 8}
    for name in ("leads", "manager", "desk"):
        assert numbers.items() <= world.json(name).items(), name
    for name in ("student", "other"):
        read = world.json(name)
        assert read["room"] == "enough"
        assert [read[number] for number in numbers] == [None] * len(numbers), name
    guest = world.app.test_client().get(f"/api/v1/sessions/{world.public_id}/live").get_json()
    assert guest["room"] == "enough"


@pytest.mark.engines("sqlite")
def test_the_page_of_the_class_has_the_part_also_without_script(world: World) -> None:
    own = world.by("leads").get(world.page, headers=HTML).text
    assert "Came without booking" in own
    assert "1 of 1" in own
    other = world.by("student").get(world.page, headers=HTML).text
    assert "There is room: come without booking." in other
    assert "Came without booking" not in other
    assert f'hx-get="/classes/{world.public_id}/live?lang=en"' in other


@pytest.mark.engines("sqlite")
def test_within_a_minute_everybody_is_answered_without_a_count(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "utc_now", lambda: world.now)
    address, guest = f"/classes/{world.public_id}/live", world.app.test_client()
    first = guest.get(address)
    assert first.headers["Cache-Control"] == "private, no-cache"
    again = guest.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    monkeypatch.setattr(pages, "utc_now", lambda: world.now + A_MINUTE)
    later = guest.get(address, headers={"If-None-Match": first.headers["ETag"]})
    assert later.status_code == 200


@pytest.mark.engines("sqlite")
def test_a_bridge_that_is_not_heard_is_said_with_its_time(world: World) -> None:
    with writing() as session:
        world.hear(session, world.now - timedelta(minutes=12))
    assert world.json("leads")["status"] == "not_heard"
    assert world.json("leads")["present"] is None
    for name in ("leads", "student"):
        text = world.by(name).get(world.page, headers=HTML).text
        assert "the door has not been heard" in text
        assert "There is room" not in text


@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("a count that does not ask whether its doors were heard")
def test_a_count_of_silent_doors_fails_the_check(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "_is_heard", lambda *_: True)
    with pytest.raises(AssertionError):
        test_a_bridge_that_is_not_heard_is_said_with_its_time(world)


@pytest.mark.engines("sqlite")
def test_a_class_of_another_day_has_no_part(app: Flask, site: Site) -> None:
    with writing() as session:
        row = a_session(session, site.world, start=utc_now() + timedelta(days=2))
    text = app.test_client().get(f"/classes/{row.public_id}?lang=en", headers=HTML).text
    assert 'id="live"' not in text
    read = app.test_client().get(f"/api/v1/sessions/{row.public_id}/live").get_json()
    assert (read["status"], read["room"]) == ("not_now", None)


@pytest.mark.engines("sqlite")
def test_an_unknown_class_is_not_found(app: Flask, site: Site) -> None:
    for address in (f"/classes/{uuid.uuid4()}/live", f"/api/v1/sessions/{uuid.uuid4()}/live"):
        assert app.test_client().get(address).status_code == 404


@pytest.mark.engines("sqlite")
def test_an_instructor_s_list_keeps_itself_fresh(world: World) -> None:
    address = f"/sessions/{world.public_id}/attendance"
    page = world.by("leads").get(f"{address}?lang=en", headers=HTML).text
    assert "Free without booking" in page
    live = page.split('hx-get="')[1].split('"')[0].replace("&amp;", "&")
    same = world.by("leads").get(live)
    assert same.headers["HX-Reswap"] == "none"
    assert "dropped_in" not in same.text
    changed = world.by("leads").get(live.replace("seen=", "seen=other"))
    assert "HX-Reswap" not in changed.headers
    assert "dropped_in" in changed.text
    assert 'id="count-row" hx-swap-oob="true"' in changed.text
    assert f'<a href="{address}">Update</a>' in changed.text, (
        "it leads to the page, not to the part"
    )
    assert world.by("other").get(live).status_code == 403
    assert world.by("student").get(live).status_code == 403


@pytest.mark.engines("sqlite")
def test_few_statements_count_a_class(world: World) -> None:
    with reading() as session, statements() as sent:
        live_count(session, world.public_id, utc_now())
    assert len(sent) <= 12
