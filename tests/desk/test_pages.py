"""The desk in a browser without JavaScript."""

import re
import uuid
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from werkzeug.test import TestResponse

from tests.world.counter import REASON, Desk, Person, a_person, a_proof, audited, browser, count
from tests.world.site import Journal, a_phone, receive
from zone.access.credentials.models import Credential
from zone.access.door_commands.models import DoorCommand
from zone.access.visits.models import Visit
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.idempotency import service as idempotency
from zone.members.eligibility.models import EligibilityProof
from zone.members.suspensions.models import Suspension
from zone.passes.receipts.models import Receipt

pytestmark = pytest.mark.engines("sqlite")


class Page(HTMLParser):
    """The ids, labels and fields of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.ids: list[str] = []
        self.labels: set[str] = set()
        self.fields: list[dict[str, str]] = []
        self.autofocus: list[str] = []
        self.in_label = 0
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        attributes = {name: value or "" for name, value in attrs}
        self.ids += [attributes["id"]] if "id" in attributes else []
        self.autofocus += [tag] if "autofocus" in attributes else []
        self.in_label += tag == "label"
        if tag == "label" and "for" in attributes:
            self.labels.add(attributes["for"])
        if (
            tag in {"input", "select", "textarea"}
            and attributes.get("type") != "hidden"
            and not self.in_label
        ):
            self.fields.append(attributes)

    def handle_endtag(self, tag: str) -> None:
        self.in_label -= tag == "label"


def record_page(desk: Desk, person: Person, query: str = "") -> str:
    answer = desk.staff.get(f"/desk/people/{person.public}{query}")
    assert answer.status_code == 200
    return answer.text


def send(desk: Desk, person: Person, action: str, form: dict[str, str]) -> TestResponse:
    """Send a form of the record, and return the page after it."""
    key = {"key": uuid.uuid4().hex}
    return desk.staff.post(
        f"/desk/people/{person.public}/{action}", data=form | key, follow_redirects=True
    )


def refuse_at_the_door(desk: Desk, person: Person) -> str:
    journal = Journal(desk.site.studio_door)
    entry = journal.scan(person.holder, utc_now() - timedelta(minutes=1), granted=False)
    receive(desk.site.bridge, journal.upload(), utc_now())
    return entry.uuid


def test_the_search_has_the_focus_and_finds_a_person(desk: Desk, person: Person) -> None:
    page = desk.staff.get("/desk")
    assert Page(page.text).autofocus == ["input"]
    results = desk.staff.post("/desk/people", data={"words": "matti"})
    assert f"/desk/people/{person.public}" in results.text
    assert Page(results.text).autofocus == ["h2"]
    assert desk.staff.post("/desk/people", data={"words": "m"}).status_code == 422
    assert "Nobody was found" in desk.staff.post("/desk/people", data={"words": "nobody"}).text


def test_a_refusal_leads_to_the_person_and_stays_until_it_is_handled(
    desk: Desk, person: Person
) -> None:
    entry = refuse_at_the_door(desk, person)
    page = desk.staff.get("/desk").text
    link = re.search(r'href="(/desk/people/[^"]+)"', page)
    assert link is not None
    page_of_person = desk.staff.get(link[1].replace("&amp;", "&")).text
    assert 'id="sell" tabindex="-1" autofocus' in page_of_person
    assert f'<option value="{desk.site.studio_door}" selected>' in page_of_person
    assert f'id="d-{entry}"' in desk.staff.get("/desk/live").text
    assert desk.staff.post(f"/desk/denials/{entry}").status_code == 303
    assert f'id="d-{entry}"' not in desk.staff.get("/desk").text


def test_every_control_has_a_label_and_every_id_is_its_own(
    desk: Desk, person: Person, settings: Settings
) -> None:
    with writing() as session:
        a_phone(session, person.id, settings, utc_now())
        a_phone(session, person.id, settings, utc_now())
    send(desk, person, "suspension", REASON)
    refuse_at_the_door(desk, person)
    manager = browser(desk, "manager")
    for text in (desk.staff.get("/desk").text, manager.get(f"/desk/people/{person.public}").text):
        page = Page(text)
        assert len(page.ids) == len(set(page.ids))
        assert len(page.fields) > 2
        assert all(field.get("id") in page.labels for field in page.fields), page.fields


def test_a_person_is_helped_by_plain_forms(desk: Desk, person: Person, settings: Settings) -> None:
    with writing() as session:
        phone = a_phone(session, person.id, settings, utc_now())
    choice = re.search(r'value="(gym:1500:[\d:-]+)"', record_page(desk, person))
    assert choice is not None
    sold = send(desk, person, "sale", {"offer": choice[1], "method": "card_terminal"})
    assert "Sold." in sold.text
    assert re.search(r"/receipts/\d{4}-1\b", sold.text)
    assert "The proof is recorded" in send(desk, person, "proof", a_proof(person)).text
    assert (
        "off that phone"
        in send(desk, person, "device-revocation", {"kid": phone.kid.hex()} | REASON).text
    )
    assert "off every phone" in send(desk, person, "phone-replacement", REASON).text
    assert (
        "Suspended." in send(desk, person, "suspension", {"last_day": "2099-12-31"} | REASON).text
    )
    suspension = re.search(r'name="suspension" value="([^"]+)"', record_page(desk, person))
    assert suspension is not None
    assert "is lifted" in send(desk, person, "lifting", {"suspension": suspension[1]} | REASON).text
    checked = send(desk, person, "check-in", {"door": str(desk.site.studio_door), "open": "true"})
    assert "Checked in." in checked.text
    withdrawn = send(desk, person, "proof-withdrawal", {"affiliation": str(person.claim)} | REASON)
    assert "is withdrawn" in withdrawn.text
    assert (count(Receipt), count(Visit), count(Credential, Credential.revoked_at.is_(None))) == (
        1,
        1,
        0,
    )
    assert audited("door.open_once") == 1


def test_a_form_that_is_sent_twice_does_its_work_once(desk: Desk, person: Person) -> None:
    choice = re.search(r'value="(visit:500:[\d:-]+)"', record_page(desk, person))
    assert choice is not None
    form = {"offer": choice[1], "method": "cash", "key": "one form"}
    answers = [desk.staff.post(f"/desk/people/{person.public}/sale", data=form) for _ in range(2)]
    assert [answer.location for answer in answers] == [answers[0].location] * 2
    assert count(Receipt) == 1


def test_a_form_that_is_wrong_says_so_at_the_top_with_the_focus_and_keeps_what_was_typed(
    desk: Desk, person: Person
) -> None:
    before = count(EligibilityProof)
    form = a_proof(person, source="Opiskelijakortti") | {"valid_until": "2001-01-01"}
    answer = send(desk, person, "proof", form)
    assert answer.status_code == 422
    assert Page(answer.text).autofocus == ["div"]
    assert "ends before it begins" in answer.text
    assert 'value="Opiskelijakortti"' in answer.text
    assert send(desk, person, "suspension", {"reason": ""}).status_code == 422
    assert send(desk, person, "device-revocation", {"kid": "zz"} | REASON).status_code == 422
    for nonsense in ("gym:1:2026-13-45", "gym:1:2026-12-01:1"):
        assert send(desk, person, "sale", {"offer": nonsense, "method": "cash"}).status_code == 422
    assert (count(EligibilityProof), count(Suspension), count(Receipt)) == (before, 0, 0)


def test_a_refused_check_in_shows_the_reason_and_its_remedy(desk: Desk) -> None:
    person = a_person(desk, with_pass=False)
    answer = send(desk, person, "check-in", {"door": str(desk.site.studio_door)})
    assert "Not let in" in answer.text
    assert 'href="#sell"' in answer.text
    assert Page(answer.text).autofocus == ["div"]


def test_an_unknown_action_is_not_found(desk: Desk, person: Person) -> None:
    for action in ("nothing", "check-in/more"):
        assert send(desk, person, action, {}).status_code == 404


def test_the_pages_are_for_the_desk_only(desk: Desk, person: Person) -> None:
    instructor = browser(desk, "instructor")
    for path in ("/desk", "/desk/live", f"/desk/people/{person.public}"):
        assert instructor.get(path).status_code == 403


def test_nothing_in_the_pages_needs_a_looser_policy(desk: Desk, person: Person) -> None:
    for text in (desk.staff.get("/desk").text, record_page(desk, person)):
        assert " style=" not in text
        assert " onclick=" not in text
        assert [
            script
            for script in re.findall(r"<script[^>]*>", text)
            if not re.fullmatch(r'<script type="module" src="/static/\w+/desk\.js">', script)
        ] == []


def check_a_second_tap_opens_no_second_time(desk: Desk) -> None:
    match = re.search(r'name="key" value="([^"]+)"', desk.staff.get("/desk").text)
    assert match is not None
    form = {"door": str(desk.site.studio_door), "key": match[1]} | REASON
    taps = [desk.staff.post("/desk/open", data=form) for _ in range(2)]
    assert {answer.headers["Location"] for answer in taps} == {"/desk?done=opened"}
    assert count(DoorCommand) == 1


def test_a_second_tap_opens_no_second_time(desk: Desk) -> None:
    check_a_second_tap_opens_no_second_time(desk)


@pytest.mark.planted_fault("a form whose key is not asked")
def test_a_form_whose_key_is_not_asked_fails_the_check(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(idempotency, "run_once", lambda _session, *, work, **_: work())
    with pytest.raises(AssertionError):
        check_a_second_tap_opens_no_second_time(desk)
