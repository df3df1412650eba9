"""Every page ends with the way to help, accessibility, privacy and contact, in three languages."""

import re

import pytest
from flask import Flask

from tests.world.people import a_person
from zone.core.i18n import LANGUAGES
from zone.core.personal_data import PersonalData
from zone.operation.about import pages, views
from zone.web.context import personal_data_of

pytestmark = pytest.mark.engines("sqlite")

FOOT = re.compile(r'<footer class="foot">(.*?)</footer>', re.DOTALL)
PAGES = {
    "/campuses",
    "/about/how-it-works",
    "/about/doors",
    "/about/contact",
    "/about/privacy",
    "/accessibility",
    "/accessibility/feedback",
}


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_guest_opens_everything_at_the_foot_of_a_page(app: Flask, language: str) -> None:
    guest = app.test_client()
    [foot] = FOOT.findall(guest.get(f"/sign-in?lang={language}").text)
    linked = set(re.findall(r'href="(/[^"]*)"', foot))
    assert linked == PAGES
    headings = set()
    for path in linked:
        answer = guest.get(path)
        assert answer.status_code == 200, path
        assert len(FOOT.findall(answer.text)) == 1
        headings |= set(re.findall(r"<h1>(.*?)</h1>", answer.text))
    assert len(headings) == len(PAGES)


def test_pages_of_people_and_of_errors_have_the_foot(app: Flask) -> None:
    person = a_person(app)
    for path in ("/me", "/pass", "/nothing-here"):
        answer = person.get(path, headers={"Accept": "text/html"})
        assert len(FOOT.findall(answer.text)) == 1, path


def unsaid(app: Flask, declared: list[PersonalData]) -> list[str]:
    """Return the declared tables about which the privacy page says nothing."""
    with app.test_request_context():
        periods = pages.period_sentences(90)
        names, reasons = pages.subject_names(), pages.subject_reasons()
    return [
        data.table
        for data in declared
        if views.SUBJECT_OF.get(data.table) not in names.keys() & reasons.keys()
        or views.period_of(data) not in periods
    ]


def test_the_privacy_page_speaks_of_every_declared_table(app: Flask) -> None:
    declared = list(personal_data_of(app))
    assert unsaid(app, declared) == []
    assert set(views.SUBJECT_OF) <= {data.table for data in declared}


@pytest.mark.planted_fault("a table is declared, and the page does not know it")
def test_a_table_without_a_subject_fails_the_check(app: Flask) -> None:
    assert unsaid(app, [PersonalData("diary", ("member_id",), reason="why")]) == ["diary"]


def test_the_privacy_page_says_the_days_of_the_settings(app: Flask) -> None:
    assert "90 days; then without your name." in app.test_client().get(
        "/about/privacy?lang=en"
    ).get_data(as_text=True)
