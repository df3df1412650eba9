"""The desk in a browser without JavaScript."""

import re
import uuid
from dataclasses import replace
from datetime import timedelta
from html.parser import HTMLParser

import pytest
from werkzeug.test import TestResponse

from firmware_bridge.wire.reasons import Reason
from firmware_bridge.wire.words import WORDS
from tests.world.counter import REASON, Desk, Person, a_person, a_proof, audited, browser, count
from tests.world.site import Journal, a_phone, receive
from tests.world.statements import statements
from zone.access.credentials.models import Credential
from zone.access.door_commands.models import DoorCommand
from zone.access.visits.models import Visit
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.core.idempotency import service as idempotency
from zone.desk.live_doors.models import HandledDenial
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


def refuse_at_the_door(desk: Desk, person: Person, tries: int = 1) -> None:
    journal = Journal(desk.site.studio_door)
    for number in range(tries):
        at = utc_now() - timedelta(minutes=1, seconds=number)
        journal.scan(person.holder, at, granted=False)
    receive(desk.site.bridge, journal.upload(), utc_now())


def act_that_solves(page: str) -> str:
    """Return the part of a person's page below "This solves it"."""
    return page.partition('id="solves"')[2].partition("</section>")[0]


def offer_in(page: str, product: str) -> str:
    """Return the choice of a product on a person's page."""
    choice = re.search(rf'value="({product}:[\d:-]+)"', page)
    assert choice is not None
    return choice[1]


def test_the_search_has_the_focus_and_finds_a_person(desk: Desk, person: Person) -> None:
    page = desk.staff.get("/desk")
    assert Page(page.text).autofocus == ["input"]
    assert '<noscript><meta http-equiv="refresh" content="30"></noscript>' in page.text
    a_person(desk, "mattila")
    results = desk.staff.post("/desk/people", data={"words": "matti"})
    assert f"/desk/people/{person.public}" in results.text
    assert Page(results.text).autofocus == ["h2"]
    only = desk.staff.post("/desk/people", data={"words": "mattila"}).location
    assert only.startswith("/desk/people/"), "the only one is opened"
    assert "mattila" in desk.staff.get(only).text
    assert desk.staff.post("/desk/people", data={"words": "m"}).status_code == 422
    assert "Nobody was found" in desk.staff.post("/desk/people", data={"words": "nobody"}).text


def test_a_refusal_leads_to_the_act_that_solves_it_and_stays_until_it_is_handled(
    desk: Desk,
) -> None:
    person = a_person(desk, with_pass=False)
    refuse_at_the_door(desk, person, tries=3)
    page = desk.staff.get("/desk").text
    assert "3 tries" in page
    link = re.search(r'href="(/desk/people/[^"]+)"', page)
    assert link is not None
    page_of_person = desk.staff.get(link[1].replace("&amp;", "&")).text
    assert "at Studio: Pass ended" in page_of_person
    assert 'id="do-sell"' in act_that_solves(page_of_person)
    assert f'<option value="{desk.site.studio_door}" selected>' in page_of_person
    action = re.search(r'action="(/desk/denials/[^"]+)" class="handled"', page_of_person)
    assert action is not None
    assert desk.staff.post(action[1]).location == "/desk?done=handled"
    assert f'id="who-{person.public}"' not in desk.staff.get("/desk").text
    assert count(HandledDenial) == 3


def test_what_is_settled_leaves_the_list_and_stays_among_the_latest(desk: Desk) -> None:
    person = a_person(desk, with_pass=False)
    refuse_at_the_door(desk, person)
    form = {"offer": offer_in(record_page(desk, person), "term"), "method": "cash"}
    sold = send(desk, person, "sale", form).text
    assert "All is in order" not in sold, "what was done stands in its place"
    assert f'id="who-{person.public}"' not in sold
    settled = re.search(rf'<a href="/desk/people/{person.public}">matti</a>.*?settled', sold, re.S)
    assert settled is not None
    assert count(HandledDenial) == 0, "it follows from what is true now"


def test_after_one_is_handled_the_next_is_chosen(desk: Desk) -> None:
    aino, eino = (a_person(desk, name, with_pass=False) for name in ("aino", "eino"))
    journal = Journal(desk.site.studio_door)
    for number, one in enumerate((aino, eino)):
        journal.scan(one.holder, utc_now() - timedelta(minutes=2 - number), granted=False)
    receive(desk.site.bridge, journal.upload(), utc_now())
    answer = desk.staff.post(f"/desk/denials/{journal.rows[1].uuid}", follow_redirects=True)
    assert '<h2 id="pn" tabindex="-1">aino</h2>' in answer.text


def test_the_left_side_is_sent_again_only_when_something_has_changed(desk: Desk) -> None:
    person = a_person(desk, with_pass=False)
    for _ in range(2):  # a minute, which makes a new version, may begin in between
        first = desk.staff.get("/desk/live")
        with statements() as sent:
            same = desk.staff.get("/desk/live", headers={"If-None-Match": first.headers["ETag"]})
        if same.status_code == 304:
            break
    assert (same.status_code, same.data) == (304, b"")
    assert len([one for one in sent if "SELECT" in one]) == 2, "who asks, and whether it changed"
    refuse_at_the_door(desk, person)
    after = desk.staff.get("/desk/live", headers={"If-None-Match": first.headers["ETag"]})
    assert (after.status_code, "matti" in after.text) == (200, True)
    send(desk, person, "suspension", REASON)
    other = desk.staff.get("/desk/live", headers={"If-None-Match": after.headers["ETag"]})
    assert other.status_code == 200, "who is suspended is a cause"
    swedish = {"If-None-Match": other.headers["ETag"]}
    assert desk.staff.get("/desk/live?lang=sv", headers=swedish).status_code == 200


def test_somebody_unknown_gets_a_sentence_and_leaves_the_list_when_handled(desk: Desk) -> None:
    journal = Journal(desk.site.studio_door)
    journal.scan(1, utc_now(), granted=False, reason=Reason.BAD_SIGNATURE)
    journal.rows[-1] = replace(journal.rows[-1], holder=None, kid=None, ts=None)
    receive(desk.site.bridge, journal.upload(), utc_now())
    page = desk.staff.get(f"/desk?refusal={journal.rows[0].uuid}").text
    assert "The door could not tell who it was." in page
    assert WORDS[Reason.BAD_SIGNATURE].en in page
    desk.staff.post(f"/desk/denials/{journal.rows[0].uuid}")
    assert "Nobody to help" in desk.staff.get("/desk").text


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
    assert re.search(r"/receipts/T-\d{4}-1\b", sold.text)
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
    assert 'id="do-sell"' in act_that_solves(answer.text)
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
