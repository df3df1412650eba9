"""Managers choose and try payment providers; the doctor finds missing and open keys."""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.world.buying import page_browser
from tests.world.paying import PayingShop, paying
from tests.world.paytrail_server import SECRET
from tests.world.people import signed_in
from tests.world.rendered_forms import forms_of
from tests.world.shop import a_student
from tests.world.stripe_server import KEY, WEBHOOK_SECRET
from zone.core.audit.models import AuditRow
from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.members.roles import service as roles
from zone.operation.doctor.findings import CheckContext, Finding
from zone.operation.doctor.surroundings import check_payment_providers
from zone.passes.payment_setup.models import ProviderTrial

PAGE = "/manage/payments?lang=en"


@pytest.fixture
def world(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PayingShop]:
    with paying(shop, monkeypatch) as found:
        yield found


def a_manager(email: str) -> int:
    member_id = a_student(email)
    with writing() as session:
        roles.grant_role(session, member_id, "manager", utc_now())
    return member_id


@pytest.fixture
def manager(shop: Flask) -> FlaskClient:
    return page_browser(shop, a_manager("johto@zone.example"))


def press(manager: FlaskClient, button: str) -> None:
    (form,) = [one for one in forms_of(manager, PAGE) if button in one.buttons]
    assert form.submit(manager, button).status_code == 303


def test_what_is_not_offered_cannot_be_chosen(
    world: PayingShop, manager: FlaskClient, browser: FlaskClient
) -> None:
    identity = world.order(browser, "stripe")
    press(manager, "Do not offer Stripe")
    body = {"product": "gym", "provider": "stripe"}
    assert browser.post("/api/v1/orders", json=body).get_json()["code"] == "payments_closed"
    assert 'value="stripe"' not in browser.get("/buy/gym").text
    answers = world.report("stripe", identity, "paid")
    assert {one.status_code for one in answers} == {200}, "what was started there counts"
    press(manager, "Offer Stripe")
    assert browser.post("/api/v1/orders", json=body).status_code == 201


def test_a_trial_calls_the_provider_and_shows_how_it_ended(
    world: PayingShop, manager: FlaskClient
) -> None:
    for name, server in (("Paytrail", world.paytrail), ("Stripe", world.stripe)):
        press(manager, f"Try {name}")
        assert len(server.asked) == 1
    assert manager.get(PAGE).text.count("It answers, and accepts our keys.") == 2
    world.stripe.fails_with = 401
    press(manager, "Try Stripe")
    assert "It did not answer, or did not accept our keys." in manager.get(PAGE).text
    with reading() as session:
        actions = session.scalars(select(AuditRow.action)).all()
    assert actions.count("payment_provider.try") == 3


def test_a_provider_whose_module_fails_has_failed_the_trial(
    world: PayingShop, manager: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    def odd(*_args: object) -> None:
        raise KeyError("merchant")

    monkeypatch.setattr("zone.passes.payments.providers.stripe.StripeProvider.try_connection", odd)
    assert manager.post("/manage/payments/stripe/try").status_code == 303
    with reading() as session:
        assert session.scalars(select(ProviderTrial.outcome)).all() == ["failed"]


def test_no_secret_is_on_the_page_and_what_is_missing_is(
    world: PayingShop, manager: FlaskClient
) -> None:
    page = manager.get(PAGE).text
    assert not [one for one in (SECRET, KEY, WEBHOOK_SECRET) if one.decode() in page]
    (world.settings.keys / "stripe-webhook.key").write_text("\n")
    assert "buyers cannot choose it: stripe-webhook.key" in manager.get(PAGE).text


def test_others_may_not(world: PayingShop, browser: FlaskClient, desk: FlaskClient) -> None:
    for one in (browser, desk):
        assert one.get(PAGE).status_code == 403
        for act in ("try", "offer"):
            assert one.post(f"/manage/payments/stripe/{act}").status_code == 403
    assert world.stripe.asked == []


def test_a_provider_that_the_settings_do_not_name_is_unknown(
    world: PayingShop, manager: FlaskClient
) -> None:
    for act in ("try", "offer"):
        assert manager.post(f"/manage/payments/development/{act}").status_code == 404


def findings(world: PayingShop, **changed: Any) -> list[Finding]:
    settings = replace(world.settings, **changed)
    with reading() as session:
        context = CheckContext(session, settings, "", (), (), utc_now())
        return [one for one in check_payment_providers(context) if one.level != "ok"]


def test_the_doctor_finds_what_keeps_payments_away(world: PayingShop) -> None:
    keys = world.settings.keys
    for path in keys.iterdir():
        path.chmod(0o600)
    https = {"base_url": "https://zone.example"}
    assert findings(world, **https) == []
    assert [one.level for one in findings(world)] == ["fail"], "no https"
    (keys / "paytrail.key").chmod(0o644)
    assert [one.level for one in findings(world, **https)] == ["warn"]
    (keys / "paytrail.key").unlink()
    (found,) = findings(world, **https, paytrail_account="")
    assert "ZONE_PAYTRAIL_ACCOUNT, paytrail.key" in found.what


@pytest.mark.engines("sqlite")
def test_the_api_lists_offers_and_tries_them(
    shop: Flask, world: PayingShop, manager: FlaskClient
) -> None:
    client = signed_in(shop, a_manager("api@zone.example"))
    path = "/api/v1/payment-providers"
    listed = {one["name"]: one for one in client.get(path).get_json()["payment_providers"]}
    assert [one["offered"] for one in listed.values()] == [True, True]
    assert KEY.decode() not in client.get(path).text
    off = client.put(f"{path}/stripe/offer", json={"offered": False})
    assert [one["offered"] for one in off.get_json()["payment_providers"]] == [True, False]
    tried = client.post(f"{path}/paytrail/try").get_json()["payment_providers"]
    assert [one["tried"] for one in tried] == ["answered", None]
    assert client.post(f"{path}/elsewhere/try").status_code == 404
    with reading() as session:
        actions = session.scalars(select(AuditRow.action).order_by(AuditRow.id)).all()
    assert actions[-2:] == ["payment_provider.switch", "payment_provider.try"]
