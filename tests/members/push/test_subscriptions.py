"""Who gets notifications in which browser, from when until when."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update

from tests.world.people import a_member, signed_in
from tests.world.push import (
    PushBrowser,
    PushService,
    a_signed_in_actor,
    messages,
    posted,
    subscriptions,
)
from tests.world.races import outcomes
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.members.people.queries import member_by_id
from zone.members.push import flows, queries, rules
from zone.members.push import service as push
from zone.members.push.providers.push_service import Reach
from zone.members.sign_in import flows as sign_in_flows
from zone.members.sign_in_sessions import jobs as sign_in_sessions_jobs
from zone.members.sign_in_sessions import service as sign_in_sessions
from zone.members.sign_in_sessions.models import SignInSession
from zone.members.sign_in_sessions.queries import actor_of_token

NOW = datetime(2026, 9, 1, 9, 0, 1, tzinfo=UTC)
PHONE = "Mozilla/5.0 (Linux; Android 14) Chrome/130"
IN_THE_OPEN = Reach(resolve=lambda _host: ["93.184.215.14"])
"""A host of the open internet; nothing is sent there."""


@pytest.fixture
def member(app: Flask) -> int:
    with writing() as session:
        return a_member(session).id


def turn_on(
    settings: Settings, actor: Actor, browser: PushBrowser | None = None, now: datetime = NOW
) -> PushBrowser:
    browser = browser or a_browser(settings)
    flows.subscribe(actor, browser.subscription(), settings, now, IN_THE_OPEN)
    return browser


def a_browser(settings: Settings) -> PushBrowser:
    address = f"https://push.example/{uuid.uuid4().hex}"
    return PushBrowser(address, flows.server_key(settings))


def refused(settings: Settings, actor: Actor, browser: PushBrowser, reach: Reach) -> str:
    with pytest.raises(DomainError) as caught:
        flows.subscribe(actor, browser.subscription(), settings, NOW, reach)
    return caught.value.code


def shown(actor: Actor, now: datetime = NOW) -> list[tuple[str, str, bool]]:
    """What the person sees on their own page."""
    with reading() as session:
        found = queries.browsers(session, actor, now)
    return [(one.browser, one.system, one.current) for one in found]


def test_a_person_sees_where_notifications_are_on(settings: Settings, member: int) -> None:
    phone, _ = a_signed_in_actor(member, NOW, PHONE)
    laptop, _ = a_signed_in_actor(member, NOW)
    turn_on(settings, phone)
    turn_on(settings, laptop, now=NOW + timedelta(seconds=1))
    assert shown(phone) == [("", "", False), ("Chrome", "Android", True)]


def test_turning_on_twice_is_one_subscription(settings: Settings, member: int) -> None:
    actor, _ = a_signed_in_actor(member, NOW)
    browser = turn_on(settings, actor)
    turn_on(settings, actor, browser)
    assert [row.endpoint for row in subscriptions()] == [browser.endpoint]
    [row] = subscriptions()
    other = turn_on(settings, actor)
    [renewed] = subscriptions()
    assert renewed.endpoint == other.endpoint, "it has one address"
    assert renewed.public_id == row.public_id, "and is turned off as the page shows it"


@pytest.mark.engines("sqlite", "postgresql")
def test_a_double_click_is_one_subscription(app: Flask, settings: Settings, member: int) -> None:
    actor, _ = a_signed_in_actor(member, NOW)
    browser = a_browser(settings)
    assert outcomes(app, [lambda: turn_on(settings, actor, browser)] * 6) == {"done": 6}
    assert len(subscriptions()) == 1


@pytest.mark.engines("sqlite", "postgresql")
def test_two_people_at_one_address_at_once_end_as_one(
    app: Flask, settings: Settings, member: int
) -> None:
    with writing() as session:
        other = a_member(session).id
    actors = [a_signed_in_actor(id_, NOW)[0] for id_ in (member, other)] * 3
    browser = a_browser(settings)

    def work(actor: Actor) -> Callable[[], object]:
        return lambda: turn_on(settings, actor, browser)

    assert outcomes(app, [work(actor) for actor in actors]) == {"done": 6}
    [row] = subscriptions()
    assert row.member_id in (member, other)
    with reading() as session:
        assert session.get_one(SignInSession, row.session_id).member_id == row.member_id


def test_on_a_shared_phone_the_last_one_gets_them_and_only_theirs(
    app: Flask, settings: Settings, member: int, service: PushService
) -> None:
    with writing() as session:
        other = a_member(session).id
    browser = service.a_browser(flows.server_key(settings))
    first, _ = a_signed_in_actor(member, NOW)
    flows.subscribe(first, browser.subscription(), settings, NOW, service.reach())
    assert posted(member, NOW, title="to the first") == 1
    second, _ = a_signed_in_actor(other, NOW)
    flows.subscribe(second, browser.subscription(), settings, NOW, service.reach())
    assert (posted(member, NOW), posted(other, NOW, title="to the second")) == (0, 1)
    assert flows.deliver(NOW, settings, service.reach()) == 1
    assert [one.shown["title"] for one in service.received] == ["to the second"]
    assert [(one.state, one.payload) for one in messages()] == [("late", ""), ("sent", "")]


def test_a_person_has_a_bounded_number_of_browsers(settings: Settings, member: int) -> None:
    actors = [a_signed_in_actor(member, NOW)[0] for _ in range(rules.MOST_SUBSCRIPTIONS + 1)]
    for actor in actors[:-1]:
        turn_on(settings, actor)
    one_more = a_browser(settings)
    assert refused(settings, actors[-1], one_more, IN_THE_OPEN) == "too_many_push_subscriptions"
    turn_on(settings, actors[0])  # another address of a browser that is counted
    with writing() as session:
        sign_in_sessions.end_session(session, actors[0].session_id or 0, NOW)
    turn_on(settings, actors[-1], one_more)


@pytest.mark.engines("sqlite", "postgresql")
def test_several_browsers_at_once_do_not_pass_the_bound(
    app: Flask, settings: Settings, member: int
) -> None:
    most = rules.MOST_SUBSCRIPTIONS
    actors = [a_signed_in_actor(member, NOW)[0] for _ in range(most + 2)]
    for actor in actors[: most - 1]:
        turn_on(settings, actor)

    def work(actor: Actor) -> Callable[[], object]:
        return lambda: turn_on(settings, actor)

    came = outcomes(app, [work(actor) for actor in actors[most - 1 :]])
    assert came == {"done": 1, "too_many_push_subscriptions": 2}


# How they end.


def test_turning_off_ends_it_and_not_another_persons(settings: Settings, member: int) -> None:
    actor, _ = a_signed_in_actor(member, NOW)
    turn_on(settings, actor)
    posted(member, NOW)
    [row] = subscriptions()
    with writing() as session:
        other = a_member(session).id
    stranger, _ = a_signed_in_actor(other, NOW)
    with pytest.raises(DomainError, match="not_found"), writing() as session:
        push.unsubscribe(session, stranger, row.public_id)
    with writing() as session:
        push.unsubscribe(session, actor, row.public_id)
    assert (list(subscriptions()), list(messages())) == ([], [])


@pytest.mark.parametrize("how", ["here", "everywhere", "elsewhere", "everybody"])
def test_signing_out_in_whatever_way_ends_it(settings: Settings, member: int, how: str) -> None:
    actor, _ = a_signed_in_actor(member, NOW)
    elsewhere, _ = a_signed_in_actor(member, NOW)
    turn_on(settings, actor)
    with writing() as session:
        ended = session.get_one(SignInSession, actor.session_id)
        if how == "elsewhere":
            sign_in_sessions.end_own_session(session, elsewhere, ended.public_id, NOW)
        elif how == "everybody":
            sign_in_sessions.end_every_session(session, NOW)
        else:
            sign_in_sessions.sign_out(session, actor, everywhere=how == "everywhere", now=NOW)
    assert (posted(member, NOW), shown(elsewhere)) == (0, [])
    sign_in_sessions_jobs.delete_expired(settings, NOW)
    assert list(subscriptions()) == []


def test_what_was_posted_before_signing_out_is_not_sent(
    settings: Settings, member: int, service: PushService
) -> None:
    actor, _ = a_signed_in_actor(member, NOW)
    browser = service.a_browser(flows.server_key(settings))
    flows.subscribe(actor, browser.subscription(), settings, NOW, service.reach())
    assert posted(member, NOW) == 1
    with writing() as session:
        sign_in_sessions.sign_out(session, actor, everywhere=False, now=NOW)
    assert flows.deliver(NOW, settings, service.reach()) == 0
    assert service.asked == 0


def test_turning_on_in_a_browser_that_was_just_signed_out_is_refused(
    settings: Settings, member: int
) -> None:
    actor, _ = a_signed_in_actor(member, NOW)
    with writing() as session:
        sign_in_sessions.end_all_sessions(session, member, NOW)
    assert refused(settings, actor, a_browser(settings), IN_THE_OPEN) == "sign_in_needed"


def test_it_ends_where_its_person_was_not_for_thirty_days(settings: Settings, member: int) -> None:
    actor, _ = a_signed_in_actor(member, NOW)
    turn_on(settings, actor)
    almost = NOW + rules.UNUSED - timedelta(seconds=1)
    sign_in_sessions_jobs.delete_expired(settings, almost)
    assert posted(member, almost) == 1
    assert posted(member, NOW + rules.UNUSED) == 0
    sign_in_sessions_jobs.delete_expired(settings, NOW + rules.UNUSED)
    assert (list(subscriptions()), list(messages())) == ([], [])


def test_messages_are_deleted_thirty_days_after_their_end(settings: Settings, member: int) -> None:
    actor, _ = a_signed_in_actor(member, NOW)
    turn_on(settings, actor)
    posted(member, NOW)
    later = NOW + timedelta(days=20)
    with writing() as session:
        push.drop_outdated(session, later)
        session.execute(update(SignInSession).values(seen_at=later))  # its person was here
    sign_in_sessions_jobs.delete_expired(settings, later + timedelta(days=29))
    assert [one.state for one in messages()] == ["late"]
    with writing() as session:
        session.execute(update(SignInSession).values(seen_at=later + timedelta(days=29)))
    sign_in_sessions_jobs.delete_expired(settings, later + timedelta(days=31))
    assert list(messages()) == []
    assert len(subscriptions()) == 1


# Signing in again in the same browser.


def test_the_same_person_keeps_it_when_they_sign_in_again(settings: Settings, member: int) -> None:
    actor, before = a_signed_in_actor(member, NOW)
    turn_on(settings, actor)
    after = sign_in_again(member, before)
    assert [row.session_id for row in subscriptions()] == [after.session_id]
    with writing() as session:
        sign_in_sessions.sign_out(session, after, everywhere=False, now=NOW)
    assert posted(member, NOW) == 0


def test_another_person_who_signs_in_there_does_not_see_them(
    settings: Settings, member: int
) -> None:
    actor, before = a_signed_in_actor(member, NOW)
    turn_on(settings, actor)
    with writing() as session:
        other = a_member(session).id
    sign_in_again(other, before)
    assert list(subscriptions()) == []


@pytest.mark.parametrize("before", ["", "invented"])
def test_a_browser_without_a_session_takes_nothing_along(
    settings: Settings, member: int, before: str
) -> None:
    actor, _ = a_signed_in_actor(member, NOW)
    turn_on(settings, actor)
    sign_in_again(member, before)
    assert [row.session_id for row in subscriptions()] == [actor.session_id]


def sign_in_again(member: int, before: str) -> Actor:
    """Sign in as the demo does, in the browser that had the session `before`."""
    with reading() as session:
        email = member_by_id(session, member).email
    token = sign_in_flows.sign_in_to_demo(email, NOW, before=before).token
    with reading() as session:
        actor = actor_of_token(session, token, NOW)
    assert actor is not None
    return actor


# What is refused.


@pytest.mark.parametrize(
    "found", [["127.0.0.1"], ["93.184.215.14", "10.0.0.1"], ["::1"], ["fe80::1%eth0"], []]
)
def test_a_host_that_is_not_of_the_open_internet_is_refused(
    settings: Settings, member: int, found: list[str]
) -> None:
    actor, _ = a_signed_in_actor(member, NOW)
    inside = Reach(resolve=lambda _host: found)
    assert refused(settings, actor, a_browser(settings), inside) == "push_not_possible"
    assert list(subscriptions()) == []


def test_a_host_that_is_not_found_is_refused(settings: Settings, member: int) -> None:
    def nowhere(_host: str) -> list[str]:
        raise OSError("no such name")

    actor, _ = a_signed_in_actor(member, NOW)
    reach = Reach(resolve=nowhere)
    assert refused(settings, actor, a_browser(settings), reach) == "push_not_possible"


def test_keys_that_are_none_are_refused(settings: Settings, member: int) -> None:
    actor, _ = a_signed_in_actor(member, NOW)
    good = a_browser(settings).subscription()
    for bad in (
        replace(good, point=b"\4" + b"\1" * 64),
        replace(good, point=b""),
        replace(good, secret=b"short"),
        replace(good, server_key="B" * 87),
        replace(good, endpoint="http://push.example/1"),
    ):
        with pytest.raises(DomainError, match="push_not_possible"):
            flows.subscribe(actor, bad, settings, NOW, IN_THE_OPEN)


def test_looks_for_hosts_are_bounded(settings: Settings, member: int) -> None:
    actor, _ = a_signed_in_actor(member, NOW)
    asked = list[str]()

    def resolve(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    came = [
        refused(settings, actor, a_browser(settings), Reach(resolve=resolve))
        for _ in range(flows.TURNED_ON.most + 2)
    ]
    assert came.count("too_many_requests") == 2
    assert len(asked) == flows.TURNED_ON.most


# The API and the page.


def test_the_api_turns_them_on_lists_and_turns_them_off(
    app: Flask, settings: Settings, member: int
) -> None:
    client = signed_in(app, member)
    key = client.get("/api/v1/me/push").get_json()["server_key"]
    # An address that needs no name server, and is never asked.
    browser = PushBrowser("https://[2606:4700::1111]/send/1", key)
    made = client.post("/api/v1/me/push", json=browser.as_json())
    assert made.status_code == 201, made.get_json()
    [one] = client.get("/api/v1/me/push").get_json()["browsers"]
    assert (one["id"], one["current"]) == (made.get_json()["id"], True)
    stranger = a_stranger(app)
    assert stranger.get("/api/v1/me/push").get_json()["browsers"] == []
    assert stranger.delete(f"/api/v1/me/push/{one['id']}").status_code == 404
    assert client.delete(f"/api/v1/me/push/{one['id']}").status_code == 204
    assert client.delete(f"/api/v1/me/push/{one['id']}").status_code == 404


@pytest.mark.parametrize(
    "endpoint", ["https://localhost/1", "https://127.0.0.1/1", "https://[::ffff:10.0.0.1]/1"]
)
def test_the_api_refuses_this_machine_and_its_network(
    app: Flask, member: int, endpoint: str
) -> None:
    client = signed_in(app, member)
    key = client.get("/api/v1/me/push").get_json()["server_key"]
    answer = client.post("/api/v1/me/push", json=PushBrowser(endpoint, key).as_json())
    assert (answer.status_code, answer.get_json()["code"]) == (422, "push_not_possible")


def test_the_page_turns_them_off_and_a_second_tap_changes_nothing(
    app: Flask, settings: Settings, member: int
) -> None:
    client = signed_in(app, member)
    key = flows.server_key(settings)
    browser = PushBrowser("https://[2606:4700::1111]/send/1", key)
    assert client.post("/api/v1/me/push", json=browser.as_json()).status_code == 201
    assert b'data-on="https://[2606:4700::1111]/send/1"' in client.get("/me").data
    [row] = subscriptions()
    for _ in range(2):
        ended = client.post(f"/me/push/{row.public_id}/end")
        assert ended.location == "/me?done=push-off#notifications"
    page = client.get("/me?done=push-off").get_data(as_text=True)
    assert "data-on" not in page
    assert list(subscriptions()) == []


def test_the_export_of_ones_data_has_them(app: Flask, settings: Settings, member: int) -> None:
    client = signed_in(app, member)
    browser = PushBrowser("https://[2606:4700::1111]/send/1", flows.server_key(settings))
    client.post("/api/v1/me/push", json=browser.as_json())
    posted(member, utc_now())
    exported = client.get("/api/v1/me/export").get_json()
    [one] = exported["notifications"]
    assert one["endpoint"] == browser.endpoint
    assert set(one) == {"endpoint", "created_at", "browser", "system"}
    assert [one["state"] for one in exported["other"]["push_message"]] == ["waiting"]


def a_stranger(app: Flask) -> FlaskClient:
    with writing() as session:
        other = a_member(session).id
    return signed_in(app, other)
