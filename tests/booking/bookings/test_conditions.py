"""What a pass says of hours and of earlier booking decides what its holder can book."""

from datetime import timedelta

import pytest
from flask import Flask

from tests.booking.bookings.test_book import book, refused
from tests.world.booking import NOW, World, a_member, a_person, a_session, class_details, in_days
from tests.world.conditions import set_conditions, until
from zone.booking.activities.rules import KINDS, SESSION_KINDS
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.passes.catalogue.models import Product
from zone.passes.entitlements.rules import ACTIVITIES, EVERY_DAY, OF_SESSIONS, Conditions, UseHours
from zone.passes.passes.service import add_pass, new_pass


def test_a_class_is_booked_within_the_hours_of_the_pass(world: World) -> None:
    start = NOW + timedelta(hours=5)
    hour = start.hour + 3  # that of Helsinki, in summer
    with writing() as session:
        yoga = a_session(session, world, start=start)
    set_conditions(world.product, until(hour))
    with writing() as session:
        early = a_member(session, world, "early")
    assert refused(early, yoga.public_id) == ["outside_hours"]
    set_conditions(world.product, until(hour + 1))
    with writing() as session:
        late = a_member(session, world, "late")
        # A second pass adds its hours to those of the first.
        product = session.get_one(Product, world.product)
        today = NOW.date()
        add_pass(
            session,
            new_pass(
                early,
                product,
                starts_on=today,
                ends_on=today,
            ),
            now=NOW,
            by="test",
        )
    assert book(late, yoga.public_id).state == "booked"
    assert book(early, yoga.public_id).state == "booked"


@pytest.mark.engines("sqlite")
def test_passes_name_the_kinds_of_sessions_that_there_are() -> None:
    assert ACTIVITIES == SESSION_KINDS
    assert {KINDS[kind].right for kind in SESSION_KINDS} == {OF_SESSIONS}


def test_a_pass_for_some_kinds_of_sessions_books_no_others(world: World) -> None:
    with writing() as session:
        yoga = a_session(session, world)
        offer = class_details(world, kind="ball_turn")
        turn = a_session(session, world, offer=offer, start=NOW + timedelta(hours=30))
    set_conditions(world.product, Conditions(activities=("ball_turn",)))
    with writing() as session:
        player = a_member(session, world, "player")
    assert refused(player, yoga.public_id) == ["wrong_activity"]
    assert book(player, turn.public_id).state == "booked"


def test_a_pass_sold_stays_as_it_was_sold(world: World) -> None:
    with writing() as session:
        anna, yoga = a_member(session, world, "anna"), a_session(session, world)
    set_conditions(world.product, until(1))
    assert book(anna, yoga.public_id).state == "booked"


def test_booking_opens_earlier_for_who_has_such_a_pass(world: World) -> None:
    with writing() as session:
        others = a_member(session, world, "others")
        yoga = a_session(session, world, start=NOW + timedelta(days=8, hours=-1))
    set_conditions(world.product, Conditions(days_earlier=1))
    with writing() as session:
        first = a_member(session, world, "first")
        later = a_session(session, world, start=NOW + timedelta(days=9))
    assert refused(others, yoga.public_id) == ["booking_not_open"]
    assert book(first, yoga.public_id).state == "booked"
    assert refused(first, later.public_id) == ["booking_not_open"]


@pytest.mark.engines("sqlite")
def test_the_timetable_offers_it_to_them_alone(app: Flask, world: World) -> None:
    now = utc_now()
    with writing() as session:
        yoga = a_session(session, world, start=in_days(8, now), now=now)
    others = a_person(app, world, "others", now)
    set_conditions(world.product, Conditions(days_earlier=2))
    first = a_person(app, world, "first", now)
    path = f"/classes/{yoga.public_id}?lang=en"
    assert "Opens" in others.get(path).text
    assert "Opens" not in first.get(path).text


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("conditions", "why"),
    [
        (Conditions(activities=("ball_turn",)), "Your pass covers only: Ball-game turn."),
        (Conditions((UseHours(EVERY_DAY, 0, 1),)), "Your pass cannot be used at this time."),
    ],
)
def test_a_class_says_why_the_pass_is_not_for_it(
    app: Flask, world: World, conditions: Conditions, why: str
) -> None:
    now = utc_now()
    with writing() as session:
        yoga = a_session(session, world, start=in_days(1, now), now=now)
    set_conditions(world.product, conditions)
    reader = a_person(app, world, "reader", now)
    for page in (f"/classes/{yoga.public_id}?lang=en", f"/classes?day={yoga.on_day}&lang=en"):
        assert why in reader.get(page).text
