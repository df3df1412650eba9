"""A pass for single activities books these only, whatever becomes of their classes."""

import uuid
from dataclasses import replace
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.booking.bookings.test_book import book, refused
from tests.world.booking import (
    NOW,
    World,
    a_member,
    a_session,
    activity_root,
    an_actor,
    class_details,
)
from tests.world.booking import a_person as a_reader
from tests.world.people import a_person
from tests.world.rendered_forms import forms_of
from tests.world.statements import statements
from zone.booking.activities import service as activities
from zone.booking.activities.models import Activity
from zone.booking.activities.service import activity_like
from zone.booking.bookings import context
from zone.booking.bookings import queries as bookings_queries
from zone.booking.bookings import service as bookings
from zone.booking.pass_activities import queries, service
from zone.booking.sessions.models import ClassSession
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.members.people.models import Member
from zone.passes.catalogue.queries import product_by_code
from zone.passes.entitlements import service as entitlements
from zone.passes.entitlements.rules import Conditions

CODE = "term"


def at_hour(
    world: World, hours: int, name: str = "Yoga", *, level: str = "everybody"
) -> ClassSession:
    offer = replace(class_details(world, name=name), name_fi=name, name_sv=name, level=level)
    with writing() as session:
        return a_session(session, world, offer=offer, start=NOW + timedelta(hours=hours))


def the_manager() -> Actor:
    with reading() as session:
        return an_actor(
            session.scalars(select(Member.id).order_by(Member.id)).first() or 0, "manager"
        )


def choose(*activities: uuid.UUID, version: int | None = None) -> None:
    manager = the_manager()
    with writing() as session:
        known = version or product_by_code(session, CODE).version
        service.choose_activities(session, manager, CODE, activities, version=known, now=NOW)


def conditions() -> Conditions:
    with reading() as session:
        return product_by_code(session, CODE).conditions


@pytest.fixture
def yoga(world: World) -> ClassSession:
    """A yoga class; passes that are sold from now on are for yoga only."""
    with writing() as session:
        a_member(session, world, "manager")  # the first one, who is on record
    class_session = at_hour(world, 5)
    choose(activity_root(class_session))
    return class_session


def sold(world: World, name: str = "yogi") -> int:
    with writing() as session:
        return a_member(session, world, name)


@pytest.mark.engines("sqlite", "postgresql")
def test_a_yoga_card_books_every_yoga_and_nothing_else(world: World, yoga: ClassSession) -> None:
    yogi = sold(world)
    circuit, hard = at_hour(world, 30, "Circuit"), at_hour(world, 32, level="experienced")
    assert refused(yogi, circuit.public_id) == ["wrong_activity"]
    held = [book(yogi, one.public_id) for one in (yoga, hard)]
    assert [booking.state for booking in held] == ["booked", "booked"]
    with reading() as session, statements() as sent:
        assert bookings_queries.unheld_bookings(session, [yogi], NOW) == [], "it rests on the card"
    assert sum("FROM class_session" in one or "JOIN class_session" in one for one in sent) <= 1, (
        "the activities of all sessions are read at once"
    )


@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("the root of what is booked is not read")
def test_without_the_root_what_the_card_booked_would_be_cancelled(
    world: World, yoga: ClassSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    yogi = sold(world)
    booking = book(yogi, yoga.public_id)
    monkeypatch.setattr(context, "_root_of", lambda _row: None)
    with reading() as session:
        assert bookings_queries.unheld_bookings(session, [yogi], NOW) == [booking.id]


def test_the_refusal_names_what_the_pass_covers(world: World, yoga: ClassSession) -> None:
    circuit = at_hour(world, 30, "Circuit")
    with pytest.raises(DomainError) as caught, writing() as session:
        member_id = a_member(session, world, "yogi")
        bookings.book(session, member_id=member_id, class_session=circuit.public_id, now=NOW)
    [reason] = caught.value.reasons
    said = {one: reason.text(one, caught.value.params) for one in ("fi", "sv", "en")}
    assert (
        said["en"] == "Your pass covers only: Yoga. Buy a pass that covers this class to book it."
    )
    assert all("Yoga" in sentence for sentence in said.values())


def test_a_class_that_gets_another_name_stays_what_passes_name(
    world: World, yoga: ClassSession
) -> None:
    yogi = sold(world)
    before = class_details(world).activity

    def root_of(name: str, successor_of: Activity | None = None) -> uuid.UUID:
        names = dict.fromkeys(("name_fi", "name_sv", "name_en"), name)
        return activity_like(session, replace(before, **names), successor_of).root

    with writing() as session:
        zumba, known = root_of("Zumba"), session.get_one(Activity, yoga.activity_id)
        assert root_of("Hatha", known) == known.root
        assert root_of("Zumba", known) == zumba, "a class that becomes another is another"
    hatha = at_hour(world, 30, "Hatha")
    assert book(yogi, hatha.public_id).state == "booked"


@pytest.mark.engines("sqlite", "postgresql")
def test_activities_are_chosen_by_version(world: World, yoga: ClassSession) -> None:
    root = activity_root(yoga)
    assert [one.root for one in conditions().single_activities] == [root]
    choose(root, version=1)  # a second tap
    with pytest.raises(DomainError) as stale:
        choose(version=1)
    assert stale.value.code == "edited_meanwhile"
    with pytest.raises(DomainError) as unknown:
        choose(uuid.uuid4())
    assert unknown.value.code == "activity_unknown"
    # The hours and kinds are saved by themselves, and an activity of which no class is left stays.
    manager, kinds = the_manager(), Conditions(activities=("online",))
    with writing() as session:
        entitlements.save_entitlements(session, manager, CODE, kinds, version=2, now=NOW)
    assert (conditions().activities, len(conditions().single_activities)) == (("online",), 1)
    with reading() as session:
        later = NOW + timedelta(days=400)
        assert not queries.activities_to_choose(session, (), later)
        assert list(queries.activities_to_choose(session, conditions().single_activities, later))
    choose()
    assert conditions() == Conditions(activities=("online",))


@pytest.fixture
def manager(app: Flask, world: World) -> FlaskClient:
    return a_person(app, "manager")


@pytest.mark.engines("sqlite")
def test_a_manager_chooses_them_on_the_page(app: Flask, world: World, manager: FlaskClient) -> None:
    now = utc_now()
    with writing() as session:
        yoga = a_session(session, world, start=now + timedelta(hours=9), now=now)
        offer = class_details(world, name="Circuit")
        circuit = a_session(session, world, offer=offer, start=now + timedelta(days=1), now=now)
    page = f"/manage/products/activities?code={CODE}"
    (form,) = forms_of(manager, page)
    form.data["activities"] = [str(activity_root(circuit))]
    assert form.submit(manager, "Save").status_code == 303
    assert [one.name_en for one in conditions().single_activities] == ["Circuit"]
    shown = manager.get(f"{page}&lang=en").text
    assert f'value="{activity_root(circuit)}" checked' in shown
    assert f'value="{activity_root(yoga)}" checked' not in shown
    reader = a_reader(app, world, "reader", now)
    why = "Your pass covers only: Circuit."
    assert why in reader.get(f"/classes/{yoga.public_id}?lang=en").text
    assert why not in reader.get(f"/classes/{circuit.public_id}?lang=en").text
    (form,) = forms_of(manager, page)
    form.data["activities"] = [str(uuid.uuid4())]
    assert "ei tunneta" in form.submit(manager, "Save").text


@pytest.mark.engines("sqlite")
def test_the_json_sets_and_gives_them(world: World, manager: FlaskClient) -> None:
    now = utc_now()
    with writing() as session:
        yoga = a_session(session, world, start=now + timedelta(days=1), now=now)
    address = f"/api/v1/catalogue/{CODE}/activities"
    named = {
        "id": str(activity_root(yoga)),
        "name": {"fi": "Jooga", "sv": "Yoga", "en": "Yoga"},
    }
    first = manager.get(address).get_json()
    assert first == {"version": 1, "activities": [], "choices": [named], "next": None}
    body = {"version": 1, "activities": [named["id"]]}
    assert manager.put(address, json=body).get_json()["activities"] == [named]
    assert manager.put(address, json=body | {"activities": []}).status_code == 409


def check_two_at_once_make_one(world: World) -> None:
    """Check that who makes an activity while another one makes it gets the same root."""
    details = class_details(world, name="Capoeira").activity
    with writing() as one, writing() as other:
        roots = {activity_like(session, details).root for session in (one, other)}
    assert len(roots) == 1


@pytest.mark.engines("postgresql")  # SQLite lets one write after the other
def test_two_who_make_an_activity_at_once_make_one_for_passes(world: World) -> None:
    check_two_at_once_make_one(world)


@pytest.mark.planted_fault("a root that is drawn for each new activity")
@pytest.mark.engines("postgresql")
def test_roots_that_are_drawn_fail_the_check(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activities, "root_of_names", lambda _details: uuid.uuid4())
    with pytest.raises(AssertionError):
        check_two_at_once_make_one(world)
