"""Many passes last longer at once: each by the days that it lost, and once."""

import uuid
from datetime import date, timedelta
from functools import partial

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select

from tests.world.buying import page_browser
from tests.world.checkout import refused
from tests.world.people import an_actor
from tests.world.races import at_once
from tests.world.rendered_forms import forms_in, forms_of
from tests.world.shop import NOW, TODAY, a_pass, a_student
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.identity import Actor
from zone.core.mail.models import OutboxMail
from zone.core.time import helsinki_date
from zone.members.roles import service as roles
from zone.passes.bulk_extensions import jobs, service
from zone.passes.bulk_extensions.invariants import count_wrong_extensions
from zone.passes.bulk_extensions.queries import ExtensionPreview, extension
from zone.passes.bulk_extensions.rules import ExtensionRequest, lost_days
from zone.passes.passes import service as passes
from zone.passes.passes.life import Life
from zone.passes.passes.models import Pass

FIRST, LAST = TODAY + timedelta(10), TODAY + timedelta(14)
CLOSED = ExtensionRequest(FIRST, LAST, "The gym was closed")
ENDS = date(2026, 12, 29)
ACT = uuid.UUID(int=1)


@pytest.fixture
def manager(shop: Flask) -> Actor:
    return an_actor(a_student("johtaja@zone.example"), "manager")


def order(actor: Actor, asked: ExtensionRequest = CLOSED, act: uuid.UUID = ACT) -> None:
    with writing() as session:
        service.order_extension(session, actor, act, asked, NOW)


def previewed(actor: Actor, asked: ExtensionRequest = CLOSED) -> ExtensionPreview:
    with reading() as session:
        return service.preview(session, actor, asked, NOW)


def carry_out() -> int:
    return jobs.extend_passes(Settings(), NOW)


def end_of(pass_id: int) -> date:
    with reading() as session:
        assert count_wrong_extensions(session, NOW) == 0
        return session.get_one(Pass, pass_id).ends_on


def extended_mails() -> int:
    with reading() as session:
        query = select(func.count()).where(OutboxMail.template == "passes/pass_extended")
        return session.scalar(query) or 0


def check_extended_once(actor: Actor, pass_id: int) -> None:
    """Order the same extension three times, carry it out after each, and check the last day."""
    for _ in range(3):
        order(actor)
        carry_out()
    assert end_of(pass_id) == ENDS + timedelta(5)
    assert extended_mails() == 1


def test_a_repeated_extension_extends_once(student: int, manager: Actor) -> None:
    check_extended_once(manager, a_pass(student))


@pytest.mark.planted_fault("a repeated bulk extension extends twice")
def test_an_extension_that_claims_nothing_fails_the_check(
    student: int, manager: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(service, "_claim", lambda *_: True)  # and marks nothing as done
    monkeypatch.setattr(jobs, "AT_ONCE", 2)
    with pytest.raises(AssertionError):
        check_extended_once(manager, a_pass(student))


@pytest.mark.engines("sqlite", "postgresql")
def test_two_schedulers_extend_each_pass_once(manager: Actor, shop: Flask) -> None:
    held = [a_pass(a_student(f"{n}@zone.example")) for n in range(6)]
    order(manager)
    assert sum(at_once(shop, [carry_out] * 2)) >= len(held)
    assert [end_of(pass_id) for pass_id in held] == [ENDS + timedelta(5)] * 6
    assert extended_mails() == 6


@pytest.mark.engines("sqlite", "postgresql")
def test_two_who_send_the_same_extension_store_one(
    shop: Flask, student: int, manager: Actor
) -> None:
    pass_id = a_pass(student)
    at_once(shop, [partial(order, manager)] * 4)
    carry_out()
    assert end_of(pass_id) == ENDS + timedelta(5)


def test_each_gets_back_what_it_lost(student: int, manager: Actor) -> None:
    whole, late = a_pass(student), a_pass(a_student("b@zone.example"), starts_on=LAST)
    after = a_pass(a_student("c@zone.example"), starts_on=LAST + timedelta(1))
    own = a_pass(manager.id)
    found = previewed(manager)
    assert [(one.row_id, one.days) for one in found.passes] == [(whole, 5), (late, 1)]
    assert (found.people, found.days, found.own) == (2, 6, 1)
    order(manager)
    assert carry_out() == 2
    ends = [end_of(pass_id) for pass_id in (whole, late, after, own)]
    assert ends == [ENDS + timedelta(days) for days in (5, 1, 0, 0)]


def test_a_campus_and_a_product_narrow_it(student: int, manager: Actor) -> None:
    a_pass(student)
    elsewhere = a_pass(a_student("b@zone.example"))
    with writing() as session:
        session.get_one(Pass, elsewhere).campuses = ["otaniemi"]
    campus = ExtensionRequest(FIRST, LAST, "Closed", campus="nowhere")
    assert refused(lambda: previewed(manager, campus)) == "not_found"
    other = ExtensionRequest(FIRST, LAST, "Closed", product="visit")
    assert not previewed(manager, other).passes
    assert refused(lambda: order(manager, other)) == "no_pass_extended"
    term = ExtensionRequest(FIRST, LAST, "Closed", product="term")
    assert len(previewed(manager, term).passes) == 2


def test_days_that_were_given_back_are_not_given_again(student: int, manager: Actor) -> None:
    a_pass(student)
    order(manager)
    longer = ExtensionRequest(FIRST, LAST + timedelta(2), "Closed longer")
    assert [one.days for one in previewed(manager, longer).passes] == [2]
    assert refused(lambda: order(manager, longer)) == "extension_differs"


def test_a_pass_that_was_ended_meanwhile_is_skipped(student: int, manager: Actor) -> None:
    pass_id = a_pass(student)
    order(manager)
    with writing() as session:
        passes.record_event(session, pass_id, "ended", occurred_at=NOW, recorded_at=NOW, by="test")
    assert carry_out() == 1
    assert (end_of(pass_id), extended_mails()) == (ENDS, 0)
    with reading() as session:
        made = extension(session, ACT)
    assert made is not None
    assert (made.passes, made.extended, made.skipped, made.to_do) == (1, 0, 1, 0)


def test_a_paused_day_is_not_lost() -> None:
    life = Life(FIRST, LAST + timedelta(9), ((LAST, LAST + timedelta(3)),))
    assert lost_days(life, (FIRST - timedelta(2), LAST)) == 4


def test_the_page_asks_before_it_extends(shop: Flask, student: int, manager: Actor) -> None:
    today = helsinki_date(utc_now())
    pass_id = a_pass(student, starts_on=today, ends_on=today + timedelta(30), now=utc_now())
    with writing() as session:
        roles.grant_role(session, manager.id, "manager", utc_now())
    client = page_browser(shop, manager.id)
    path = "/manage/pass-extensions"
    typed = {"first_day": f"{today}", "last_day": f"{today}", "reason": "Closed"}
    form = next(form for form in forms_of(client, path) if form.action == path)
    asked = form.submit(client, "Show whom it reaches", **typed)
    assert "Passes: 1. People: 1. Days together: 1." in asked.text
    assert jobs.extend_passes(Settings(), utc_now()) == 0
    assert confirm(client, path, asked.text) == f"{path}?done=saved"
    assert jobs.extend_passes(Settings(), utc_now()) == 1
    assert end_of(pass_id) == today + timedelta(31)
    assert "1 of 1 extended" in client.get(path).text


def confirm(client: FlaskClient, path: str, page: str) -> str | None:
    """Tap the button below the preview; return where it leads."""
    form = next(form for form in forms_in(page, path) if form.action == path)
    return form.submit(client, "Extend these passes").location


def test_the_api_tries_and_extends(shop: Flask, student: int, manager: Actor) -> None:
    today = helsinki_date(utc_now())
    a_pass(student, starts_on=today, ends_on=today + timedelta(30), now=utc_now())
    with writing() as session:
        roles.grant_role(session, manager.id, "manager", utc_now())
    client, path = page_browser(shop, manager.id), f"/api/v1/pass-extensions/{ACT}"
    body = {"first_day": f"{today}", "last_day": f"{today}", "reason": "Closed"}
    tried = client.put(path, json=body | {"dry_run": True}).get_json()
    assert (tried["extension"], len(tried["preview"]["passes"])) == (None, 1)
    for _ in range(2):
        answer = client.put(path, json=body)
        assert (answer.status_code, answer.get_json()["extension"]["passes"]) == (200, 1)
    assert jobs.extend_passes(Settings(), utc_now()) == 1
    (made,) = client.get("/api/v1/pass-extensions").get_json()["pass_extensions"]
    assert (made["id"], made["extended"]) == (str(ACT), 1)
