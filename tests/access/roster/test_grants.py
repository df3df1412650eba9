"""Bridges of one area tell each other, through the server, who came in."""

from datetime import timedelta

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update

from firmware_bridge.wire.messages.changes import SharedGrant
from tests.world.site import Journal, Site, a_bridge_at_work, fetch_changes, receive
from zone.access.areas.models import Area
from zone.access.entries.models import Entry
from zone.core.clock import utc_now
from zone.core.db.transactions import writing

PERSON = 77


class OtherBox:
    """The other bridge of the studio, at whose door a person comes in."""

    def __init__(self, site: Site) -> None:
        self._bridge, self._journal = site.other_bridge, Journal(site.other_door)

    def let_in(self, *ago: int, granted: bool = True) -> None:
        """Let the person in, some seconds ago each, and tell the server."""
        for seconds in ago:
            at = utc_now() - timedelta(seconds=seconds)
            self._journal.scan(PERSON, at, granted=granted)
        receive(self._bridge, self._journal.upload(), utc_now())


@pytest.fixture
def other(site: Site) -> OtherBox:
    return OtherBox(site)


def told(client: FlaskClient, headers: dict[str, str], after: int) -> tuple[list[SharedGrant], int]:
    changes = fetch_changes(client, headers, grants_after=after)
    assert changes.grants_seen is not None
    return list(changes.grants), changes.grants_seen


def test_a_bridge_hears_who_came_in_by_another_box_of_its_area(
    client: FlaskClient, site: Site, other: OtherBox
) -> None:
    headers = a_bridge_at_work(client, site, wire=5)
    grants, seen = told(client, headers, 0)
    assert grants == []
    other.let_in(5)
    [grant], seen = told(client, headers, seen)
    assert grant.holder == PERSON
    other.let_in(1)
    later, seen = told(client, headers, seen)
    assert len(later) == 2, "what is new may come again with what may have been late"
    with writing() as session:
        session.execute(update(Entry).values(recorded_at=utc_now() - timedelta(minutes=1)))
    assert told(client, headers, seen) == ([], seen)


def test_an_entry_that_commits_late_is_not_skipped(
    client: FlaskClient, site: Site, other: OtherBox
) -> None:
    headers = a_bridge_at_work(client, site, wire=5)
    other.let_in(2)
    _, seen = told(client, headers, 0)
    grants, _ = told(client, headers, seen)
    assert len(grants) == 1, "of the last seconds before, too"


def test_a_bridge_that_starts_hears_what_its_area_still_remembers(
    client: FlaskClient, site: Site, other: OtherBox
) -> None:
    headers = a_bridge_at_work(client, site, wire=5)
    other.let_in(3000, 100)
    assert len(told(client, headers, 0)[0]) == 1
    with writing() as session:
        session.execute(update(Area).values(passback_seconds=3600))
    assert len(told(client, headers, 0)[0]) == 2
    assert len(told(client, headers, 10**9)[0]) == 2, "after a restore of the server"


def test_a_bridge_hears_nothing_of_other_areas_of_its_own_or_of_refusals(
    client: FlaskClient, site: Site, other: OtherBox
) -> None:
    headers = a_bridge_at_work(client, site, wire=5)
    own = Journal(site.studio_door)
    own.scan(PERSON, utc_now())
    receive(site.bridge, own.upload(), utc_now())
    other.let_in(1, granted=False)
    assert told(client, headers, 0)[0] == []


def test_a_bridge_that_does_not_ask_is_told_nothing(
    client: FlaskClient, site: Site, other: OtherBox
) -> None:
    headers = a_bridge_at_work(client, site)
    other.let_in(5)
    changes = fetch_changes(client, headers)
    assert (changes.grants, changes.grants_seen) == ((), None)
