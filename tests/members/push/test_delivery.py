"""Notifications reach the browser sealed, once, in time, and only at addresses that are public."""

import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from socket import create_server
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import update

from tests.world.people import a_member
from tests.world.push import (
    PushBrowser,
    PushService,
    a_signed_in_actor,
    messages,
    posted,
    subscriptions,
)
from tests.world.races import at_once
from zone.core import secrets
from zone.core.clock import real_now
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.mail.questions import declare_question
from zone.members.push import flows, queries, rules, vapid
from zone.members.push import service as push
from zone.members.push.models import PushMessage
from zone.members.push.providers import push_service as provider
from zone.members.push.providers.push_service import Reach

NOW = datetime(2026, 9, 1, 9, 0, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
TRUE = {"test.push": True}
HOLDS = declare_question("test.push", lambda *_: TRUE["test.push"])


@pytest.fixture
def member(app: Flask) -> int:
    with writing() as session:
        return a_member(session).id


@pytest.fixture
def browser(settings: Settings, member: int, service: PushService) -> PushBrowser:
    """A browser of the person, in which notifications are on."""
    return one_more(settings, member, service)


def one_more(settings: Settings, member: int, service: PushService) -> PushBrowser:
    actor, _ = a_signed_in_actor(member, NOW)
    made = service.a_browser(flows.server_key(settings))
    flows.subscribe(actor, made.subscription(), settings, NOW, service.reach())
    return made


def states() -> list[tuple[str, int, str | None]]:
    return [(one.state, one.attempts, one.last_error) for one in messages()]


def test_each_browser_of_a_person_shows_it(
    settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    other = one_more(settings, member, service)
    assert posted(member, NOW, title="Yoga") == 2
    assert flows.deliver(NOW + MINUTE, settings, service.reach()) == 2
    assert [one.browser for one in service.received] == [browser, other]
    for one in service.received:
        assert one.shown == {
            "title": "Yoga",
            "body": "Yoga",
            "path": "/bookings",
            "tag": one.topic,
            "lang": "en",
        }
        assert one.ttl == pytest.approx(29 * 60, abs=2), "as long as it is of use"
    assert states() == [("sent", 1, None)] * 2
    assert {one.payload for one in messages()} == {""}, "the text is erased"
    assert flows.deliver(NOW + MINUTE, settings, service.reach()) == 0


@pytest.mark.engines("sqlite", "postgresql")
def test_several_schedulers_send_it_once(
    app: Flask, settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    for _ in range(3):
        posted(member, NOW)
    calls = [lambda: flows.deliver(NOW, settings, service.reach())] * 4
    assert sum(at_once(app, calls)) == 3
    assert len(service.received) == len({one.topic for one in service.received}) == 3


@pytest.mark.thorough
@pytest.mark.planted_fault("a message is sent without being leased")
def test_without_the_lease_it_is_sent_more_than_once(
    app: Flask,
    settings: Settings,
    member: int,
    service: PushService,
    browser: PushBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    posted(member, NOW)
    together = threading.Barrier(2, timeout=30)

    def unleased(due: queries.DueMessage, _now: datetime) -> PushMessage | None:
        together.wait()
        with reading() as session:
            return session.get(PushMessage, due.id)

    monkeypatch.setattr(flows, "lease", unleased)
    assert sum(at_once(app, [lambda: flows.deliver(NOW, settings, service.reach())] * 2)) == 2


def test_nothing_is_sent_before_its_time_nor_after(
    settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    posted(member, NOW, begins=NOW + 10 * MINUTE)
    assert flows.deliver(NOW + 9 * MINUTE, settings, service.reach()) == 0
    assert flows.deliver(NOW + 10 * MINUTE, settings, service.reach()) == 1
    posted(member, NOW)
    assert flows.deliver(NOW + 31 * MINUTE, settings, service.reach()) == 0
    assert [state for state, *_ in states()] == ["sent", "late"]
    assert service.asked == 1


def test_what_does_not_hold_any_more_is_not_sent(
    settings: Settings,
    member: int,
    service: PushService,
    browser: PushBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with writing() as session:
        push.post(
            session,
            member_id=member,
            payload="{}",
            topic="t",
            now=NOW,
            not_before=NOW,
            not_after=NOW + MINUTE,
            asked=HOLDS.about(""),
        )
    monkeypatch.setitem(TRUE, "test.push", False)
    assert flows.deliver(NOW, settings, service.reach()) == 0
    assert (service.asked, states()) == (0, [("late", 1, flows.NO_LONGER_TRUE)])


# What the push service answers.


@pytest.mark.parametrize("status", [404, 410])
def test_a_browser_that_is_gone_ends_its_subscription(
    settings: Settings, member: int, service: PushService, browser: PushBrowser, status: int
) -> None:
    other = one_more(settings, member, service)
    posted(member, NOW)
    service.answers.append((status, {}))
    assert flows.deliver(NOW, settings, service.reach()) == 1
    assert [row.endpoint for row in subscriptions()] == [other.endpoint]
    assert states() == [("sent", 1, None)]
    assert posted(member, NOW) == 1


def test_one_that_was_turned_on_again_meanwhile_stays(
    app: Flask, settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    posted(member, NOW)
    actor, _ = a_signed_in_actor(member, NOW)

    def again() -> None:
        with app.app_context():  # in the thread of the push service
            flows.subscribe(actor, browser.subscription(), settings, NOW + MINUTE, service.reach())

    service.before_answer = again
    service.answers.append((410, {}))
    flows.deliver(NOW, settings, service.reach())
    assert [row.session_id for row in subscriptions()] == [actor.session_id]


@pytest.mark.parametrize("status", [429, 500, 503])
def test_a_busy_service_is_asked_again_within_the_time(
    settings: Settings, member: int, service: PushService, browser: PushBrowser, status: int
) -> None:
    posted(member, NOW)
    service.answers += [(status, {}), (status, {"Retry-After": "180"})]
    assert flows.deliver(NOW, settings, service.reach()) == 0
    assert flows.deliver(NOW + 0.9 * MINUTE, settings, service.reach()) == 0
    assert service.asked == 1
    assert flows.deliver(NOW + 1.1 * MINUTE, settings, service.reach()) == 0
    assert service.asked == 2
    assert flows.deliver(NOW + 4 * MINUTE, settings, service.reach()) == 0
    assert service.asked == 2, "Retry-After asks for three minutes more"
    assert flows.deliver(NOW + 4.2 * MINUTE, settings, service.reach()) == 1
    [received] = service.received
    assert received.ttl == pytest.approx(25.8 * 60, abs=2)


def test_a_retry_after_as_a_date_is_understood(
    settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    posted(member, NOW)
    at = format_datetime(real_now() + 10 * MINUTE, usegmt=True)
    service.answers.append((503, {"Retry-After": at}))
    flows.deliver(NOW, settings, service.reach())
    [message] = messages()
    assert message.due_at - NOW == pytest.approx(10 * MINUTE, abs=timedelta(seconds=30))


def test_who_asks_to_wait_longer_than_it_is_of_use_gets_it_no_more(
    settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    posted(member, NOW)
    service.answers.append((429, {"Retry-After": "3600"}))
    flows.deliver(NOW, settings, service.reach())
    assert states() == [("late", 1, "status 429")]
    assert [one.payload for one in messages()] == [""]


@pytest.mark.parametrize("status", [301, 307, 400, 401, 403, 413])
def test_a_refusal_is_final_and_the_subscription_stays(
    settings: Settings, member: int, service: PushService, browser: PushBrowser, status: int
) -> None:
    posted(member, NOW)
    service.answers.append((status, {"Location": f"{service.url}/elsewhere"}))
    assert flows.deliver(NOW, settings, service.reach()) == 0
    assert flows.deliver(NOW + 5 * MINUTE, settings, service.reach()) == 0
    assert service.asked == 1, "a redirect is not followed"
    assert states() == [("refused", 1, f"status {status}")]
    assert len(subscriptions()) == 1


def test_a_service_that_is_down_is_asked_once_a_run_and_again_later(
    settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    one_more(settings, member, service)
    posted(member, NOW)
    asked = list[str]()

    def resolve(host: str) -> list[str]:
        asked.append(host)
        raise OSError("no name server")

    down = replace(service.reach(), resolve=resolve)
    assert flows.deliver(NOW, settings, down) == 0
    assert asked == ["127.0.0.1"]
    assert flows.deliver(NOW + 1.1 * MINUTE, settings, service.reach()) == 2


def test_a_certificate_that_is_not_the_hosts_is_not_believed(
    settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    posted(member, NOW)
    usual = replace(service.reach(), tls=ssl.create_default_context)
    assert flows.deliver(NOW, settings, usual) == 0
    assert (service.asked, states()) == (0, [("waiting", 1, "SSLCertVerificationError")])


@contextmanager
def a_listener(answer: bytes) -> Iterator[int]:
    """Listen on a loopback port, answer each connection, and say no more; yield the port."""
    with create_server(("127.0.0.1", 0)) as listening:
        kept = []

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                kept.append(connection)
                connection.sendall(answer)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(2)
        thread.join()
        for connection in kept:
            connection.close()


def test_the_next_address_of_a_host_is_tried(
    settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    posted(member, NOW)
    two = replace(service.reach(), resolve=lambda _host: ["::1", "127.0.0.1"])
    assert flows.deliver(NOW, settings, two) == 1, "nobody listens at the first one"


def test_who_never_answers_is_left_after_a_while(
    service: PushService, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(provider, "ATTEMPT_SECONDS", 0.2)
    with a_listener(b"") as port:
        endpoint = rules.endpoint_of(f"https://127.0.0.1:{port}/1")
        with pytest.raises(provider.PushUnreachableError):
            provider.send(endpoint, {}, b"x", service.reach())


# Addresses.


def check_private_is_refused(
    settings: Settings, member: int, service: PushService, reach: Reach
) -> None:
    """The property: nothing is sent to an address that is not public, whatever it was before."""
    posted(member, NOW)
    flows.deliver(NOW, settings, reach)
    assert service.asked == 0, "it was sent to this machine"
    assert states() == [("refused", 1, "its address is not public")]


def test_a_private_address_is_refused_at_sending_too(
    settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    # As subscribed when its name led to the open internet, and leads here now.
    usual = replace(service.reach(), allowed=rules.is_public)
    check_private_is_refused(settings, member, service, usual)


@pytest.mark.planted_fault("only the look at turning on refuses private addresses")
def test_a_check_at_turning_on_alone_is_not_enough(
    settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    careless = replace(service.reach(), allowed=lambda _address: True)
    with pytest.raises(AssertionError, match="sent to this machine"):
        check_private_is_refused(settings, member, service, careless)


def test_a_name_is_resolved_once_for_the_look_and_the_connection(
    settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    answers = iter([["127.0.0.1"], ["192.0.2.1"]])
    changing = replace(service.reach(), resolve=lambda _host: next(answers))
    posted(member, NOW)
    assert flows.deliver(NOW, settings, changing) == 1
    assert list(answers) == [["192.0.2.1"]], "a second look could lead elsewhere"


def test_the_product_reaches_the_open_internet_only() -> None:
    assert provider.PUBLIC.allowed is rules.is_public
    assert provider.PUBLIC.resolve is provider.look_up
    assert provider.look_up("127.0.0.1") == ["127.0.0.1"]
    assert provider.PUBLIC.tls().verify_mode is ssl.CERT_REQUIRED
    with pytest.raises(provider.PrivateAddressError):
        provider.addresses_of("localhost", provider.PUBLIC)
    with pytest.raises(provider.PushUnreachableError):
        provider.addresses_of("a" * 64 + ".example", provider.PUBLIC)


# Transactions and keys.


def check_nothing_is_open_while_sending(
    settings: Settings, member: int, service: PushService
) -> None:
    """The property: no connection of the database is in use while a push service is spoken to."""
    posted(member, NOW)
    in_use = list[int]()
    service.before_answer = lambda: in_use.extend(
        engine.pool.checkedout()  # type: ignore[attr-defined]  # of the pools that we choose
        for engine in engines
    )
    engines = list(db.engines.values())
    flows.deliver(NOW, settings, service.reach())
    assert in_use
    assert set(in_use) == {0}, "a transaction is open while the network is waited for"


def test_nothing_is_sent_inside_a_transaction(
    settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    check_nothing_is_open_while_sending(settings, member, service)


@pytest.mark.planted_fault("a message is sent inside a transaction")
def test_sending_inside_a_transaction_is_noticed(
    settings: Settings,
    member: int,
    service: PushService,
    browser: PushBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sent = provider.send

    def inside(*args: Any) -> provider.PushAnswer:
        with reading() as session:
            session.connection()
            return sent(*args)

    monkeypatch.setattr(flows, "send", inside)
    with pytest.raises(AssertionError, match="a transaction is open"):
        check_nothing_is_open_while_sending(settings, member, service)


def test_a_new_key_signs_for_new_subscriptions_and_the_old_one_for_old_ones(
    settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    secrets.rotate(settings.keys, vapid.KEY_FILE)
    newer = one_more(settings, member, service)
    assert newer.server_key != browser.server_key
    posted(member, NOW)
    assert flows.deliver(NOW, settings, service.reach()) == 2, "each with its own"


def test_a_lost_key_is_said(
    settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    [path] = secrets.secret_files(settings.keys, vapid.KEY_FILE).values()
    path.unlink()
    posted(member, NOW)
    assert flows.deliver(NOW, settings, service.reach()) == 0
    assert states() == [("refused", 1, "the key of this subscription is not there")]
    assert service.asked == 0


@pytest.mark.parametrize(
    ("operator", "contact"),
    [("", "mailto:zone@localhost"), ("Olli <olli@zone.example>", "mailto:olli@zone.example")],
)
def test_push_services_are_told_whom_to_ask(
    settings: Settings, operator: str, contact: str
) -> None:
    assert flows.contact(replace(settings, operator_mail=operator)) == contact


def test_a_run_ends_in_time(
    settings: Settings,
    member: int,
    service: PushService,
    browser: PushBrowser,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(flows, "RUN_LIMIT", timedelta(seconds=-1))
    posted(member, NOW)
    assert flows.deliver(NOW, settings, service.reach()) == 0
    assert states() == [("waiting", 0, None)], "the next run sends it"


def test_a_new_message_goes_before_one_that_is_tried_again(
    settings: Settings, member: int, service: PushService, browser: PushBrowser
) -> None:
    posted(member, NOW, title="old")
    with writing() as session:
        session.execute(update(PushMessage).values(attempts=2))
    posted(member, NOW + MINUTE, title="new")
    assert flows.deliver(NOW + MINUTE, settings, service.reach()) == 2
    assert [one.shown["title"] for one in service.received] == ["new", "old"]
