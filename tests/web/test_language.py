"""The language of a page: address, then account or cookie, then browser; chosen once."""

import re
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.actors import a_caller
from tests.world.people import a_browser, a_member, a_person, signed_in
from zone.core.db.transactions import reading, writing
from zone.core.mail.models import OutboxMail
from zone.members.people.models import Member
from zone.web import language as language_module

pytestmark = pytest.mark.engines("sqlite")
FROM_BROWSER = {"Accept": "text/html", "Accept-Language": "sv"}


@pytest.fixture
def member_id(app: Flask) -> int:
    """A person whose language is Finnish."""
    with writing() as session:
        return a_member(session).id


def shown(client: FlaskClient, path: str = "/classes", headers: Any = FROM_BROWSER) -> str:
    """Return the language of a page, which a browser asks for that prefers Swedish."""
    page = client.get(path, headers=headers).text
    found = re.search(r'<html lang="(\w+)">', page)
    assert found is not None
    return found[1]


def choose(client: FlaskClient, code: str, onward: str = "/classes?day=2") -> None:
    answer = client.post("/language", data={"language": code, "next": onward})
    assert (answer.status_code, answer.location) == (303, onward)


def check_the_order(app: Flask, member_id: int) -> None:
    """Check each step of the order against all that come after it."""
    guest, person = a_browser(app), signed_in(app, member_id)
    assert shown(guest) == "sv", "the browser's, where nobody has chosen"
    assert shown(guest, headers={"Accept": "text/html", "Accept-Language": "de"}) == "en"
    for client in (guest, person):
        client.set_cookie("lang", "en")
    assert shown(guest) == "en", "a guest's cookie before the browser"
    assert shown(person) == "fi", "the account before cookie and browser"
    assert shown(person, "/classes?lang=sv", {"Accept": "text/html"}) == "sv", "the address first"
    assert shown(person) == "fi", "and for that answer only"
    assert shown(guest, "/classes?lang=fi") == "fi", "the address first"
    assert shown(guest) == "fi", "which a guest's cookie keeps"
    assert shown(guest, "/classes?lang=xx") == "fi", "an unknown one chooses nothing"


def test_address_account_cookie_browser(app: Flask, member_id: int) -> None:
    check_the_order(app, member_id)


@pytest.mark.planted_fault("the cookie is asked before the account")
def test_a_cookie_before_the_account_fails_the_check(
    app: Flask, member_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(language_module, "g", {})
    with pytest.raises(AssertionError):
        check_the_order(app, member_id)


def test_a_choice_is_kept_with_the_account_and_mails_follow(app: Flask, member_id: int) -> None:
    here, elsewhere = signed_in(app, member_id), signed_in(app, member_id)
    choose(here, "sv")
    assert {shown(client, headers={"Accept": "text/html"}) for client in (here, elsewhere)} == {
        "sv"
    }
    with reading() as session:
        assert session.get_one(Member, member_id).language == "sv"
    public = _public_id(member_id)
    given = a_person(app, "admin").post(
        f"/manage/people/{public}/roles", data={"role": "desk", "reason": "Starts"}
    )
    assert given.status_code == 303
    with reading() as session:
        assert _mails_to(session, member_id) == {"sv"}


def _public_id(member_id: int) -> str:
    with reading() as session:
        return str(session.get_one(Member, member_id).public_id)


def _mails_to(session: Any, member_id: int) -> set[str]:
    email = session.get_one(Member, member_id).email
    return set(session.scalars(select(OutboxMail.language).where(OutboxMail.recipient == email)))


def test_who_signs_out_reads_on_in_the_same_language(app: Flask, member_id: int) -> None:
    person = signed_in(app, member_id)
    person.set_cookie("lang", "en")
    shown(person)
    assert person.post("/sign-out").status_code == 303
    assert shown(person) == "fi"


def test_a_guest_can_choose_too(app: Flask) -> None:
    guest = a_browser(app)
    choose(guest, "fi")
    assert shown(guest) == "fi"


def test_the_buttons_of_a_page_lead_back_to_it(app: Flask, member_id: int) -> None:
    page = signed_in(app, member_id).get("/classes?day=2&lang=en", headers=FROM_BROWSER).text
    form = page[page.index('action="/language"') : page.index("</form>")]
    assert 'name="next" value="/classes?day=2"' in form
    assert re.findall(r'value="(fi|sv|en)" lang="\1"( aria-current="true")?', form) == [
        ("fi", ""),
        ("sv", ""),
        ("en", ' aria-current="true"'),
    ]


@pytest.mark.parametrize("onward", ["https://evil.example/", "//evil.example/", ""])
def test_a_choice_stays_on_this_site(app: Flask, onward: str) -> None:
    answer = a_browser(app).post("/language", data={"language": "fi", "next": onward})
    assert answer.location == "/"


def test_another_site_and_an_unknown_language_choose_nothing(app: Flask, member_id: int) -> None:
    person = signed_in(app, member_id)
    evil = {"Origin": "https://evil.example"}
    assert person.post("/language", data={"language": "sv"}, headers=evil).status_code == 403
    assert person.post("/language", data={"language": "de"}).status_code == 422
    person.get("/classes?lang=sv")
    with reading() as session:
        assert session.get_one(Member, member_id).language == "fi"


def test_a_bridge_chooses_for_nobody(app: Flask, member_id: int) -> None:
    """Its id is not that of a person."""
    bridge = a_caller(app, "bridge")
    app.test_client().post("/language", data={"language": "sv"}, headers=dict(bridge.headers))
    with reading() as session:
        assert set(session.scalars(select(Member.language))) == {"fi"}
