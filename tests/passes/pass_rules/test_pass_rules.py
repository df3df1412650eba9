"""The rules of passes are dated data: set from a day on, never changed in the past."""

from dataclasses import asdict
from datetime import date, timedelta

import pytest
from flask import Flask

from tests.world.buying import page_browser
from tests.world.people import an_actor
from tests.world.rendered_forms import forms_of
from tests.world.shop import NOW, TODAY, a_student
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.time import helsinki_date
from zone.members.roles import service as roles
from zone.passes.pass_rules.queries import pass_rules
from zone.passes.pass_rules.rules import FIRST_RULES, DatedPassRules, PassRules, rules_on
from zone.passes.pass_rules.service import set_pass_rules


def test_the_newest_row_of_the_latest_day_holds() -> None:
    rows = [
        DatedPassRules(1, date(2026, 9, 1), PassRules(devices=1)),
        DatedPassRules(2, date(2026, 10, 1), PassRules(devices=2)),
        DatedPassRules(3, date(2026, 9, 1), PassRules(devices=5)),
    ]
    days = [date(2026, 8, 31), date(2026, 9, 1), date(2026, 10, 1)]
    assert [rules_on(rows, day).devices for day in days] == [FIRST_RULES.devices, 5, 2]


def test_rules_are_not_changed_in_the_past(student: int) -> None:
    manager = an_actor(a_student("m@zone.example"), "manager")
    with writing() as session:
        set_pass_rules(session, manager, TODAY, PassRules(holder_pauses=False), NOW)
    with reading() as session:
        assert not pass_rules(session, TODAY).holder_pauses
        assert pass_rules(session, TODAY - timedelta(1)).holder_pauses
    with pytest.raises(DomainError, match="rules_in_the_past"), writing() as session:
        set_pass_rules(session, manager, TODAY - timedelta(1), PassRules(), NOW)


def test_the_page_shows_and_sets_them(shop: Flask) -> None:
    member = a_student("m@zone.example")
    with writing() as session:
        roles.grant_role(session, member, "manager", utc_now())
    browser = page_browser(shop, member)
    (form,) = forms_of(browser, "/manage/pass-rules")
    wrong = form.submit(browser, "Set the rules", devices="11")
    assert wrong.status_code == 422
    assert "1 to 10 phones" in wrong.text
    saved = form.submit(browser, "Set the rules", devices="2", refund_until_day="", key="another")
    assert saved.status_code == 303
    assert "Saved." in browser.get(saved.location).text
    with reading() as session:
        stored = pass_rules(session, helsinki_date(utc_now()))
    assert asdict(stored) == asdict(FIRST_RULES) | {"devices": 2, "refund_until_day": None}
