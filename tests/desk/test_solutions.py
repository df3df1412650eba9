"""What the page of a person offers: what solves a refusal, and the way to each thing to undo."""

import re
from datetime import timedelta

import pytest

from firmware_bridge.wire.reasons import Reason
from tests.desk.test_pages import (
    act_that_solves,
    offer_in,
    record_page,
    refuse_at_the_door,
    send,
)
from tests.world.counter import REASON, Desk, Person, a_person
from tests.world.site import Journal, a_pause, receive
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.passes.pauses import service as pauses

pytestmark = pytest.mark.engines("sqlite")


def refuse(desk: Desk, person: Person, reason: Reason) -> None:
    journal = Journal(desk.site.studio_door)
    journal.scan(person.holder, utc_now() - timedelta(minutes=1), granted=False, reason=reason)
    receive(desk.site.bridge, journal.upload(), utc_now())


@pytest.mark.parametrize("reason", [Reason.NO_RIGHT, Reason.EXPIRED, Reason.REPLAYED])
def test_a_suspension_is_lifted_first_whatever_the_door_said(
    desk: Desk, person: Person, reason: Reason
) -> None:
    refuse(desk, person, reason)
    send(desk, person, "suspension", REASON)
    page = record_page(desk, person)
    assert 'id="do-lift"' in act_that_solves(page)
    assert "The person is suspended." in page


def test_a_paused_pass_is_resumed_where_its_holder_was_refused(desk: Desk, person: Person) -> None:
    with writing() as session:
        held = a_pause(session, person.id, utc_now())
        pass_id = str(held.public_id)
    assert "Pass is paused" in record_page(desk, person), "also before any door has refused them"
    refuse(desk, person, Reason.PAUSED)
    assert "Pass is paused" in desk.staff.get("/desk").text
    shown = record_page(desk, person)
    assert "End the pause, if the person wants it" in shown
    solving = act_that_solves(shown)
    assert 'id="do-resume"' in solving
    assert f'name="pass" value="{pass_id}"' in solving
    page = send(desk, person, "pass-resumption", {"pass": pass_id, **REASON}).text
    assert "The pass goes on, and the person has been told." in page
    assert f'id="who-{person.public}"' not in page, "nobody needs to do more"


def test_a_pause_that_is_over_is_not_offered_to_be_ended(desk: Desk, person: Person) -> None:
    with writing() as session:
        pauses.resume(session, a_pause(session, person.id, utc_now()), by="holder", now=utc_now())
    refuse(desk, person, Reason.PAUSED)
    assert 'id="do-resume"' not in record_page(desk, person)


def test_a_product_that_does_not_open_the_door_is_named_so(desk: Desk) -> None:
    person = a_person(desk, with_pass=False)
    refuse_at_the_door(desk, person)
    solving = act_that_solves(record_page(desk, person))
    opens, _, others = solving.partition("Does not open that door")
    assert "term (en)" in opens.partition("Opens that door")[2]
    assert "gym (en)" not in opens
    assert "gym (en)" in others
    assert "lost-card (en)" in others


def test_without_a_refusal_all_products_stand_in_one_list(desk: Desk) -> None:
    page = record_page(desk, a_person(desk, with_pass=False))
    assert "gym (en)" in page
    assert "open that door" not in page


@pytest.mark.parametrize("path", ["/desk", "record"])
def test_each_door_to_choose_names_its_campus_and_none_is_chosen_unasked(
    desk: Desk, person: Person, path: str
) -> None:
    page = desk.staff.get(path).text if path == "/desk" else record_page(desk, person)
    lists = re.findall(r'<select[^>]*name="door"[^>]*>(.*?)</select>', page, re.DOTALL)
    assert lists
    for options in lists:
        choices = re.findall(r"<option([^>]*)>([^<]*)</option>", options)
        assert choices[0] == (' value=""', "Choose")
        assert len(choices) > 2
        assert all("selected" not in attributes for attributes, _ in choices)
        campuses = re.findall(r'<optgroup label="([^"]+)">', options)
        assert all(words.rpartition(", ")[2] in campuses for _, words in choices[1:]), choices


def test_the_page_of_a_person_leads_to_the_refund_of_an_order_and_back(desk: Desk) -> None:
    person = a_person(desk, "maija", with_pass=False)
    page = record_page(desk, person)
    send(desk, person, "sale", {"offer": offer_in(page, "term"), "method": "cash"})
    record = record_page(desk, person)
    order = re.search(r'<a href="(/orders/[0-9a-f-]+)">([^<]+)</a>', record)
    assert order is not None
    assert "refund" in order[2]
    receipt = re.search(r'<a href="(/receipts/[\w-]+)">', record)
    assert receipt is not None
    for address in (order[1], receipt[1]):
        shown = desk.staff.get(address).text
        assert f'<a class="how" href="/desk/people/{person.public}">' in shown
        assert "maija" in shown
        assert "My receipts" not in shown, "these are not the receipts of the reader"
        assert '<a href="/desk" aria-current="page">' in shown
    assert "Give money back" in desk.staff.get(order[1]).text
