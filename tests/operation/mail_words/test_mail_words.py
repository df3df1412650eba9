"""The pages and the API of the words of mails, through the forms as they are rendered."""

import re
from typing import Any, Final

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.core.mail_words.test_words import upgrade_without
from tests.world.people import a_person
from tests.world.rendered_forms import RenderedForm, forms_in
from tests.world.statements import statements
from zone.core.mail_words import rules

pytestmark = pytest.mark.engines("sqlite")

PAGE: Final = "/manage/mails/booking/queue_offer?lang=en"
API: Final = "/api/v1/mail-words/booking/queue_offer"
BODY: Final = "{event}\r\n\r\nStill free.\r\nUntil {until}.\r\n\r\n{button}"


@pytest.fixture
def manager(app: Flask) -> FlaskClient:
    return a_person(app, "manager")


def form_of(html: str) -> RenderedForm:
    return next(form for form in forms_in(html, PAGE) if "fi-subject" in form.data)


def save(manager: FlaskClient, **typed: str) -> Any:
    form = form_of(manager.get(PAGE).text)
    words = {name.replace("_", "-"): value for name, value in typed.items()}
    return manager.post(f"{form.action}?lang=en", data=form.data | words)


def test_the_form_as_it_is_rendered_changes_nothing(manager: FlaskClient) -> None:
    assert save(manager).status_code == 303
    assert manager.get(API).get_json()["version"] == 0


def test_a_changed_text_is_kept_with_its_lines(manager: FlaskClient) -> None:
    assert save(manager, en_body=BODY).headers["Location"].endswith("queue_offer?done=saved")
    told = manager.get(API).get_json()
    assert told["en"]["body"] == "{event}\n\nStill free.\nUntil {until}.\n\n{button}"
    assert told["versions"][0]["own"] == ["en"]
    assert "Changed on" in manager.get("/manage/mails?lang=en").text
    assert "Still free." in form_of(manager.get(PAGE).text).data["en-body"][0]


def test_a_preview_shows_the_mail_in_three_languages_and_stores_nothing(
    manager: FlaskClient,
) -> None:
    answer = save(manager, en_body=BODY, fi_subject="Paikka {until}", preview="1")
    assert answer.status_code == 200
    for part in (
        "Paikka ti 1.12. 16.10",
        "Still free.\nUntil Tue 1 Dec 16.10.",
        "/queue/x/offer/y",
        "Ryggyoga",
    ):
        assert part in answer.text.replace("\r", "").replace("\u00a0", " ")
    assert form_of(answer.text).data["fi-subject"] == ["Paikka {until}"]
    assert manager.get(API).get_json()["version"] == 0


@pytest.mark.parametrize(
    ("typed", "sentence"),
    [
        ({"en_body": "{event}\n\nUntil {until}."}, "English: This mail needs {button}"),
        ({"sv_title": "{klass}"}, "svenska: This mail has no {klass}"),
        ({"fi_subject": "{when"}, "suomi: A brace stands alone"),
        ({"fi_subject": "x" * 151}, "at most 150 letters"),
        ({"fi_subject": ""}, "leave all three parts empty"),
        ({"en_body": "Take {button} {event} {until}"}, "a paragraph of its own"),
    ],
)
@pytest.mark.parametrize("preview", [{}, {"preview": "1"}])
def test_what_does_not_fit_is_said_at_its_field_and_nothing_is_stored(
    manager: FlaskClient, typed: dict[str, str], sentence: str, preview: dict[str, str]
) -> None:
    answer = save(manager, **typed, **preview)
    assert answer.status_code == 422
    assert sentence in answer.text
    [name] = typed
    assert f'id="e-{name.replace("_", "-")}"' in answer.text
    assert form_of(answer.text).data[name.replace("_", "-")] == [typed[name]]
    assert manager.get(API).get_json()["version"] == 0


def test_the_list_shows_the_words_that_hold_in_few_statements(manager: FlaskClient) -> None:
    save(manager, en_subject="Quick: {name}")
    with statements() as sent:
        page = manager.get("/manage/mails?lang=en").text
    assert "Quick: {name}" in page
    assert "Booked: {name}, {when}" in page
    assert len(sent) < 20, "not one for each mail"


def test_a_language_that_is_left_empty_has_the_standard_text(manager: FlaskClient) -> None:
    save(manager, en_title="Mine", sv_title="Min")
    assert save(manager, en_subject="", en_title="", en_body=" ").status_code == 303
    told = manager.get(API).get_json()
    assert told["en"]["title"] == "A place for you"
    assert told["versions"][0]["own"] == ["sv"]


def test_of_two_managers_the_later_sees_what_the_first_saved(manager: FlaskClient) -> None:
    late = form_of(manager.get(PAGE).text)
    save(manager, en_title="Quick!")
    answer = manager.post(f"{late.action}?lang=en", data=late.data | {"en-title": "Hurry!"})
    assert answer.status_code == 409
    assert "<dt>English: Heading</dt><dd>Quick!</dd>" in answer.text
    again = form_of(answer.text)
    assert manager.post(again.action, data=again.data).status_code == 303
    assert manager.get(API).get_json()["en"]["title"] == "Hurry!"


def test_a_button_leads_back_to_each_version_and_to_the_standard_text(
    manager: FlaskClient,
) -> None:
    save(manager, en_title="First")
    save(manager, en_title="Second")

    def go_back_to(version: str) -> str:
        page = manager.get(PAGE).text
        [form] = [one for one in forms_in(page, PAGE) if one.data.get("restored") == [version]]
        assert manager.post(form.action, data=form.data).status_code == 303
        return str(manager.get(API).get_json()["en"]["title"])

    assert go_back_to("1") == "First"
    assert go_back_to("0") == "A place for you"
    assert go_back_to("2") == "Second"


def test_going_back_from_an_old_page_is_refused(manager: FlaskClient) -> None:
    save(manager, en_title="First")
    save(manager, en_title="Second")
    page = manager.get(PAGE).text
    [form] = [one for one in forms_in(page, PAGE) if one.data.get("restored") == ["0"]]
    save(manager, en_title="Third")
    assert manager.post(form.action, data=form.data).status_code == 409
    assert manager.get(API).get_json()["en"]["title"] == "Third"


def test_the_page_says_what_an_upgrade_left_aside(
    manager: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = "/manage/mails/booking/booked?lang=en"
    form = next(one for one in forms_in(manager.get(page).text, page) if "fi-subject" in one.data)
    manager.post(form.action, data=form.data | {"en-title": "In {where}"})
    upgrade_without(monkeypatch, "where")
    try:
        assert "An upgrade has changed this mail" in manager.get(page).text
        listed = manager.get("/manage/mails?lang=en").text
        assert listed.count("The own text does not fit any more") == 1
        assert re.search(r'class="count">1<', listed)
    finally:
        rules.misfits.cache_clear()


def test_the_api_changes_previews_and_goes_back(manager: FlaskClient) -> None:
    read = manager.get(API).get_json()
    own = {"subject": "S", "title": "T", "body": "{event}\n\n{until}\n\n{button}"}
    words = {"version": 0, "fi": read["fi"], "sv": read["sv"], "en": own}
    shown = manager.post(f"{API}/preview", json=words).get_json()["previews"]
    assert [one["subject"] for one in shown][2] == "S"
    assert manager.put(API, json=words).get_json()["version"] == 1
    stale = manager.put(API, json=words | {"en": own | {"title": "Other"}})
    assert (stale.status_code, stale.get_json()["code"]) == (409, "edited_meanwhile")
    wrong = manager.put(API, json=words | {"version": 1, "en": own | {"body": "x"}})
    assert wrong.status_code == 422
    assert {one["placeholder"] for one in wrong.get_json()["misfits"]} == {
        "event",
        "button",
        "until",
    }
    back = manager.put(f"{API}/version", json={"version": 1, "restored": 0}).get_json()
    assert (back["version"], back["en"]) == (2, read["en"])
    rows = manager.get("/api/v1/mail-words").get_json()["mails"]
    assert {"booking/booked", "members/sign_in_code"} <= {row["template"] for row in rows}


def test_there_is_no_mail_of_another_name(manager: FlaskClient) -> None:
    assert manager.get("/manage/mails/booking/none").status_code == 404
    assert manager.get("/api/v1/mail-words/booking/none").status_code == 404
    assert manager.post("/manage/mails/booking/none/version").status_code == 404


@pytest.mark.parametrize("role", ["desk", "instructor", ""])
def test_only_who_runs_the_service_sees_and_changes_words(app: Flask, role: str) -> None:
    person = a_person(app, *filter(None, [role]))
    assert person.get("/manage/mails").status_code == 403
    assert person.get(API).status_code == 403
    assert person.put(API, json={}).status_code in (403, 422)
