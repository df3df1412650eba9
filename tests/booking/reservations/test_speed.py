"""The number of statements for a day of courts does not depend on the number of courts."""

from datetime import date, timedelta

import pytest
from flask import Flask

from tests.world.booking import World, a_person
from tests.world.statements import statements
from zone.booking.reservations import context as reservations_context
from zone.core.clock import utc_now
from zone.core.db.transactions import open_read_connection, writing
from zone.core.time import helsinki_date
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
        courts = reservations_context.courts_of_campus(connection, [tomorrow])
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


def statements_of_page(app: Flask, world: World, path: str, name: str) -> int:
    client = a_person(app, world, name, utc_now())
    client.get(path)
    with statements() as recorded:
        assert client.get(path).status_code == 200
    return len(recorded)


@pytest.mark.parametrize(
    ("path", "most"),
    # The page also reads what the reader has booked, the campuses and the hours of a week.
    [("/courts?day={day}", 7), ("/api/v1/courts?day={day}", 4)],
)
def test_the_statements_of_a_page_do_not_grow_with_the_courts(
    app: Flask, world: World, tomorrow: date, path: str, most: int
) -> None:
    few = statements_of_page(app, world, path.format(day=tomorrow), "anna")
    more_courts(world, 17)
    many = statements_of_page(app, world, path.format(day=tomorrow), "berta")
    assert few == many
    assert 1 < many <= most
