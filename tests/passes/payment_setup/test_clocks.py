"""The doctor says when this machine's clock differs from that of a payment provider."""

import logging
from collections.abc import Iterator
from datetime import UTC, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler

import pytest
from flask import Flask

from tests.world import stripe_server
from tests.world.paying import PayingShop, paying
from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.operation.doctor.clocks import check_clock
from zone.operation.doctor.findings import CheckContext, Finding
from zone.passes.payments.providers import http_client
from zone.passes.payments.providers.protocol import ProviderUnavailableError

pytestmark = pytest.mark.engines("sqlite")


@pytest.fixture
def world(shop: Flask, monkeypatch: pytest.MonkeyPatch) -> Iterator[PayingShop]:
    with paying(shop, monkeypatch) as found:
        yield found


def providers_say(monkeypatch: pytest.MonkeyPatch, later: timedelta) -> None:
    """Let the clocks of the providers differ from ours."""

    def said(*_: object) -> str:
        return format_datetime(utc_now().astimezone(UTC) + later, usegmt=True)

    monkeypatch.setattr(BaseHTTPRequestHandler, "date_time_string", said)


def about_providers(world: PayingShop) -> list[Finding]:
    with reading() as session:
        context = CheckContext(session, world.settings, "", (), (), utc_now())
        found = list(check_clock(context))
    return [one for one in found if "Paytrail" in one.what or "Stripe" in one.what]


@pytest.mark.parametrize(
    ("later", "level", "what"),
    [
        (timedelta(), "ok", "agrees with"),
        (timedelta(seconds=40), "warn", "behind"),
        (timedelta(minutes=-6), "fail", "ahead of"),
    ],
)
def test_a_clock_that_differs_from_a_provider_is_named(
    world: PayingShop, monkeypatch: pytest.MonkeyPatch, later: timedelta, level: str, what: str
) -> None:
    providers_say(monkeypatch, later)
    found = about_providers(world)
    assert [one.level for one in found] == [level] * 2
    assert all(what in one.what for one in found)


def test_a_provider_that_does_not_say_its_time_is_named(
    world: PayingShop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(BaseHTTPRequestHandler, "date_time_string", lambda *_: "soon")
    assert [one.level for one in about_providers(world)] == ["warn"] * 2
    with pytest.raises(ProviderUnavailableError):
        http_client.clock_ahead("http://127.0.0.1:9")


def test_a_signed_notice_of_another_time_is_refused_and_logged(
    world: PayingShop,
    browser: object,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    identity = world.order(browser, "stripe")  # type: ignore[arg-type]  # a FlaskClient
    caplog.set_level(logging.WARNING)
    monkeypatch.setattr(stripe_server, "utc_now", lambda: utc_now() - timedelta(minutes=6))
    answers = world.report("stripe", identity, "paid")
    assert {one.status_code for one in answers} == {400}
    assert "s old by our clock" in caplog.text
