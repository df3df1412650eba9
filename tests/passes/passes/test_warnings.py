"""Mails before a pass ends: 14 days and 1 day ahead, once each, unless another pass follows."""

from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select

from tests.stored import stored
from tests.world.conditions import set_conditions, until
from tests.world.people import an_actor
from tests.world.shop import NOW, TODAY, a_pass, a_student, open_shop
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.i18n import LANGUAGES
from zone.core.mail import service as mail_service
from zone.core.mail.models import OutboxMail
from zone.core.mail.questions import still_holds
from zone.core.mail.templates import BASE_URL
from zone.members.people.models import Member
from zone.passes.catalogue.queries import product_by_code
from zone.passes.pass_changes.service import NewEvent, add_event
from zone.passes.pass_rules.rules import PassRules
from zone.passes.pass_rules.service import set_pass_rules
from zone.passes.passes import jobs as passes_jobs
from zone.passes.passes.models import Pass

LAST = TODAY + timedelta(days=60)


@pytest.fixture
def student(app: Flask) -> int:
    stored(open_shop)
    return a_student("aino@zone.example")


def days_before(days: int) -> datetime:
    """Return noon of the day that many days before the last day of the pass."""
    return NOW + (LAST - timedelta(days=days) - TODAY)


def mails() -> list[OutboxMail]:
    with reading() as session:
        warnings = (
            select(OutboxMail)
            .where(OutboxMail.template == "passes/pass_ends")
            .order_by(OutboxMail.id)
        )
        return list(session.scalars(warnings))


def holds(mail: OutboxMail, at: datetime) -> bool:
    """Return whether a mail would leave."""
    with reading() as session:
        return still_holds(session, mail.question, mail.about, at)


def warned_each_day(settings: Settings, first: int = 20, last: int = -2) -> list[int]:
    """Return the days ahead on which a mail was posted, with the job run twice every day."""
    days = []
    for ahead in range(first, last, -1):
        before = len(mails())
        for hour in (0, 6):
            passes_jobs.mail_pass_warnings(settings, days_before(ahead) + timedelta(hours=hour))
        days += [ahead] * (len(mails()) - before)
    return days


def check_each_once(settings: Settings) -> None:
    assert warned_each_day(settings) == [14, 1]


def test_two_weeks_and_a_day_before_the_end_once_each(student: int, settings: Settings) -> None:
    a_pass(student, ends_on=LAST)
    check_each_once(settings)


@pytest.mark.thorough
@pytest.mark.planted_fault("a warning has no occasion")
def test_without_the_dedupe_key_a_warning_is_sent_every_hour(
    student: int, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    post = mail_service.post
    a_pass(student, ends_on=LAST)
    monkeypatch.setattr(
        mail_service, "post", lambda session, **mail: post(session, **mail | {"dedupe": None})
    )
    with pytest.raises(AssertionError):
        check_each_once(settings)


def test_the_days_of_warnings_are_settings(student: int, settings: Settings) -> None:
    a_pass(student, ends_on=LAST)
    assert warned_each_day(replace(settings, pass_warning_days=7, pass_last_warning_days=0)) == [7]
    assert warned_each_day(replace(settings, pass_warning_days=0, pass_last_warning_days=0)) == []


def test_the_first_warning_follows_the_rules_of_passes(student: int, settings: Settings) -> None:
    a_pass(student, ends_on=LAST)
    manager = an_actor(a_student("m@zone.example"), "manager")
    with writing() as session:
        set_pass_rules(session, manager, TODAY, PassRules(renewal_days=10), NOW)
    assert warned_each_day(settings) == [10, 1]


def test_no_warning_is_sent_to_who_has_the_next_pass(student: int, settings: Settings) -> None:
    a_pass(student, ends_on=LAST)
    a_pass(student, starts_on=LAST + timedelta(days=1), ends_on=LAST + timedelta(days=100))
    assert warned_each_day(settings) == []


def test_a_lesser_pass_is_no_renewal(student: int, settings: Settings) -> None:
    a_pass(student, ends_on=LAST)
    a_pass(student, "gym", starts_on=LAST + timedelta(days=1), ends_on=LAST + timedelta(days=30))
    assert warned_each_day(settings) == [14, 1]


def test_days_that_were_missed_are_made_up_for_by_one_mail(
    student: int, settings: Settings
) -> None:
    a_pass(student, ends_on=LAST)
    assert warned_each_day(settings, first=10) == [10, 1]


def test_of_two_missed_warnings_only_the_later_is_sent(student: int, settings: Settings) -> None:
    a_pass(student, ends_on=LAST)
    assert warned_each_day(settings, first=1) == [1]


@pytest.mark.parametrize(("days", "warned"), [(1, []), (2, []), (3, [1]), (15, [1]), (16, [14, 1])])
def test_no_warning_is_sent_on_the_day_of_buying(
    student: int, settings: Settings, days: int, warned: list[int]
) -> None:
    """`days` is the length of the pass."""
    a_pass(student, starts_on=LAST - timedelta(days=days - 1), ends_on=LAST)
    assert warned_each_day(settings) == warned


def test_a_last_day_that_has_moved_is_warned_of_anew(student: int, settings: Settings) -> None:
    pass_id = a_pass(student, ends_on=LAST - timedelta(days=30))
    passes_jobs.mail_pass_warnings(settings, days_before(31))
    assert [holds(mail, days_before(31)) for mail in mails()] == [True]
    with writing() as session:
        row = session.get_one(Pass, pass_id)
        add_event(session, row, NewEvent("extended", days=30), now=days_before(31), by="test")
    assert [holds(mail, days_before(31)) for mail in mails()] == [False]
    assert warned_each_day(settings) == [14, 1]


def test_a_pass_for_some_hours_is_no_renewal_of_one_for_all(
    student: int, settings: Settings
) -> None:
    with writing() as session:
        mornings = product_by_code(session, "term").id
    a_pass(student, ends_on=LAST)
    set_conditions(mornings, until(12))
    a_pass(student, starts_on=LAST + timedelta(days=1), ends_on=LAST + timedelta(days=100))
    assert warned_each_day(settings) == [14, 1]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_warning_is_in_the_readers_language_with_a_link(
    student: int, settings: Settings, language: str
) -> None:
    with writing() as session:
        session.get_one(Member, student).language = language
    a_pass(student, ends_on=date(2026, 10, 31))
    passes_jobs.mail_pass_warnings(
        replace(settings, base_url="https://zone.example"),
        datetime.fromisoformat("2026-10-30T09:00:00+00:00"),
    )
    [mail] = mails()
    assert f"term ({language})" in mail.body
    assert f"{BASE_URL}/buy" in mail.body.splitlines()
    assert "31" in mail.subject
    assert mail.language == language
