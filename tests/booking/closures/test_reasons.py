"""Why a day has other hours is said in the reader's language; one reason for everybody suffices."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.booking import World, a_person, a_session
from tests.world.people import a_browser
from zone.access.front_page import pages as front_page
from zone.core.audit.models import AuditRow
from zone.core.db.transactions import reading, writing
from zone.core.time import from_helsinki, helsinki_date
from zone.places.opening_hours.models import OpeningException

PATH = "/api/v1/campuses/myllypuro/exceptions"
OWN = {"fi": "Lattian huolto", "sv": "Golvet underhålls"}
EACH = {**OWN, "en": "Floor"}


@pytest.fixture
def day(now: datetime) -> date:
    return helsinki_date(now) + timedelta(days=2)


def form(day: date, **more: str) -> dict[str, str]:
    reasons = {f"reasons-{code}": text for code, text in OWN.items()}
    values = {
        "campuses": "myllypuro",
        "day": str(day),
        "opens": "",
        "closes": "",
        "reason": "Floor",
    }
    return values | reasons | more


def stored() -> list[dict[str, str]]:
    with reading() as session:
        return [
            one.reasons
            for one in session.scalars(select(OpeningException).order_by(OpeningException.day))
        ]


def shown_on(app: Flask, path: str, language: str) -> str:
    app.extensions.pop(front_page.KEY, None)
    client = a_browser(app)
    return client.get(path, headers={"Accept": "text/html", "Accept-Language": language}).text


def test_the_pages_of_everybody_say_why_in_their_language(
    app: Flask, manager: FlaskClient, day: date
) -> None:
    assert manager.post("/manage/days", data=form(day)).status_code == 303
    assert stored() == [EACH]
    for language, reason in EACH.items():
        for path in ("/", "/campuses", f"/courts?day={day}", f"/classes?day={day}"):
            assert reason in shown_on(app, path, language), (path, language)
        assert reason in manager.get(f"/manage/days?lang={language}").text
    hours = a_browser(app).get("/api/v1/campuses/myllypuro/hours").get_json()
    assert (hours["exceptions"][0]["reason"], hours["exceptions"][0]["reasons"]) == ("Floor", EACH)


def test_other_hours_of_later_weeks_are_on_the_page_of_the_campuses(
    app: Flask, manager: FlaskClient, now: datetime
) -> None:
    later = helsinki_date(now) + timedelta(days=40)
    assert manager.post("/manage/days", data=form(later)).status_code == 303
    assert "Golvet underhålls" in shown_on(app, "/campuses", "sv")
    assert "Golvet underhålls" not in shown_on(app, "/", "sv")


def test_the_question_keeps_the_reasons_that_were_typed(
    manager: FlaskClient, world: World, day: date, now: datetime
) -> None:
    with writing() as session:
        a_session(session, world, start=from_helsinki(day, time(17)), now=now)
    asked = manager.post("/manage/days?lang=en", data=form(day))
    assert asked.status_code == 200
    assert 'type="hidden" name="reasons-fi" value="Lattian huolto"' in asked.text
    assert manager.post("/manage/days", data=form(day, confirm="cancel")).status_code == 303
    assert stored() == [EACH]


def test_another_reason_in_one_language_is_a_change_that_is_asked_and_on_record(
    manager: FlaskClient, world: World, day: date
) -> None:
    def put(**more: Any) -> Any:
        return manager.post(PATH, json={"day": str(day), "reason": "Floor", **more})

    first = put(reasons=OWN)
    assert (first.status_code, first.get_json()["reasons"]) == (201, EACH)
    assert put(reasons=OWN).status_code == 201, "the same again changes nothing"
    refused = put(reasons={"fi": "Remontti"})
    assert (refused.status_code, refused.get_json()["code"]) == (409, "day_already_set")
    assert refused.get_json()["current"]["reason_fi"] == "Lattian huolto"
    assert put(reasons={"fi": "Remontti"}, replace=True).status_code == 201
    assert stored() == [{"fi": "Remontti", "sv": "Floor", "en": "Floor"}]
    with reading() as session:
        of_days = select(AuditRow).where(AuditRow.action == "campus.day").order_by(AuditRow.id)
        rows = session.scalars(of_days).all()
        assert str(rows[-1].after).count("Remontti") == 1
    assert put(reasons={"fi": "x" * 301}, replace=True).status_code == 422
    assert put(reasons={"de": "Boden"}, replace=True).status_code == 422


def test_who_may_not_plan_reads_the_reason_only(app: Flask, world: World, now: datetime) -> None:
    anna = a_person(app, world, "anna", now)
    assert anna.post(PATH, json={"day": "2030-01-01", "reason": "x"}).status_code == 403
