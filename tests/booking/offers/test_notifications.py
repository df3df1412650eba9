"""An offered place is told to the browsers in which notifications are on, beside the mail."""

import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import update

from tests.booking.moves.test_moves import move
from tests.booking.offers.test_offers import (
    LATE,
    a_full_queue,
    decline,
    entry_of,
    give_back,
    mails,
    people,
    yoga,
)
from tests.world.booking import NOW, World, a_member, an_actor
from tests.world.lotteries import announce, enter
from tests.world.push import (
    ALWAYS,
    PushBrowser,
    PushService,
    a_signed_in_actor,
    messages,
    push_service,
    subscriptions,
)
from tests.world.races import at_once, settled
from tests.world.waitlist import check_queues
from zone.booking.bookings import service as bookings
from zone.booking.lottery_messages import service as lottery_messages
from zone.booking.reinstatements.service import reinstate_session
from zone.booking.sessions import service as sessions
from zone.booking.sessions.models import ClassSession
from zone.booking.waitlist import rules
from zone.core.config import Settings
from zone.core.db.transactions import writing
from zone.members.people.models import Member
from zone.members.push import flows
from zone.members.push import service as push
from zone.members.push.rules import payload_of

__all__ = ["people", "yoga"]
WORDS = {
    "fi": ("Paikka sinulle: Jooga", "Paikka on varattu sinulle"),
    "sv": ("En plats till dig: Yoga", "Platsen hålls åt dig till"),
    "en": ("A place for you: Yoga", "Kept for you until"),
}


@pytest.fixture
def service(tmp_path: Path) -> Iterator[PushService]:
    with push_service(tmp_path) as running:
        yield running


def turn_on(settings: Settings, member: int, service: PushService) -> PushBrowser:
    actor, _ = a_signed_in_actor(member, NOW)
    browser = service.a_browser(flows.server_key(settings))
    flows.subscribe(actor, browser.subscription(), settings, NOW, service.reach())
    return browser


@pytest.mark.parametrize("language", WORDS)
def test_the_browser_shows_the_offer_in_the_persons_language(
    people: list[int],
    yoga: ClassSession,
    settings: Settings,
    service: PushService,
    language: str,
) -> None:
    with writing() as session:
        session.execute(update(Member).values(language=language))
    browser = turn_on(settings, people[1], service)
    turn_on(settings, people[2], service)
    a_full_queue(people, yoga)
    give_back(people)
    assert flows.deliver(LATE, settings, service.reach()) == 1, "the other one still waits"
    [one] = service.received
    title, kept = WORDS[language]
    assert one.browser == browser
    assert one.shown["title"] == title
    assert kept in one.shown["body"]
    assert one.shown["lang"] == language
    assert one.shown["path"] == f"/queue/{entry_of(people[1]).public_id}/offer", "without a secret"
    assert one.ttl == pytest.approx(30 * 60, abs=2), "as long as the offer"
    assert [mail.recipient for mail in mails("queue_offer")] == ["p1@zone.example"], "the mail too"


def test_an_offer_that_was_answered_is_not_told(
    people: list[int], yoga: ClassSession, settings: Settings, service: PushService
) -> None:
    for person in people[1:3]:
        turn_on(settings, person, service)
    a_full_queue(people, yoga)
    give_back(people)
    decline(people[1])
    assert flows.deliver(LATE, settings, service.reach()) == 1
    assert [one.state for one in messages()] == ["late", "sent"]


def test_no_phone_sounds_by_night(
    people: list[int], yoga: ClassSession, settings: Settings, service: PushService
) -> None:
    """An offer of the night runs from 8.00 on: the mail says so at once, the phone then."""
    turn_on(settings, people[1], service)
    night = LATE - timedelta(days=1) + timedelta(hours=9)
    morning = rules.offer_begins(night)
    assert night < morning < yoga.starts_at
    a_full_queue(people, yoga)
    give_back(people, night)
    assert len(mails("queue_offer")) == 1
    assert flows.deliver(night, settings, service.reach()) == 0
    assert flows.deliver(morning - timedelta(seconds=5), settings, service.reach()) == 0
    assert flows.deliver(morning, settings, service.reach()) == 1
    [one] = service.received
    assert one.ttl == pytest.approx(30 * 60, abs=2)


def test_who_has_them_off_gets_the_mail_alone(people: list[int], yoga: ClassSession) -> None:
    a_full_queue(people, yoga)
    give_back(people)
    assert (list(messages()), len(mails("queue_offer"))) == ([], 1)


@pytest.mark.engines("postgresql")
def test_turning_off_waits_for_an_offer_that_is_being_made(
    app: Flask, people: list[int], yoga: ClassSession, settings: Settings, service: PushService
) -> None:
    """Neither the offer nor the tap fails, whichever comes first."""
    turn_on(settings, people[1], service)
    [row] = subscriptions()
    actor, _ = a_signed_in_actor(people[1], NOW)

    def turn_off() -> None:
        with app.app_context(), writing() as session:
            push.unsubscribe(session, actor, row.public_id)

    tap = threading.Thread(target=turn_off)
    with writing() as session:
        payload = payload_of("a", "b", path="/", topic="c", language="fi")
        posted = push.post(
            session,
            member_id=people[1],
            payload=payload,
            topic="c",
            now=NOW,
            not_before=NOW,
            not_after=LATE,
            asked=ALWAYS.about(""),
        )
        tap.start()
        settled(tap)
        assert tap.is_alive(), "the subscription is kept until the message is stored"
    tap.join()
    assert posted == 1
    assert (list(subscriptions()), list(messages())) == ([], [])


@pytest.mark.engines("sqlite", "postgresql")
def test_offers_and_taps_at_once_fail_neither(
    app: Flask, people: list[int], yoga: ClassSession, settings: Settings, service: PushService
) -> None:
    for person in people[1:]:
        turn_on(settings, person, service)
    a_full_queue(people, yoga)
    rows = {row.member_id: row.public_id for row in subscriptions()}
    actors = {person: a_signed_in_actor(person, NOW)[0] for person in people[1:]}

    def turn_off(person: int) -> None:
        with writing() as session:
            push.unsubscribe(session, actors[person], rows[person])

    at_once(
        app,
        [
            lambda: give_back(people),
            *(lambda person=person: turn_off(person) for person in people[1:]),
            lambda: flows.deliver(LATE, settings, service.reach()),
        ],
    )
    flows.deliver(LATE, settings, service.reach())
    check_queues(LATE)
    assert list(subscriptions()) == []
    assert len(mails("queue_offer")) == 1


def test_a_slow_push_service_holds_up_no_booking(
    app: Flask, people: list[int], yoga: ClassSession, settings: Settings, service: PushService
) -> None:
    """While one is spoken to, others write."""
    turn_on(settings, people[1], service)
    a_full_queue(people, yoga)
    give_back(people)
    declined = list[str]()

    def meanwhile() -> None:
        with app.app_context():
            decline(people[1])
            declined.append(entry_of(people[2]).state)

    service.before_answer = meanwhile
    assert flows.deliver(LATE, replace(settings), service.reach()) == 1
    assert declined == ["offered"]


def test_a_session_that_is_held_after_all_is_told_once_to_who_had_booked(
    world: World, people: list[int], yoga: ClassSession, settings: Settings, service: PushService
) -> None:
    browser = turn_on(settings, people[0], service)
    with writing() as session:
        bookings.book(session, member_id=people[0], class_session=yoga.public_id, now=NOW)
        boss = an_actor(a_member(session, world, "boss"), "manager")
        sessions.cancel_session(session, boss, yoga.public_id, reason="Ill", now=NOW)
    for _ in range(2):
        with writing() as session:
            reinstate_session(session, boss, yoga.public_id, reason="Well", now=NOW)
    assert flows.deliver(LATE, settings, service.reach()) == 1
    [one] = service.received
    assert one.browser == browser
    assert one.shown["title"] == "Held after all: Yoga"
    assert one.shown["path"] == f"/classes/{yoga.public_id}"
    assert len(mails("session_reinstated")) == 1, "the mail too"


def test_who_has_booked_again_is_not_told_that_it_is_held(
    world: World, people: list[int], yoga: ClassSession, settings: Settings, service: PushService
) -> None:
    turn_on(settings, people[0], service)
    with writing() as session:
        bookings.book(session, member_id=people[0], class_session=yoga.public_id, now=NOW)
        boss = an_actor(a_member(session, world, "boss"), "manager")
        sessions.cancel_session(session, boss, yoga.public_id, reason="Ill", now=NOW)
        reinstate_session(session, boss, yoga.public_id, reason="Well", now=NOW)
        bookings.book(session, member_id=people[0], class_session=yoga.public_id, now=NOW)
    assert flows.deliver(LATE, settings, service.reach()) == 0


def test_who_is_in_the_draw_of_a_session_that_moves_is_told(
    world: World, people: list[int], yoga: ClassSession, settings: Settings, service: PushService
) -> None:
    browser = turn_on(settings, people[0], service)
    with writing() as session:
        boss = a_member(session, world, "boss")
    lottery = announce(yoga, boss, draws_at=LATE + timedelta(hours=1))
    enter(lottery, people[0])
    move(world, yoga, minutes=60)
    assert flows.deliver(LATE, settings, service.reach()) == 1
    [one] = service.received
    assert one.browser == browser
    assert one.shown["title"] == "The class has moved: Yoga"
    assert one.shown["body"].endswith("You are still in its draw.")
    assert one.shown["path"] == f"/classes/{yoga.public_id}"
    with writing() as session:
        again = session.get_one(ClassSession, yoga.id)
        lottery_messages.post_moved(session, again, yoga.starts_at, "The hall", NOW)
    assert flows.deliver(LATE, settings, service.reach()) == 0, "as the mail, once for each move"
