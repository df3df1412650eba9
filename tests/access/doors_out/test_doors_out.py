"""Doors that let nobody in: what everybody, and who has a booking there, is told."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.world import courts
from tests.world.booking import NOW, a_session
from tests.world.people import a_browser, signed_in
from tests.world.races import at_once
from tests.world.site import Site, a_member, a_staff_actor
from zone.access.alarms import service as alarms
from zone.access.bridges.models import Bridge
from zone.access.doors.queries import door_by_public_id
from zone.access.doors_out import jobs, queries
from zone.access.doors_out.rules import DoorsOut, sentence
from zone.access.front_page.queries import front_page
from zone.access.outages import service as outages
from zone.access.pass_page.queries import own_pass
from zone.access.shutdowns.service import ShutPlace, lift, shut
from zone.booking.bookings.service import book, cancel
from zone.booking.sessions.models import ClassSession
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.mail import service as mail_service
from zone.core.mail.models import OutboxMail
from zone.core.mail.questions import still_holds

SOON = NOW + timedelta(hours=2)
EARLIER = NOW - timedelta(hours=1)


@pytest.fixture(autouse=True)
def bridges_at_work(site: Site) -> None:
    with writing() as session:
        for bridge in session.scalars(select(Bridge)):
            bridge.enrolled_at = bridge.seen_at = NOW


def report(site: Site, *kinds: str, minutes: float = 0, bridge: int | None = None) -> None:
    """Store the alarms that a bridge reports, as its poll and the next job do."""
    now = NOW + timedelta(minutes=minutes)
    with writing() as session:
        alarms.update_alarms(session, bridge or site.bridge, ",".join(kinds), now)
        outages.update_outages(session, now)


def a_class(site: Site) -> uuid.UUID:
    """The class in the studio in two hours."""
    with writing() as session:
        made = session.scalar(select(ClassSession))
        made = made or a_session(session, site.world, start=SOON)
        return made.public_id


def a_booking(site: Site, name: str = "student") -> tuple[int, uuid.UUID]:
    """Store a member with a booking of that class."""
    made = a_class(site)
    with writing() as session:
        member, _ = a_member(session, site, name)
        return member, book(session, member_id=member, class_session=made, now=EARLIER).public_id


def found() -> list[DoorsOut]:
    with reading() as session:
        return queries.doors_out(session)


def told(member: int, minutes: float = 0) -> list[str]:
    """What a person reads on their own pages."""
    with reading() as session:
        now = NOW + timedelta(minutes=minutes)
        return list(queries.notices(session, member, "en", now).values())


def mails() -> list[OutboxMail]:
    with reading() as session:
        query = select(OutboxMail).where(OutboxMail.template == "access/door_out")
        return list(session.scalars(query.order_by(OutboxMail.id)))


def shut_door(site: Site, door: uuid.UUID, kind: str = "blocked") -> uuid.UUID:
    with writing() as session:
        place = ShutPlace(door=door_by_public_id(session, door).id)
        actor = a_staff_actor(session, site, "desk")
        return shut(session, place, kind, reason="Paint", actor=actor, now=NOW).id


def test_a_broken_door_names_the_other_one_that_leads_there(site: Site) -> None:
    report(site, f"relay_fault:{site.studio_door}")
    [out] = found()
    assert (out.kind, out.place.area_name) == ("broken", "Studio")
    assert out.doors == [f"Studio {site.bridge}"]
    assert out.others == [f"Studio {site.other_bridge}"]
    assert sentence(out, "en") == (
        f"The door does not work now: Studio {site.bridge}. "
        f"Use another one: Studio {site.other_bridge}."
    )


def test_where_no_other_door_leads_there_the_desk_lets_in(site: Site) -> None:
    report(site, f"reader_lost:{site.court_door}")
    [out] = found()
    assert out.others == []
    assert sentence(out, "en").endswith("Ask at the desk to be let in.")


@pytest.mark.parametrize("language", ["fi", "sv"])
def test_the_sentence_is_translated(site: Site, language: str) -> None:
    report(site, f"reader_lost:{site.court_door}")
    assert sentence(found()[0], language) != sentence(found()[0], "en")


def test_an_alarm_of_the_bridge_is_one_of_all_its_doors(site: Site) -> None:
    report(site, "disk_full")
    by_area = {out.place.area_name: out.others for out in found()}
    assert by_area == {"Hall": [], "Lobby": [], "Studio": [f"Studio {site.other_bridge}"]}


def test_a_door_whose_other_one_is_broken_too_names_none(site: Site) -> None:
    report(site, f"relay_fault:{site.studio_door}")
    report(site, "clock_unset", bridge=site.other_bridge)
    [out] = found()
    assert (len(out.doors), out.others) == (2, [])


def test_a_door_of_no_bridge_or_of_a_revoked_one_is_no_other_way(site: Site) -> None:
    report(site, f"relay_fault:{site.studio_door}")
    with writing() as session:
        session.get_one(Bridge, site.other_bridge).revoked_at = NOW
    assert found()[0].others == []


@pytest.mark.parametrize("kind", ["offline", "unreadable", "held_open", "journal_filling"])
def test_what_may_let_people_in_is_not_told_to_everybody(site: Site, kind: str) -> None:
    with writing() as session:
        alarms.open_alarms(session, [(site.bridge, kind, None)], NOW)
    assert found() == []


def test_who_has_a_booking_there_reads_it_on_their_pages(app: Flask, site: Site) -> None:
    member, _ = a_booking(site)
    report(site, f"relay_fault:{site.studio_door}")
    [text] = told(member)
    assert "Use another one" in text
    with reading() as session:
        own = own_pass(session, member, kid="", language="en", now=NOW)
        assert own["next_booking"]["door_notice"] == text
    assert told(member, minutes=181) == [], "the class is over by then"
    report(site, minutes=1)
    assert told(member, minutes=1) == []
    with reading() as session:
        own = own_pass(session, member, kid="", language="en", now=NOW)
        assert own["next_booking"]["door_notice"] is None


def test_a_booking_of_another_place_another_day_or_given_up_is_not_concerned(site: Site) -> None:
    report(site, f"relay_fault:{site.court_door}")
    member, booking = a_booking(site)
    assert told(member) == [], "the class is not in the hall"
    report(site, f"relay_fault:{site.studio_door}")
    assert told(member, minutes=-61) == [], "it is more than three hours away"
    with writing() as session:
        cancel(session, member_id=member, booking=booking, now=EARLIER)
    assert told(member) == []


def test_an_entrance_is_needed_for_every_booking_of_its_campus(site: Site) -> None:
    member, _ = a_booking(site)
    report(site, f"reader_lost:{site.lobby_door}")
    assert len(told(member)) == 1


def check_one_mail(site: Site, settings: Settings) -> None:
    """Who has a booking there gets one mail for an episode, however often the job runs."""
    for name in ("first", "second"):
        a_booking(site, name)
    for minute in range(5):
        report(site, f"relay_fault:{site.studio_door}", minutes=minute)
        jobs.mail_booked(settings, NOW + timedelta(minutes=minute))
    # A second fault of the same door, and one that comes and goes, are no new episodes.
    for minute in range(5, 12):
        fault = f"reader_lost:{site.studio_door}" if minute % 2 else ""
        report(site, f"relay_fault:{site.studio_door}", fault, minutes=minute)
        jobs.mail_booked(settings, NOW + timedelta(minutes=minute))
    assert sorted(mail.recipient.partition("@")[0] for mail in mails()) == ["first", "second"]


def test_who_has_a_booking_gets_one_mail(site: Site, settings: Settings) -> None:
    check_one_mail(site, settings)
    [mail, _] = mails()
    assert "Use another one" in mail.body
    assert "/bookings" in mail.html


@pytest.mark.thorough
@pytest.mark.planted_fault("a mail has no key")
def test_mailing_without_a_key_fails_the_check(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    post: Callable[..., bool] = mail_service.post

    def without_key(session: Any, **values: Any) -> bool:
        return post(session, **values | {"dedupe": None})

    monkeypatch.setattr(mail_service, "post", without_key)
    with pytest.raises(AssertionError):
        check_one_mail(site, settings)


@pytest.mark.engines("sqlite", "postgresql")
def test_two_jobs_at_once_send_one_mail(app: Flask, site: Site, settings: Settings) -> None:
    for number in range(6):
        a_booking(site, f"student-{number}")
    report(site, f"relay_fault:{site.studio_door}")
    at_once(app, [partial(jobs.mail_booked, settings, NOW)] * 3)
    assert len(mails()) == 6


def test_who_was_sent_to_a_door_that_breaks_too_hears_of_it(site: Site, settings: Settings) -> None:
    a_booking(site)
    report(site, f"relay_fault:{site.studio_door}")
    jobs.mail_booked(settings, NOW)
    report(site, "disk_full", bridge=site.other_bridge, minutes=5)
    jobs.mail_booked(settings, NOW + timedelta(minutes=5))
    bodies = [mail.body for mail in mails()]
    assert ["Use another one" in body for body in bodies] == [True, False]
    report(site, minutes=6)
    jobs.mail_booked(settings, NOW + timedelta(minutes=6))
    assert len(mails()) == 2


def test_a_mail_does_not_leave_once_the_door_works_or_the_booking_is_gone(
    site: Site, settings: Settings
) -> None:
    member, booking = a_booking(site)
    report(site, f"relay_fault:{site.studio_door}")
    jobs.mail_booked(settings, NOW)
    [mail] = mails()
    holds = partial(still_holds, question=mail.question, about=mail.about, now=NOW)
    with reading() as session:
        assert holds(session)
    report(site, minutes=1)
    with reading() as session:
        assert not holds(session)
    report(site, f"relay_fault:{site.studio_door}", minutes=2)
    with writing() as session:
        cancel(session, member_id=member, booking=booking, now=EARLIER)
        assert not holds(session)


def test_a_door_that_the_desk_has_shut_is_told_the_same_way(site: Site, settings: Settings) -> None:
    member, _ = a_booking(site)
    shutdown = shut_door(site, site.studio_door)
    assert "out of use" in told(member)[0]
    for _ in range(2):
        jobs.mail_booked(settings, NOW)
    assert len(mails()) == 1
    with writing() as session:
        lift(session, shutdown, actor=a_staff_actor(session, site, "desk"), now=NOW)
    assert told(member) == []


def test_a_lockdown_says_not_to_come(site: Site, settings: Settings) -> None:
    member, _ = a_booking(site)
    shut_door(site, site.studio_door, "lockdown")
    assert told(member) == ["The doors are shut because of a danger. Do not come there now."]
    jobs.mail_booked(settings, NOW)
    assert mails()[0].subject.startswith("Do not come: ")


def test_a_court_needs_the_door_to_it_alone(site: Site) -> None:
    with writing() as session:
        member, _ = a_member(session, site, "player")
    courts.book(member, site.world.hall_public, SOON, now=NOW)
    report(site, f"relay_fault:{site.studio_door}")
    assert told(member) == []
    report(site, f"relay_fault:{site.court_door}")
    assert len(told(member)) == 1


def broken_on_front_page(now: Any) -> list[str]:
    with reading() as session:
        return [out.place.area_name for out in front_page(session, now).broken]


def test_the_front_page_says_it_while_somebody_may_need_the_door(site: Site) -> None:
    report(site, f"relay_fault:{site.studio_door}")
    assert broken_on_front_page(NOW) == ["Studio"]
    night = NOW + timedelta(hours=11)
    assert broken_on_front_page(night) == [], "it is closed from 22 to 7"
    shut_door(site, site.studio_door)
    assert broken_on_front_page(NOW) == [], "that it is shut stands there already"


@pytest.mark.parametrize("path", ["/", "/campuses"])
def test_guests_read_it_in_their_language(
    app: Flask, site: Site, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.access.front_page.pages.utc_now", lambda: NOW)
    report(site, f"relay_fault:{site.studio_door}")
    page = a_browser(app).get(f"{path}?lang=fi").text
    assert f"Ovi ei nyt toimi: Studio {site.bridge}." in page
    assert f"Käytä toista ovea: Studio {site.other_bridge}." in page


def test_the_page_of_bookings_says_it_at_the_booking(
    app: Flask, site: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("zone.booking.bookings.pages.utc_now", lambda: NOW)
    member, _ = a_booking(site)
    client = signed_in(app, member)
    assert "Use another one" not in client.get("/bookings?lang=en").text
    report(site, f"relay_fault:{site.studio_door}")
    page = client.get("/bookings?lang=en").text
    assert f"Use another one: Studio {site.other_bridge}." in page


def test_a_way_out_that_does_not_work_keeps_nobody_out_and_leads_nowhere(site: Site) -> None:
    with writing() as session:
        door_by_public_id(session, site.studio_door).direction = "out"
    report(site, f"relay_fault:{site.studio_door}")
    with reading() as session:
        assert queries.doors_out(session) == []
    report(site, f"relay_fault:{site.other_door}", bridge=site.other_bridge)
    with reading() as session:
        [out] = queries.doors_out(session)
    assert list(out.others) == [], "no other door leads there"
