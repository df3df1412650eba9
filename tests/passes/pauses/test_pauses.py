"""A pass is paused, resumed, extended and ended: doors, bookings, pages and mails say the same."""

from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.people import an_actor
from tests.world.rendered_forms import forms_of
from tests.world.shop import NOW, TODAY, a_pass, a_student, marks, record_use
from zone.booking.pauses import service as own_pauses
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.mail.models import OutboxMail
from zone.core.mail.questions import still_holds
from zone.core.time import helsinki_date
from zone.members.people.models import Member
from zone.passes.pass_rights.queries import rights_of
from zone.passes.passes import queries
from zone.passes.passes import service as passes
from zone.passes.passes.models import Pass
from zone.passes.passes.queries import PassView
from zone.passes.pauses import service as pauses
from zone.passes.pauses.rules import PauseRequest

PAUSE = PauseRequest(TODAY + timedelta(10), TODAY + timedelta(23))
INSIDE = NOW + timedelta(days=12)
AFTER = NOW + timedelta(days=24)


def held(member_id: int, now: datetime = NOW) -> list[PassView]:
    with reading() as session:
        return queries.passes_of(session, member_id, now)


def row_of(pass_id: int) -> Pass:
    with reading() as session:
        return session.get_one(Pass, pass_id)


def pause(member_id: int, pass_id: int, asked: PauseRequest = PAUSE, now: datetime = NOW) -> None:
    with writing() as session:
        own_pauses.pause_own(session, member_id, row_of(pass_id).public_id, asked, now)


def resume(member_id: int, pass_id: int, now: datetime) -> None:
    with writing() as session:
        own_pauses.resume_own(session, member_id, row_of(pass_id).public_id, now)


def has_right(member_id: int, at: datetime) -> bool:
    with reading() as session:
        rights = rights_of(session, [member_id], at)[member_id]
    return any(right.valid_from <= at < right.valid_until for right in rights)


def mails() -> list[str]:
    with reading() as session:
        return list(session.scalars(select(OutboxMail.template).order_by(OutboxMail.id)))


def holding() -> list[str]:
    """The mails that would leave."""
    with reading() as session:
        waiting = session.scalars(select(OutboxMail).order_by(OutboxMail.id)).all()
        return [
            mail.template
            for mail in waiting
            if still_holds(session, mail.question, mail.about, INSIDE)
        ]


def test_a_paused_pass_gives_nothing_and_loses_no_day(student: int) -> None:
    pass_id, marked = a_pass(student), marks(student)
    pause(student, pass_id)
    assert [has_right(student, at) for at in (NOW, INSIDE, AFTER)] == [True, False, True]
    (view,) = held(student, INSIDE)
    assert (view.state, view.paused_until) == ("paused", PAUSE.last_day)
    assert view.last_day == date(2027, 1, 12)
    assert marks(student) > marked
    assert mails()[-1] == "passes/pass_paused"
    with writing() as session:  # nor does a door use it, or its holder take it into use
        at = {"occurred_at": INSIDE, "recorded_at": INSIDE}
        used = record_use(session, student, kinds=("gym",), campus="pasila", **at)
        assert used is None
        with pytest.raises(DomainError) as refusal:
            passes.activate_own(session, student, view.id, INSIDE)
        assert refusal.value.code == "pass_paused"


def test_resuming_takes_the_other_days_off_its_end(student: int) -> None:
    pass_id = a_pass(student)
    pause(student, pass_id)
    resume(student, pass_id, INSIDE)
    assert has_right(student, INSIDE)
    (view,) = held(student, INSIDE)
    assert (view.state, view.last_day) == ("valid", date(2026, 12, 31))
    with pytest.raises(DomainError, match="not_paused"):
        resume(student, pass_id, INSIDE)


def test_a_mail_about_days_that_changed_before_it_left_is_not_sent(student: int) -> None:
    pass_id = a_pass(student)
    pause(student, pass_id)
    assert holding() == ["passes/pass_paused"]
    resume(student, pass_id, NOW + timedelta(days=1))  # called off before it began
    assert holding() == ["passes/pass_resumed"]
    pause(student, pass_id, now=NOW + timedelta(days=2))
    # That of the first pause says what holds again.
    assert holding() == ["passes/pass_paused"] * 2
    with writing() as session:
        row = row_of(pass_id)
        passes.record_event(
            session, row.id, "refunded", occurred_at=INSIDE, recorded_at=INSIDE, by="test"
        )
    assert holding() == []


def test_nobody_pauses_a_pass_of_another(student: int) -> None:
    pass_id = a_pass(student)
    with pytest.raises(DomainError, match="not_found"):
        pause(a_student("b@zone.example"), pass_id)


def test_the_pass_after_it_moves_along(student: int) -> None:
    first = a_pass(student)
    following = a_pass(student, starts_on=date(2026, 12, 30), ends_on=date(2027, 4, 28))
    pause(student, first)
    assert (row_of(following).starts_on, row_of(following).ends_on) == (
        date(2027, 1, 13),
        date(2027, 5, 12),
    )
    resume(student, first, NOW)
    assert (row_of(following).starts_on, row_of(following).ends_on) == (
        date(2026, 12, 30),
        date(2027, 4, 28),
    )


def test_staff_extend_pause_and_end_on_record(student: int) -> None:
    pass_id, desk = a_pass(student), an_actor(a_student("tiski@zone.example"), "desk")
    with writing() as session:
        person = session.get_one(Member, student).public_id
        asked = person, row_of(pass_id).public_id
        pauses.extend_for(session, desk, *asked, days=7, reason="The gym was closed", now=NOW)
    assert row_of(pass_id).ends_on == date(2027, 1, 5)
    with writing() as session:
        sick = PauseRequest(TODAY, TODAY + timedelta(20), "illness")
        pauses.pause_for(session, desk, *asked, sick, reason="Certificate seen", now=NOW)
    assert not has_right(student, NOW)
    with writing() as session:
        pauses.end_for(session, desk, *asked, reason="Sold by mistake", now=NOW)
    (view,) = held(student)
    assert (view.state, view.paused_until) == ("ended", None)
    with reading() as session:
        actions = session.scalars(select(AuditRow.action).order_by(AuditRow.id))
        assert list(actions)[-3:] == ["pass.extend", "pass.pause", "pass.end"]
    assert mails()[-3:] == ["passes/pass_extended", "passes/pass_paused", "passes/pass_ended"]
    with pytest.raises(DomainError, match="pass_ended"):
        pause(student, pass_id)


def test_a_pass_that_ended_long_ago_is_not_extended_in_vain(student: int) -> None:
    pass_id, desk = a_pass(student), an_actor(a_student("tiski@zone.example"), "desk")
    late = NOW + timedelta(days=365)
    with pytest.raises(DomainError, match="extended_in_vain"), writing() as session:
        person = session.get_one(Member, student).public_id
        asked = person, row_of(pass_id).public_id
        pauses.extend_for(session, desk, *asked, days=7, reason="Closed", now=late)
    assert row_of(pass_id).ends_on == date(2026, 12, 29)


def test_the_page_of_a_pass_pauses_and_resumes_it(
    app: Flask, student: int, browser: FlaskClient
) -> None:
    today = helsinki_date(utc_now())
    pass_id = a_pass(student, starts_on=today, ends_on=today + timedelta(90))
    path = f"/passes/{row_of(pass_id).public_id}"
    (form,) = forms_of(browser, path)
    days = {"first_day": today + timedelta(1), "last_day": today + timedelta(14)}
    answer = form.submit(browser, "Pause", **{name: str(day) for name, day in days.items()})
    assert answer.status_code == 303, answer.text
    assert "The pass is paused." in browser.get(answer.location).text
    assert row_of(pass_id).ends_on == today + timedelta(104)
    resuming = forms_of(browser, path)[0]
    assert resuming.submit(browser, "Call the pause off").status_code == 303
    assert row_of(pass_id).ends_on == today + timedelta(90)
    assert browser.get("/buy").status_code == 200


def test_a_holder_finds_what_is_paused_and_what_has_ended(
    student: int, browser: FlaskClient
) -> None:
    today = helsinki_date(utc_now())
    old = a_pass(student, starts_on=today - timedelta(90), ends_on=today - timedelta(9))
    paused = a_pass(student, starts_on=today - timedelta(9), ends_on=today + timedelta(90))
    assert browser.get("/passes/paused").location == "/passes"
    asked = PauseRequest(today, today + timedelta(14), "illness")
    desk = an_actor(a_student("tiski@zone.example"), "desk")
    with writing() as session:
        person = session.get_one(Member, student).public_id
        public_id = row_of(paused).public_id
        pauses.pause_for(session, desk, person, public_id, asked, reason="Ill", now=utc_now())
    assert browser.get("/passes/paused").location == f"/passes/{public_id}"
    assert 'href="/passes/paused"' in browser.get("/pass").text
    listed = browser.get("/passes?lang=en").text
    assert listed.index(f"/passes/{public_id}") < listed.index(f"/passes/{row_of(old).public_id}")
    assert "expired" in listed
    assert 'href="/passes"' in browser.get("/buy").text
