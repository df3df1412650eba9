"""What the contact of a door tells the server: alarms, and visits that nobody made."""

import uuid
from dataclasses import replace
from datetime import datetime, timedelta

from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.booking import NOW
from tests.world.site import Journal, Site, a_bridge_at_work, fetch_changes, receive
from zone.access.alarms.models import BridgeAlarm
from zone.access.doors.models import Door
from zone.core.db.transactions import reading

MINUTE = timedelta(minutes=1)


def alarms_of(kind: str) -> list[BridgeAlarm]:
    with reading() as session:
        return list(
            session.scalars(
                select(BridgeAlarm).where(BridgeAlarm.kind == kind).order_by(BridgeAlarm.id)
            )
        )


def forced(site: Site, journal: Journal, door: uuid.UUID, at: datetime) -> None:
    """Upload that a door was forced, twice."""
    row = replace(
        journal.scan(1, at, granted=False, door=door),
        kind="forced_open",
        reason=None,
        holder=None,
        kid=None,
        ts=None,
    )
    journal.rows[-1] = row
    for _ in range(2):
        receive(site.bridge, journal.upload(row.seq))


def test_a_forced_door_is_an_alarm_of_that_door_until_staff_have_seen_it(
    site: Site, manager: FlaskClient
) -> None:
    journal = Journal(site.studio_door)
    for minute, door in enumerate([site.studio_door, site.studio_door, site.lobby_door]):
        forced(site, journal, door, NOW + minute * MINUTE)
    with reading() as session:
        ids = {row.id: row.public_id for row in session.scalars(select(Door))}
    assert [ids[one.door_id or 0] for one in alarms_of("forced_open")] == [
        site.studio_door,
        site.lobby_door,
    ], "one of each door, however often it is told"
    assert manager.get("/status?lang=en").text.count("<b>A door was forced open") == 2
    seen = alarms_of("forced_open")[0].public_id
    assert manager.post(f"/api/v1/alarms/{seen}/acknowledge").status_code == 204
    forced(site, journal, site.studio_door, NOW + 9 * MINUTE)
    assert len(alarms_of("forced_open")) == 3, "the next time is an alarm again"


def test_a_door_held_open_is_an_alarm_while_it_is_open(client: FlaskClient, site: Site) -> None:
    headers = a_bridge_at_work(client, site)
    for alarms, open_ones in ((f"held_open:{site.studio_door}", 1), ("", 0)):
        fetch_changes(client, headers, alarms=alarms)
        assert len([one for one in alarms_of("held_open") if one.cleared_at is None]) == open_ones
