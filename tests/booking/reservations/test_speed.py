"""The number of statements for a day of courts does not depend on the number of courts."""

from datetime import date, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world.booking import World, a_person
from tests.world.statements import statements
from zone.booking.policies.models import BookingPolicy
from zone.booking.policies.rules import Policy
from zone.booking.reservations import context as reservations_context
from zone.booking.reservations import rules
from zone.booking.reservations.queries import LOOKED_AT
from zone.booking.reservations.rules import AROUND
from zone.core.clock import utc_now
from zone.core.db.transactions import open_read_connection, writing
from zone.core.time import helsinki_date
from zone.places.opening_hours.models import OpeningHours
from zone.places.spaces.service import create_space


def more_courts(world: World, count: int) -> None:
    with writing() as session:
        for n in range(count):
            create_space(
                session,
                campus_id=world.campus,
                code=f"extra-{n}",
                names=(f"K{n}", f"P{n}", f"Extra {n}"),
                capacity=4,
                parts=(f"extra-{n}",),
                own_use=True,
            )


@pytest.fixture
def tomorrow() -> date:
    return helsinki_date(utc_now()) + timedelta(days=1)


def test_a_day_of_all_courts_is_one_statement(app: Flask, world: World, tomorrow: date) -> None:
    more_courts(world, 20)
    with statements() as recorded, open_read_connection() as connection:
        courts = reservations_context.courts_of_campus(connection, [tomorrow], Policy())
    assert len(courts.courts) == 23
    assert (
        len(
            [
                statement
                for statement in recorded
                if statement.lstrip().upper().startswith(("SELECT", "WITH"))
            ]
        )
        == 1
    )


@pytest.mark.engines("sqlite")
def test_a_year_of_days_is_searched_as_fast_as_a_month(
    app: Flask, world: World, tomorrow: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Also for a length that no court has, and where nothing is free: counted, not timed."""
    with writing() as session:
        session.add(BookingPolicy(opens_days=365, space_step_minutes=60))
        for hours in session.scalars(select(OpeningHours)):
            hours.valid_from += timedelta(days=9999)
    asked: list[Any] = []
    longest = rules.longest_from

    def counted(*args: Any) -> int:
        asked.append(args)
        return longest(*args)

    monkeypatch.setattr(rules, "longest_from", counted)
    client = a_person(app, world, "anna", utc_now())
    for minutes, most in (1440, 0), (60, 3 * 24 * (LOOKED_AT + 3)):
        asked.clear()
        shown = client.get(f"/api/v1/courts?day={tomorrow}&minutes={minutes}").get_json()
        assert (shown["next_free"], len(asked) <= most) == (None, True), len(asked)
    page = client.get(f"/courts?day={tomorrow + timedelta(days=200)}").text
    days = page[page.index('<nav class="days"') :].partition("</nav>")[0]
    assert (days.count("<a "), days.count('aria-current="date"')) == (AROUND, 1)


def asked_of_closed_courts(
    app: Flask, world: World, day: date, monkeypatch: pytest.MonkeyPatch
) -> int:
    """Return how many starts of five minutes are looked at for a page of closed courts."""
    more_courts(world, 17)
    with writing() as session:
        session.add(BookingPolicy(space_step_minutes=5))
        for hours in session.scalars(select(OpeningHours)):
            hours.valid_from += timedelta(days=9999)
    asked: list[Any] = []
    longest = rules.longest_from

    def counted(*args: Any) -> int:
        asked.append(args)
        return longest(*args)

    monkeypatch.setattr(rules, "longest_from", counted)
    assert a_person(app, world, "anna", utc_now()).get(f"/courts?day={day}").status_code == 200
    return len(asked)


@pytest.mark.engines("sqlite")
def test_closed_courts_have_no_starts_to_look_at(
    app: Flask, world: World, tomorrow: date, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It took 0.7 s: 86,160 starts."""
    assert asked_of_closed_courts(app, world, tomorrow, monkeypatch) == 0


def statements_of_page(app: Flask, world: World, path: str, name: str) -> int:
    client = a_person(app, world, name, utc_now())
    client.get(path)
    with statements() as recorded:
        assert client.get(path).status_code == 200
    return len(recorded)


@pytest.mark.parametrize(
    ("path", "most"),
    # The page also reads what the reader has booked, the campuses and the hours of a week.
    [("/courts?day={day}", 8), ("/api/v1/courts?day={day}", 5)],
)
def test_the_statements_of_a_page_do_not_grow_with_the_courts(
    app: Flask, world: World, tomorrow: date, path: str, most: int
) -> None:
    few = statements_of_page(app, world, path.format(day=tomorrow), "anna")
    more_courts(world, 17)
    many = statements_of_page(app, world, path.format(day=tomorrow), "berta")
    assert few == many
    assert 1 < many <= most
