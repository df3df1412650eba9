"""The figures over HTTP: JSON and the page for managers."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.stored import stored_by
from tests.world.booking import World
from tests.world.people import a_browser, a_person
from tests.world.reporting import a_sold_pass, a_wave, build, held, taken_into_use
from tests.world.statements import statements
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.time import helsinki_date

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def world(app: Flask, settings: Settings) -> World:
    """A spring with a pass and some classes."""
    world = stored_by(build, settings)
    taken_into_use(a_sold_pass("a"), utc_now() - timedelta(minutes=1))
    held(world, date(2026, 3, 4), 55, count=40)
    return world


@pytest.fixture
def wave(world: World, settings: Settings) -> None:
    """A spring wave of 3.95."""
    a_wave(settings, "spring", [4] * 19 + [3], closes_at=utc_now() - timedelta(hours=1))


@pytest.fixture
def manager(app: Flask, world: World) -> FlaskClient:
    return a_person(app, "manager")


@pytest.fixture
def year() -> int:
    return utc_now().year


def figures(client: FlaskClient, year: int, **query: str) -> dict[str, Any]:
    answer = client.get(f"/api/v1/targets/{year}", query_string=query)
    assert answer.status_code == 200, answer.text
    return {item["key"]: item for item in answer.get_json()["figures"]}


def test_the_figures_come_with_status_and_receipt(manager: FlaskClient, year: int) -> None:
    found = figures(manager, year)
    a = found["A"]
    assert (a["value"], a["status"], a["goal"], a["baseline"], a["pct"]) == (
        "1",
        "not_met",
        "2500",
        "1870",
        "33",
    )
    assert set(a["receipt"]) == {
        "definition",
        "window_start",
        "window_end",
        "as_of",
        "rows",
        "sha256",
    }


@pytest.mark.usefixtures("wave")
def test_a_grade_that_rounds_up_is_marked(manager: FlaskClient) -> None:
    spring, autumn = figures(manager, 2026)["C"]["parts"]
    assert (spring["value"], spring["shown"], spring["status"]) == ("3.95", "4.0", "not_met")
    assert spring["rounds_up"] is True
    assert (autumn["status"], autumn["value"], autumn["growth_pct"]) == (
        "insufficient_data",
        None,
        None,
    )


def test_the_same_as_of_gives_the_same_bytes(manager: FlaskClient, year: int) -> None:
    as_of = (utc_now() - timedelta(seconds=30)).isoformat()
    first = manager.get(f"/api/v1/targets/{year}", query_string={"as_of": as_of}).data
    taken_into_use(a_sold_pass("b"), utc_now())
    assert manager.get(f"/api/v1/targets/{year}", query_string={"as_of": as_of}).data == first


REFUSED = {
    "2026?as_of=2026-05-31": (422, "invalid_input"),
    "2026?as_of=2026-05-31T12:00:00": (422, "invalid_input"),
    "2026?as_of=9999-12-31T23:59:59Z": (422, "invalid_input"),
    "2026?as_of=2099-01-01T00:00:00Z": (422, "as_of_ahead"),
    "2026?as_of=2019-01-01T00:00:00Z": (404, "no_targets"),
    "0": (404, "no_targets"),
    "2020": (404, "no_targets"),
    "9999": (404, "no_targets"),
    "2147483647": (404, "no_targets"),
    "99999999999999999999": (404, "not_found"),
    "-1": (404, "not_found"),
}


def test_invalid_times_and_years_are_refused_with_a_code(manager: FlaskClient) -> None:
    for asked, refusal in REFUSED.items():
        answer = manager.get(f"/api/v1/targets/{asked}")
        assert (answer.status_code, answer.get_json()["code"]) == refusal, asked


@pytest.mark.usefixtures("world")
def test_only_managers_and_admins_see_the_figures(app: Flask) -> None:
    assert a_person(app, "admin").get("/api/v1/targets/2026").status_code == 200
    for client, status in ((a_person(app, "desk", "instructor"), 403), (a_browser(app), 401)):
        assert client.get("/api/v1/targets/2026").status_code == status
        assert client.get("/targets").status_code in {status, 302, 303}


def test_the_page_shows_how_each_target_stands_in_words(
    manager: FlaskClient, settings: Settings
) -> None:
    taken_into_use(a_sold_pass("early"), datetime(2026, 5, 1, 9, tzinfo=UTC))
    closes_at = datetime(2026, 5, 4, 9, tzinfo=UTC)
    a_wave(settings, "spring", [4] * 19 + [3], closes_at=closes_at)
    page = manager.get("/targets?year=2026&day=2026-06-01&lang=en").text.replace("\u202f", " ")
    for words in (
        "Passes taken into use",
        "Guided exercise",
        "Grade for the service",
        "No target is reached yet. Passes are <strong>2 499 short</strong> of 2 500",
        "by this day, by the days of the year: there is no last year to compare with",
        "Cannot be reached any more",
        "Spring: 3 of 3 regular weeks.",
        "3,95 rounds to 4,0 but is not 4,00.",
        "Too few grades to show how many gave which.",
        "There were no visits in these weeks.",
    ):
        assert words in page
    assert "Not met" not in page, "the year runs"
    for link in ("a", "b", "c", "pace", "groups", "visits", "survey"):
        assert f'href="#how-{link}"' in page
        assert f'id="how-{link}"' in page


def test_the_page_shows_a_day_in_the_past(manager: FlaskClient) -> None:
    page = manager.get("/targets?year=2026&day=2026-03-10&lang=en").text
    assert "As known at the end of Tue 10 Mar" in page
    assert "week 11" in page


def test_a_year_without_any_figure_says_so(manager: FlaskClient) -> None:
    page = manager.get("/targets?year=2023&day=2026-01-31&lang=en").text
    assert "There are no figures of 2023." in page
    assert page.count("No data") == 3
    early = manager.get("/targets?year=2023&day=2023-12-31&lang=en").text
    assert "There were no targets for that year at that time." in early


def test_a_year_of_which_no_term_is_known_is_shown(manager: FlaskClient, year: int) -> None:
    """Such as the new year, on its first day, or any before the first term is entered."""
    for other in (2021, year + 1):
        page = manager.get(f"/targets?year={other}&lang=en")
        assert page.status_code == 200, other


def test_a_day_that_is_not_over_shows_the_present_figures(manager: FlaskClient) -> None:
    """From the stored counts: from the facts a term took seconds."""
    asked = []
    for day in ("", helsinki_date(utc_now()), date(2099, 1, 1)):
        manager.get(f"/targets?day={day}")
        with statements() as sent:
            manager.get(f"/targets?day={day}")
        asked.append(len(sent))
    assert len(set(asked)) == 1


def test_an_invalid_year_shows_this_one_and_invalid_days_are_refused(manager: FlaskClient) -> None:
    for query in ("year=2020", "year=abcd", "year=9999", "year=²⁰²⁶", "day="):
        assert manager.get(f"/targets?{query}").status_code == 200, query
    for query in ("day=tomorrow", "day=9999-12-31"):
        assert manager.get(f"/targets?{query}").status_code == 400, query
