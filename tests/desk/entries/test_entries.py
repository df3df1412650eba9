"""A manager looks up what happened at the doors, and that is on record."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.stored import stored
from tests.world.people import a_person
from tests.world.rendered_forms import text_of
from tests.world.site import Journal, Site, a_member, build, receive
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.members.people.queries import member_by_id

pytestmark = pytest.mark.engines("sqlite")
PAGE = "/manage/doors/entries?lang=en"


@pytest.fixture
def site(app: Flask) -> Site:
    return stored(build)


@pytest.fixture
def person(site: Site) -> str:
    """Somebody who came in today and was refused once; return their public id."""
    with writing() as session:
        member, holder = a_member(session, site, "Aino", with_pass=False)
        public_id = str(member_by_id(session, member).public_id)
    journal, now = Journal(site.studio_door), utc_now()
    journal.scan(holder, now)
    journal.scan(holder, now, granted=False)
    journal.scan(7, now - timedelta(days=3))
    receive(site.bridge, journal.upload(), now)
    return public_id


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return a_person(app, "manager")


def rows(client: FlaskClient, query: str = "") -> list[str]:
    page = client.get(f"{PAGE}&{query}")
    assert page.status_code == 200
    body = page.text.partition("<tbody>")[2].partition("</tbody>")[0]
    return [text_of(row) for row in body.split("<tr>")[1:]]


def test_a_day_is_shown_with_the_people_and_the_results(
    manager: FlaskClient, site: Site, person: str
) -> None:
    assert len(rows(manager)) == 2
    assert all("Aino" in row and "Studio" in row for row in rows(manager))
    assert len(rows(manager, f"day={helsinki_date(utc_now() - timedelta(days=3))}")) == 1


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("result=let_in", 1),
        ("result=refused", 1),
        ("result=other", 0),
        ("door={studio}", 2),
        ("door={lobby}", 0),
        ("person={person}", 2),
        ("person=00000000-0000-4000-8000-000000000000", 0),
        ("result=<b>&door=x&day=2026-99-99&colour=blue", 2),
    ],
)
def test_one_looks_for_a_door_a_result_or_a_person(
    manager: FlaskClient, site: Site, person: str, query: str, found: int
) -> None:
    named = query.format(studio=site.studio_door, lobby=site.lobby_door, person=person)
    assert len(rows(manager, named)) == found


def test_each_search_is_on_record(manager: FlaskClient, site: Site, person: str) -> None:
    rows(manager, f"person={person}")
    with reading() as session:
        [look] = session.scalars(select(AuditRow).where(AuditRow.action == "entries.search"))
    assert (look.object_kind, look.object_id) == ("member", person)
    assert str(helsinki_date(utc_now())) in str(look.after)


@pytest.mark.parametrize("role", ["desk", "instructor"])
def test_only_who_sees_to_doors_searches(app: Flask, site: Site, role: str) -> None:
    assert a_person(app, role).get(PAGE).status_code == 403


def test_who_left_was_let_out_and_not_in(manager: FlaskClient, site: Site) -> None:
    journal, now = Journal(site.studio_door), utc_now()
    journal.scan(7, now, leaving=True)
    receive(site.bridge, journal.upload(), now)
    assert [("Let out" in row, "Let in" in row) for row in rows(manager)] == [(True, False)]
    assert len(rows(manager, "result=let_out")) == 1
    assert rows(manager, "result=let_in") == []
