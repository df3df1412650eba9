"""A pass is paused and goes on again: by its holder in the browser of a phone, and at a door."""

import uuid
from datetime import timedelta

import pytest

from tests.pages.conftest import RunningSite
from tests.pages.test_appeal import in_english
from tests.pages.test_queue import await_words
from tests.world.site import a_pause
from zone.core.clock import utc_now
from zone.core.db.transactions import writing
from zone.core.time import helsinki_date
from zone.demo import example
from zone.demo.students import ScreenlessStudent
from zone.members.people import service as people

pytestmark = [pytest.mark.slow, pytest.mark.browser]


def a_holder(*, paused: bool = False) -> str:
    """Store a student with a pass of today, which staff have paused or not; return the address."""
    email, now = f"resting-{uuid.uuid4().hex[:8]}@zone.example", utc_now()
    with writing() as session:
        member = people.create_member(session, email=email, name="Tauko", language="en", now=now)
        example.prove(session, member, "metropolia", "student", now)
        example.give_pass(session, member, "sports-term", now)
        if paused:
            a_pause(session, member.id, now)
    return email


def test_one_pauses_one_s_pass_and_calls_the_pause_off_on_a_phone(site: RunningSite) -> None:
    last_day = helsinki_date(utc_now()) + timedelta(days=20)
    with site.reader(a_holder()) as page:
        in_english(page)
        page.goto("/passes")
        page.locator("main .rows-list a").click()
        form = page.locator("section", has_text="Pause the pass").locator("form")
        form.get_by_label("Last day").fill(last_day.isoformat())
        form.get_by_role("button", name="Pause").click()
        await_words(page, "The pass is paused.")
        await_words(page, "A pause is planned from")
        width = page.evaluate("[document.documentElement.scrollWidth, innerWidth]")
        assert width[0] <= width[1], "nothing has to be scrolled sideways"
        page.get_by_role("button", name="Call the pause off").click()
        await_words(page, "The pass goes on.")
        assert page.get_by_role("button", name="Call the pause off").count() == 0


def test_who_has_a_paused_pass_is_told_so_at_the_door_and_lets_it_go_on(site: RunningSite) -> None:
    email = a_holder(paused=True)
    student = ScreenlessStudent(site.stage.url)
    student.sign_in(email)
    student.put_pass_on_phone()
    refused = site.stage.hold_to_reader(student.show_code())
    assert (refused["granted"], refused["reason"]) == (False, "paused")
    assert refused["words"]["en"].startswith("Your pass is paused.")
    with site.reader(email) as page:
        in_english(page)
        page.goto("/passes/paused")  # where the page of the code leads
        page.get_by_role("button", name="Go on today").click()
        await_words(page, "The pass goes on.")
    assert site.stage.hold_to_reader(student.show_code())["granted"]
