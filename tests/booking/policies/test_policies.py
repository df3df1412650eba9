"""Managers set the numbers of the booking policy, and they hold from the next booking on."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.world.people import a_person
from tests.world.races import at_once
from zone.booking.policies import queries as policies_queries
from zone.booking.policies import service as policies
from zone.booking.policies.rules import Policy
from zone.core.clock import utc_now
from zone.core.db.transactions import reading

pytestmark = pytest.mark.engines("sqlite")

PATH = "/api/v1/booking-policy"


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return a_person(app, "manager")


def stored() -> Policy:
    with reading() as session:
        return policies_queries.current(session, utc_now())


def numbers(client: FlaskClient, **changed: Any) -> dict[str, Any]:
    """What an editor has read, and changed."""
    read: dict[str, Any] = client.get(PATH).get_json()
    return read | changed


def test_without_a_row_the_defaults_hold(manager: FlaskClient) -> None:
    read = numbers(manager)
    assert (
        Policy(**{name: number for name, number in read.items() if name != "version"}) == Policy()
    )


def test_a_changed_number_holds(manager: FlaskClient) -> None:
    answer = manager.put(PATH, json=numbers(manager, opens_days=10, remind_hours=0))
    assert (answer.status_code, answer.get_json()["opens_days"]) == (200, 10)
    assert (stored().opens_days, stored().remind_hours, stored().open_bookings) == (10, 0, 4)


def check_the_later_of_two_editors_is_refused(manager: FlaskClient) -> None:
    late = numbers(manager, opens_days=3)
    assert manager.put(PATH, json=numbers(manager, no_shows=5)).status_code == 200
    refused = manager.put(PATH, json=late)
    assert refused.status_code == 409
    assert (refused.get_json()["code"], refused.get_json()["changed"]) == (
        "edited_meanwhile",
        ["opens_days", "no_shows"],
    )
    assert (stored().opens_days, stored().no_shows) == (7, 5)


def test_the_later_of_two_editors_gets_what_changed(manager: FlaskClient) -> None:
    check_the_later_of_two_editors_is_refused(manager)


def test_the_numbers_that_are_stored_already_are_no_change(manager: FlaskClient) -> None:
    read = numbers(manager, opens_days=10)
    first = manager.put(PATH, json=read)
    again = manager.put(PATH, json=read)
    assert (again.status_code, stored().opens_days) == (200, 10)
    assert again.get_json()["version"] == first.get_json()["version"]


@pytest.mark.engines("sqlite", "postgresql")
@pytest.mark.planted_fault("an edit whose version nobody compares")
def test_an_uncompared_version_fails_the_check(
    manager: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(policies, "refuse_stale", lambda *_: None)
    with pytest.raises(AssertionError):
        check_the_later_of_two_editors_is_refused(manager)


@pytest.mark.engines("sqlite", "postgresql")
def test_of_two_editors_at_once_one_wins(app: Flask, manager: FlaskClient) -> None:
    read = numbers(manager)
    editors = [a_person(app, "manager") for _ in range(4)]
    requests = [
        lambda editor=editor, n=n: (
            editor.put(PATH, json=read | {"open_bookings": 5 + n}).status_code
        )
        for n, editor in enumerate(editors)
    ]
    assert sorted(at_once(app, requests)) == [200, 409, 409, 409]


@pytest.mark.parametrize(
    "wrong",
    [
        {"bookable_percent": 0},
        {"opens_days": 10**9},
        {"space_step_minutes": 7},
        {"remind_hours": "soon"},
        {"space_least_minutes": 90, "space_most_minutes": 60},
        {"space_before_minutes": 3},
        {"unheard_of": 1},
        # Nothing could ever be booked.
        {"opens_days": 0},
        {"opens_days": 2, "closes_minutes": 2880},
        {"space_step_minutes": 240},
        {"space_step_minutes": 45, "space_least_minutes": 60, "space_most_minutes": 80},
    ],
)
def test_invalid_numbers_change_nothing(manager: FlaskClient, wrong: dict[str, Any]) -> None:
    assert manager.put(PATH, json=numbers(manager) | wrong).status_code == 422
    assert stored() == Policy()


def test_only_managers_change_the_policy(app: Flask) -> None:
    desk = a_person(app, "desk")
    assert desk.get(PATH).status_code == 200
    assert desk.put(PATH, json=numbers(desk)).status_code == 403
