"""A bridge that was released before the server: its doors go on, whatever words are new since."""

import uuid
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import time, timedelta
from pathlib import Path
from time import sleep
from typing import Any

import pytest
from sqlalchemy import select, text

from firmware_bridge.wire import token as codes
from firmware_bridge.wire import version
from firmware_bridge.wire.messages.site import Site as WireSite
from tests.world.peer import Peer
from tests.world.people import an_actor
from tests.world.released import PROGRAMS, ReleasedRig, unpacked
from tests.world.rig import DOOR, OTHER_DOOR, SITE, WAIT, eventually
from tests.world.served_app import Site, serve
from tests.world.site import Phone, a_pause, a_phone
from zone.access.alarms import jobs as alarms_jobs
from zone.access.alarms import queries as alarms_queries
from zone.access.areas import service as areas
from zone.access.areas.models import Area
from zone.access.bridge_sign_on import service as bridge_sign_on
from zone.access.bridges import queries as bridges_queries
from zone.access.bridges import service as bridges
from zone.access.bridges.models import Bridge
from zone.access.door_commands import queries as door_commands_queries
from zone.access.door_commands import service as door_commands
from zone.access.doors import service as doors
from zone.access.doors.models import Door
from zone.access.entries.models import Entry
from zone.access.releases.service import NewRelease, add_release
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.members.roster_marks.service import mark_roster
from zone.passes.entitlements.rules import Conditions, UseHours, as_stored
from zone.passes.passes.models import Pass
from zone.passes.pauses import service as pauses
from zone.places.campuses.service import create_campus

pytestmark = [pytest.mark.slow, pytest.mark.engines("sqlite")]


class RealServer(Peer):
    """The application, in the place of the small server."""

    def __init__(self, url: str, bridge: int) -> None:
        super().__init__(SITE)
        self._url, self._bridge = url, bridge

    @property
    def origin(self) -> str:
        return self._url

    def invite(self, bridge: str | None = None) -> str:
        with writing() as session:
            row = session.get_one(Bridge, self._bridge)
            return bridge_sign_on.enrolment_token(session, row, utc_now())


@dataclass
class Campus:
    """A served application, a campus with two doors, and the released bridge of the first one."""

    site: Site
    rig: ReleasedRig
    bridge: int
    phones: list[Phone]

    def scan(self) -> dict[str, Any]:
        """Scan the code of another phone; the bridge's decision."""
        # The same phone again within 3 s would get the same answer again.
        phone = self.phones.pop()
        return self.rig.scan(codes.sign_short(phone.key, int(utc_now().timestamp())))

    def set_state(self, door: str, state: str) -> None:
        """Store a state as a newer server would, which allows words that this one does not."""
        with writing() as session:
            session.execute(text("PRAGMA ignore_check_constraints=ON"))
            row = session.scalars(select(Door).where(Door.public_id == uuid.UUID(door))).one()
            row.state = state
            session.flush()
            session.execute(text("PRAGMA ignore_check_constraints=OFF"))

    def await_site(self, patience: float = WAIT) -> None:
        """Wait until the bridge has fetched the site again."""
        self.rig.event("changes", patience=patience)

    def alarms(self) -> list[tuple[str, str | None]]:
        alarms_jobs.watch_bridges(self.site.settings, utc_now())
        with reading() as session:
            return [(one.kind, one.door) for one in alarms_queries.alarms(session, every=False)]


@pytest.fixture
def site(tmp_path: Path, sqlite_template: Path) -> Iterator[Site]:
    data = tmp_path / "server"
    data.mkdir()
    (data / "zone.sqlite").write_bytes(sqlite_template.read_bytes())
    with serve(Settings(data_dir=data, payment_provider="development", pool_size=8)) as site:
        yield site


@pytest.fixture(params=sorted(PROGRAMS), ids=lambda wire: f"wire-{wire}")
def campus(tmp_path: Path, site: Site, request: pytest.FixtureRequest) -> Iterator[Campus]:
    with writing() as session:
        bridge = add_site(session)
        phones = [a_phone(session, site.student, site.settings, utc_now()) for _ in range(3)]
    rig = ReleasedRig(tmp_path, RealServer(site.url, bridge))
    rig.wire = request.param
    rig.released = unpacked(tmp_path, rig.wire)
    try:
        rig.enrol()
        rig.start()
        yield Campus(site, rig, bridge, phones)
    finally:
        rig.close()


def add_site(session: Any) -> int:
    """Store a campus with one bridge and two doors; return the bridge's id."""
    home = create_campus(session, code="myyrmaki", name="Metropolia Myyrmäki")
    bridge, _ = bridges.create_bridge(session, campus_id=home.id, name="Gyms", now=utc_now())
    area = areas.create_area(
        session, campus_id=home.id, name="Gym", kinds=["gym"], always_open=True
    )
    for door, name in ((DOOR, "Gym"), (OTHER_DOOR, "Gym, side door")):
        row = doors.create_door(session, area_id=area.id, bridge_id=bridge.id, name=name)
        row.public_id = uuid.UUID(door)
    session.flush()
    return bridge.id


def check_a_new_word_shuts_one_door_only(campus: Campus, patience: float = WAIT) -> None:
    """The released bridge goes on: the page is applied, and one door is on its safe side."""
    campus.await_site()
    campus.set_state(OTHER_DOOR, "night")
    campus.await_site(patience)
    assert campus.scan()["granted"]
    campus.set_state(DOOR, "night")
    campus.await_site()
    assert campus.scan()["reason"] == "door_blocked"
    assert sorted(campus.alarms()) == [
        ("unknown_word", "Gym"),
        ("unknown_word", "Gym, side door"),
    ]
    campus.set_state(DOOR, "normal")
    campus.await_site()
    assert campus.scan()["granted"]
    assert campus.alarms() == [("unknown_word", "Gym, side door")]


OLDEST, *NEWER = sorted(PROGRAMS)
*BETWEEN, NEWEST = NEWER


@pytest.mark.parametrize(
    "campus",
    [OLDEST, NEWEST, *(pytest.param(wire, marks=pytest.mark.thorough) for wire in BETWEEN)],
    indirect=True,
)
def test_a_released_bridge_gets_the_safe_side_of_a_word_it_does_not_know(campus: Campus) -> None:
    check_a_new_word_shuts_one_door_only(campus)


@pytest.mark.thorough
@pytest.mark.parametrize(
    "campus",
    [OLDEST, *(pytest.param(wire, marks=pytest.mark.thorough) for wire in NEWER)],
    indirect=True,
)
@pytest.mark.planted_fault("the server speaks its own version to every bridge")
def test_a_server_that_speaks_one_version_fails_the_check(
    campus: Campus, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(WireSite, "spoken", lambda site, wire: site)
    # A bridge of version 1 hangs; one of 4 goes on, and raises an alarm until it is restarted.
    with pytest.raises(AssertionError, match=r"no event changes|unknown_word"):
        check_a_new_word_shuts_one_door_only(campus, patience=2.0)


def test_a_released_bridge_works_with_the_server(campus: Campus) -> None:
    """Enrolment, sign-on, roster, scans, uploads, commands and status, as before."""
    campus.await_site()
    assert campus.scan()["granted"]
    with writing() as session:
        desk = an_actor(campus.site.student, "desk")
        order = door_commands.open_once(
            session, uuid.UUID(DOOR), actor=desk, reason="A parcel", now=utc_now()
        ).id
    assert campus.rig.event("order")["outcome"] == "opened"
    assert len(campus.rig.relay.pulses) == 2

    def outcome() -> str:
        with reading() as session:
            return door_commands_queries.command_view(session, order, utc_now()).state

    eventually(lambda: outcome() == "opened", "the outcome")
    with reading() as session:
        (bridge,) = bridges_queries.bridges(session, utc_now())
        granted = session.scalars(select(Entry.kind).where(Entry.granted).order_by(Entry.seq)).all()
    assert (bridge.wire, bridge.online, bridge.clock) == (campus.rig.wire, True, "synced")
    assert (bridge.alarms, bridge.quarantined) == (0, 0)
    assert granted == ["scan", "opened_by_desk"]


def change_door(campus: Campus, **changes: Any) -> None:
    with writing() as session:
        door = session.scalars(select(Door).where(Door.public_id == uuid.UUID(DOOR))).one()
        manager = an_actor(campus.site.student, "manager")
        doors.change_door(
            session,
            door.public_id,
            version=door.version,
            changes=changes,
            actor=manager,
            now=utc_now(),
        )
    campus.await_site()


def change_area(campus: Campus, **changes: Any) -> None:
    with writing() as session:
        area = session.scalars(select(Area)).one()
        manager = an_actor(campus.site.student, "manager")
        areas.change_area(
            session,
            area.public_id,
            version=area.version,
            changes=changes,
            actor=manager,
            now=utc_now(),
        )
    campus.await_site()


@pytest.mark.thorough
@pytest.mark.parametrize("campus", [1, 4], indirect=True)
def test_what_a_box_of_an_older_version_cannot_do_it_refuses(campus: Campus) -> None:
    """A way out, a limit of people, and a time at which a door is open to everybody."""
    campus.await_site()
    change_door(campus, direction="out")
    assert campus.scan()["reason"] == "door_blocked"
    change_door(campus, direction="in")
    change_area(campus, occupancy_limit=1)
    assert campus.scan()["reason"] == "door_blocked"
    change_area(campus, occupancy_limit=None)
    with writing() as session:
        every_day = NewRelease((1, 2, 3, 4, 5, 6, 7), time(0), time(23, 59), first_person=False)
        manager = an_actor(campus.site.student, "manager")
        add_release(session, uuid.UUID(DOOR), every_day, actor=manager, now=utc_now())
    sleep(1.0)
    assert campus.rig.relay.pulses == []
    assert campus.scan()["granted"]
    assert len(campus.rig.relay.pulses) == 1


@pytest.mark.parametrize("campus", [1, 6], indirect=True)
def test_a_box_of_an_older_version_refuses_a_paused_pass_by_a_word_that_it_knows(
    campus: Campus,
) -> None:
    # No scan before: its visit takes the pass into use, and so changes the roster too.
    campus.await_site()
    with writing() as session:
        a_pause(session, campus.site.student, utc_now())
    campus.await_site()
    assert campus.scan()["reason"] == "not_yet_valid"
    with writing() as session:
        held = session.scalars(select(Pass).where(Pass.member_id == campus.site.student)).one()
        pauses.resume(session, held, by="holder", now=utc_now())
    campus.await_site()
    assert campus.scan()["granted"]


@pytest.mark.parametrize("campus", [7], indirect=True)
def test_a_box_of_an_older_version_refuses_outside_of_hours_by_a_word_that_it_knows(
    campus: Campus,
) -> None:
    tomorrow = helsinki_date(utc_now()) + timedelta(days=1)
    campus.await_site()
    with writing() as session:
        held = session.scalars(select(Pass).where(Pass.member_id == campus.site.student)).one()
        held.conditions = as_stored(Conditions((UseHours((tomorrow.isoweekday(),)),)))
        mark_roster(session, [campus.site.student], utc_now())
    campus.await_site()
    assert campus.scan()["reason"] == "not_yet_valid"


# The words, by version.


def test_a_word_is_sent_only_to_bridges_that_know_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(version.DOOR_STATES, "night", 3)
    monkeypatch.setitem(version.PASSBACK_MODES, "global", 6)
    door = SITE.doors[0]
    newer = replace(door, state="night", area=replace(door.area, passback="global"))
    spoken = [newer.spoken(wire) for wire in (2, 4, 5, 6)]
    assert [one.state for one in spoken] == ["blocked", "night", "night", "night"]
    assert [one.area.passback for one in spoken] == ["hard", "hard", "hard", "global"]
    assert all(replace(one, state="normal", area=door.area) == door for one in spoken)
