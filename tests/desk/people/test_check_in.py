"""Checking in without a phone: the rule of the door, the visit, attendance and figures."""

import uuid
from dataclasses import replace
from datetime import time, timedelta
from functools import partial

import pytest
from flask import Flask
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from firmware_bridge.wire import decide as rule
from firmware_bridge.wire import token as codes
from firmware_bridge.wire.decide import Decision, DoorContext
from firmware_bridge.wire.reasons import Reason
from tests.world.booking import NOW, a_session
from tests.world.counter import Desk, Person, a_person, audited, browser, call, count
from tests.world.people import an_actor
from tests.world.races import at_once
from tests.world.site import START, Journal, a_phone, derive_visits, judged_at_desk, receive
from tests.world.statements import statements
from zone.access.areas.models import Area
from zone.access.attendance import queries as attendance_queries
from zone.access.attendance.models import Attendance
from zone.access.check_in import rules as check_in_rules
from zone.access.check_in import service as check_in_service
from zone.access.check_in.context import person_known
from zone.access.doors.models import Door
from zone.access.entries import jobs as entries_jobs
from zone.access.visits import queries as visits_queries
from zone.access.visits.models import Visit
from zone.booking.bookings import service as bookings
from zone.core.clock import utc_now
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.desk.people import service as people_service
from zone.members.suspensions import service as suspensions
from zone.passes.passes.models import PassEvent
from zone.places.opening_hours.service import set_exception

WINDOW = (NOW - timedelta(days=1), NOW + timedelta(days=1))


def check_in(
    desk: Desk,
    person: Person,
    door: uuid.UUID,
    now: object = START,
    override: str | None = None,
    roles: frozenset[str] = frozenset({"desk"}),
) -> check_in_service.CheckIn:
    with writing() as session:
        return people_service.check_in(
            session,
            an_actor(desk.staff_id, *roles),
            person.public,
            door=door,
            override=override,
            now=now,  # type: ignore[arg-type]  # a moment
        )


def check_desk_and_door_agree(desk: Desk, settings: Settings) -> None:
    """The property: desk and door decide the same about a person."""
    site = desk.site
    entitled, without_pass, suspended = (
        a_person(desk, name, with_pass=name != "without", now=NOW)
        for name in ("entitled", "without", "suspended")
    )
    with writing() as session:
        suspensions.add_suspension(
            session, suspended.id, reason="x", ends_at=None, now=NOW, recorded_by=desk.staff_id
        )
        session.execute(update(Area).where(Area.name == "Lobby").values(always_open=False))
        session.execute(
            update(Door).where(Door.public_id == site.other_door).values(state="lockdown")
        )
    night = NOW + timedelta(hours=12)
    cases = [
        (entitled, site.studio_door, NOW, Reason.GRANTED),
        (entitled, site.lobby_door, night, Reason.CLOSED),
        (entitled, site.court_door, NOW, Reason.NOT_BOOKED),
        (entitled, site.other_door, NOW, Reason.LOCKDOWN),
        (without_pass, site.studio_door, NOW, Reason.NO_RIGHT),
        (suspended, site.studio_door, NOW, Reason.SUSPENDED),
    ]
    for person, door, now, expected in cases:
        with writing() as session:
            phone = a_phone(session, person.id, settings, now)
        with reading() as session:
            code = codes.sign_short(phone.key, int(now.timestamp())).encode()
            assert (
                check_in_service.judge(session, door, code, now, settings=settings).reason
                == expected
            )
        with writing() as session:
            assert judged_at_desk(session, person.id, door, now).reason == expected


def test_the_desk_judges_a_person_as_the_door_judges_their_phone(
    desk: Desk, settings: Settings
) -> None:
    check_desk_and_door_agree(desk, settings)


@pytest.mark.planted_fault("the desk decides by a rule of its own")
def test_a_desk_with_a_rule_of_its_own_fails_the_check(
    desk: Desk, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = rule.decide

    def own_rule(context: DoorContext, now: float) -> Decision:
        """The rule without suspensions."""
        answer = genuine(context, now)
        return Decision(True, Reason.GRANTED) if answer.reason is Reason.SUSPENDED else answer

    monkeypatch.setattr(check_in_rules, "decide", own_rule)
    with pytest.raises(AssertionError):
        check_desk_and_door_agree(desk, settings)


def test_a_check_in_makes_the_visit_and_attendance_that_a_door_makes(desk: Desk) -> None:
    person = a_person(desk, now=NOW)
    with writing() as session:
        booked = a_session(session, desk.site.world, start=START)
        bookings.book(session, member_id=person.id, class_session=booked.public_id, now=NOW)
    answer = check_in(desk, person, desk.site.studio_door)
    assert (answer.granted, answer.reason, answer.overridden) == (True, Reason.GRANTED, False)
    with reading() as session:
        visit = session.scalars(select(Visit)).one()
        assert (visit.source, visit.entry_id, visit.institution_code) == (
            "desk",
            None,
            "metropolia",
        )
        listed = attendance_queries.attendance(session, booked.public_id)
        events = dict(session.execute(select(PassEvent.kind, PassEvent.by)).all())
    assert (listed.present, listed.drop_in) == (1, 0)
    assert events["activated"] == events["first_used"] == "desk"


def asked_of_the_database(desk: Desk, person: Person) -> list[str]:
    """Return the statements of a check-in by the API, with the first words of each."""
    door = {"door": str(desk.site.studio_door)}
    with statements() as recorded:
        answer = call(desk.staff, f"/people/{person.public}/check-ins", door)
    assert answer.get_json()["granted"]
    told = [" ".join(one.split()) for one in recorded]
    return [
        one.partition(" (")[0] if one.startswith("INSERT") else one.split()[0]
        for one in told
        if not one.startswith(("BEGIN", "COMMIT", "PRAGMA"))
    ]


def test_a_check_in_takes_six_statements(desk: Desk) -> None:
    """It took 29: of a person who has used their pass before, after the one for the sign-in."""
    with writing() as session:
        session.execute(update(Area).values(always_open=False))
    person = a_person(desk)
    set_open_hours(desk)
    asked_of_the_database(desk, person)
    with writing() as session:
        # So that the second check-in is not the same visit again.
        session.execute(update(Visit).values(retracted_at=utc_now()))
    sign_in, *told = asked_of_the_database(desk, person)
    assert (sign_in, told) == (
        "SELECT",
        [
            "SELECT",  # who comes to which door, with a lock; its opening hours
            "SELECT",  # what is known of them
            "INSERT INTO visit",
            "INSERT INTO row_record",
            "SELECT",  # the sessions that they may have come to
            "INSERT INTO audit",
        ],
    )


def set_open_hours(desk: Desk) -> None:
    """Let the campus be open all of today, whenever the test runs."""
    today = helsinki_date(utc_now())
    with writing() as session:
        for day in (today - timedelta(days=1), today, today + timedelta(days=1)):
            set_exception(
                session,
                campus_id=desk.site.world.campus,
                day=day,
                opens=time(0, 0),
                closes=time(23, 59),
                reason="test",
            )


def test_a_refused_check_in_gives_its_reason_and_is_audited(desk: Desk) -> None:
    person = a_person(desk, with_pass=False)
    answer = call(
        desk.staff, f"/people/{person.public}/check-ins", {"door": str(desk.site.studio_door)}
    )
    body = answer.get_json()
    assert (answer.status_code, body["granted"], body["reason"], body["remedy"]) == (
        200,
        False,
        "no_right",
        "sell",
    )
    assert body["detail"].startswith("Your pass does not include")
    assert count(Visit) == 0
    assert audited("desk.check_in") == 1


def test_only_a_manager_lets_in_against_the_rule_and_says_why(desk: Desk) -> None:
    person = a_person(desk, with_pass=False)
    path = f"/people/{person.public}/check-ins"
    body = {"door": str(desk.site.studio_door), "override": "Lost the bag, known to me"}
    refused = call(desk.staff, path, body)
    assert (refused.status_code, refused.get_json()["code"]) == (403, "override_by_manager")
    answer = call(browser(desk, "manager"), path, body).get_json()
    assert (answer["granted"], answer["overridden"], answer["reason"]) == (True, True, "no_right")
    assert count(Visit) == 1
    rows = desk_audit(browser(desk, "manager"), "desk.check_in")
    assert [row["reason"] for row in rows] == ["Lost the bag, known to me"]


def desk_audit(client: object, action: str) -> list[dict[str, object]]:
    rows: list[dict[str, object]] = client.get(f"/api/v1/audit?action={action}").get_json()["rows"]  # type: ignore[attr-defined]  # a browser
    return rows


def test_nobody_is_let_in_against_a_lockdown(desk: Desk) -> None:
    person = a_person(desk)
    with writing() as session:
        session.execute(
            update(Door).where(Door.public_id == desk.site.studio_door).values(state="lockdown")
        )
    body = {"door": str(desk.site.studio_door), "override": "please"}
    answer = call(browser(desk, "manager"), f"/people/{person.public}/check-ins", body)
    assert (answer.status_code, answer.get_json()["code"]) == (409, "never_overridden")
    assert count(Visit) == 0


def test_a_check_in_right_after_the_door_makes_no_second_visit(desk: Desk) -> None:
    person = a_person(desk, now=NOW)
    journal = Journal(desk.site.studio_door)
    journal.scan(person.holder, START - timedelta(seconds=40))
    receive(desk.site.bridge, journal.upload(), START)
    assert check_in(desk, person, desk.site.studio_door).again
    assert count(Visit) == 1


def check_desks_let_in_once(app: Flask, desk: Desk, person: Person) -> None:
    """Eight desks check one person in at once: one visit."""
    answers = at_once(
        app, [partial(check_in, desk, person, desk.site.studio_door) for _ in range(8)]
    )
    assert [check_in.granted for check_in in answers] == [True] * 8
    assert count(Visit) == count(Attendance) == 1


@pytest.fixture
def expected(desk: Desk) -> Person:
    """A person who has booked the class that begins now."""
    person = a_person(desk, now=NOW)
    with writing() as session:
        booked = a_session(session, desk.site.world, start=START)
        bookings.book(session, member_id=person.id, class_session=booked.public_id, now=NOW)
    return person


@pytest.mark.engines("sqlite", "postgresql")
def test_desks_that_check_in_the_same_person_at_once_make_one_visit(
    app: Flask, desk: Desk, expected: Person
) -> None:
    check_desks_let_in_once(app, desk, expected)


@pytest.mark.thorough
@pytest.mark.planted_fault("a check-in does not look for an earlier one")
def test_a_check_in_that_does_not_look_back_counts_it_again(
    app: Flask, desk: Desk, expected: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        check_in_service,
        "person_known",
        lambda *args: replace(person_known(*args), last_visit=None),
    )
    with pytest.raises(AssertionError):
        check_desks_let_in_once(app, desk, expected)


def check_the_figures_tell_door_from_desk(desk: Desk) -> None:
    """The property: three visits by the door and one by the desk are a capture rate of 3 in 4."""
    people = [a_person(desk, f"p{number}", now=NOW) for number in range(4)]
    journal = Journal(desk.site.studio_door)
    for number, person in enumerate(people[:3]):
        journal.scan(person.holder, START + timedelta(seconds=number))
    receive(desk.site.bridge, journal.upload(), START)
    check_in(desk, people[3], desk.site.studio_door, START + timedelta(minutes=1))
    with reading() as session:
        before = visits_queries.capture_rate(session, WINDOW, START)
        after = visits_queries.capture_rate(session, WINDOW, START + timedelta(hours=1))
        verified = visits_queries.visit_counts(session, WINDOW, START + timedelta(hours=1))
    assert (before.by_door, before.visits, str(before.rate)) == (3, 3, "1")
    assert (after.by_door, after.visits, str(after.rate)) == (3, 4, "0.75")
    assert sum(count.visits for count in verified) == 3, "only what a door saw is verified"


def test_the_capture_rate_is_door_visits_of_all_visits(desk: Desk) -> None:
    check_the_figures_tell_door_from_desk(desk)


@pytest.mark.planted_fault("the capture rate leaves the desk out")
def test_a_capture_rate_that_leaves_the_desk_out_fails_the_check(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = visits_queries.known_visits
    monkeypatch.setattr(
        visits_queries, "known_visits", lambda *args: (*genuine(*args), Visit.source == "door")
    )
    with pytest.raises(AssertionError):
        check_the_figures_tell_door_from_desk(desk)


def test_a_late_entry_at_the_door_takes_no_visit_of_the_desk_back(desk: Desk) -> None:
    person = a_person(desk, now=NOW)
    check_in(desk, person, desk.site.studio_door)
    journal = Journal(desk.site.studio_door)
    journal.scan(person.holder, START - timedelta(hours=2))
    receive(desk.site.bridge, journal.upload(), START + timedelta(minutes=5))
    derive_visits()
    assert count(Visit, Visit.retracted_at.is_(None)) == 2


def test_after_the_retention_time_the_visit_names_nobody_and_still_counts(
    desk: Desk, settings: Settings
) -> None:
    check_in(desk, a_person(desk, now=NOW), desk.site.studio_door)
    later = START + Settings().person_kept + timedelta(days=1)
    entries_jobs.remove_people(settings, later)
    with reading() as session:
        assert session.scalars(select(Visit.member_id)).all() == [None]
        assert visits_queries.capture_rate(session, WINDOW, later).visits == 1


@pytest.mark.engines("sqlite", "postgresql")
def test_the_database_knows_a_doors_visit_from_the_desks(desk: Desk) -> None:
    person = a_person(desk, now=NOW)
    journal = Journal(desk.site.studio_door)
    journal.scan(person.holder, START)
    receive(desk.site.bridge, journal.upload(), START)
    values: tuple[dict[str, object], ...] = (
        {"source": "desk", "entry_id": 1},
        {"source": "door", "entry_id": None},
        {"source": "roof"},
    )
    for wrong in values:
        with pytest.raises(IntegrityError, match="ck_visit_source"), writing() as session:
            session.execute(update(Visit).values(**wrong))


def test_a_check_in_at_an_unknown_door_or_of_nobody_is_not_found(
    desk: Desk, person: Person
) -> None:
    door = {"door": str(uuid.uuid4())}
    assert call(desk.staff, f"/people/{person.public}/check-ins", door).status_code == 404
    request = {"door": str(desk.site.studio_door)}
    assert call(desk.staff, f"/people/{uuid.uuid4()}/check-ins", request).status_code == 404
    assert (count(Visit), audited("desk.check_in")) == (0, 0)
