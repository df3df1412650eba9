"""Visits come from doors, and attendance from visits: nobody has to check in, and nothing is counted twice."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.access.site import START, Journal, Site, a_member, receive
from tests.booking.world import NOW, a_session, an_offer
from tests.races import at_once
from zone.access import intake, jobs, queries, visits
from zone.access.models import Attendance, Bridge, Entry, Visit
from zone.access.queries import AttendanceList
from zone.booking.models import Booking, ClassSession
from zone.booking.service import book, cancel
from zone.config import Settings
from zone.db import reading, writing
from zone.passes.queries import current_pass

END = START + timedelta(hours=1)
MINUTE = timedelta(minutes=1)


@pytest.fixture
def yoga(site: Site) -> ClassSession:
    with writing() as session:
        return a_session(session, site.world, start=START)


@pytest.fixture
def student(site: Site) -> tuple[int, int]:
    with writing() as session:
        return a_member(session, site, "student")


def booked(member: int, made: ClassSession) -> Booking:
    with writing() as session:
        return book(session, member_id=member, class_session=made.public_id, now=NOW)


def attendance(made: ClassSession) -> AttendanceList:
    with reading() as session:
        return queries.attendance(session, made.public_id)


def statuses(made: ClassSession) -> dict[str, str]:
    return {person.name: person.status for person in attendance(made).people}


def visit_times() -> list[datetime]:
    with reading() as session:
        query = select(Visit.occurred_at).where(Visit.retracted_at.is_(None)).order_by(Visit.occurred_at)
        return list(session.scalars(query))


def enter(site: Site, holder: int, *at: datetime) -> Journal:
    journal = Journal(site.studio_door)
    for moment in at:
        journal.scan(holder, moment)
    receive(site.bridge, journal.upload(), max(at))
    return journal


def test_an_entry_marks_the_booked_person_present(site: Site, yoga: ClassSession, student: tuple[int, int]) -> None:
    booked(student[0], yoga)
    assert statuses(yoga) == {"student": "booked"}
    enter(site, student[1], START - 5 * MINUTE)
    found = attendance(yoga)
    assert (found.booked, found.present, found.drop_in) == (1, 1, 0)
    assert [(person.status, person.at) for person in found.people] == [("present", START - 5 * MINUTE)]


def test_an_entry_without_a_booking_is_a_drop_in(site: Site, yoga: ClassSession, student: tuple[int, int]) -> None:
    enter(site, student[1], START)
    assert statuses(yoga) == {"student": "drop_in"}


@pytest.mark.parametrize(
    ("minutes", "counts"), [(-30.01, False), (-30, True), (0, True), (15, True), (15.01, False), (40, False)]
)
def test_presence_counts_from_30_minutes_before_to_15_after_the_start(
    site: Site, yoga: ClassSession, student: tuple[int, int], minutes: float, counts: bool
) -> None:
    booked(student[0], yoga)
    enter(site, student[1], START + minutes * MINUTE)
    assert statuses(yoga) == {"student": "present" if counts else "booked"}


def test_the_lobby_proves_a_visit_and_no_presence(site: Site, yoga: ClassSession, student: tuple[int, int]) -> None:
    journal = Journal(site.lobby_door)
    journal.scan(student[1], START)
    receive(site.bridge, journal.upload())
    assert visit_times() == [START]
    assert attendance(yoga).people == ()


def test_a_cancelled_booking_makes_a_drop_in(site: Site, yoga: ClassSession, student: tuple[int, int]) -> None:
    made = booked(student[0], yoga)
    with writing() as session:
        cancel(session, member_id=student[0], booking=made.public_id, now=NOW)
    enter(site, student[1], START)
    assert statuses(yoga) == {"student": "drop_in"}


def test_between_two_classes_the_booked_one_counts_else_the_nearest(site: Site, student: tuple[int, int]) -> None:
    with writing() as session:
        early = a_session(session, site.world, start=START, minutes=25)
        late = a_session(session, site.world, start=START + 25 * MINUTE, minutes=60)
        _, other_holder = a_member(session, site, "other")
    booked(student[0], late)
    enter(site, student[1], START + 2 * MINUTE)
    enter_other = Journal(site.other_door)
    enter_other.scan(other_holder, START + 2 * MINUTE)
    receive(site.other_bridge, enter_other.upload())
    assert statuses(early) == {"other": "drop_in"}
    assert statuses(late) == {"student": "present"}


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "changed",
    [{"granted": False}, {"leaving": True}, {"kind": "forced_open"}, {"kind": "exit_request"}, {"holder": None}],
)
def test_what_is_no_coming_in_of_a_known_person_is_no_visit(
    site: Site, student: tuple[int, int], changed: dict[str, Any]
) -> None:
    journal = Journal(site.studio_door)
    journal.append(replace(journal.scan(student[1], START), **changed))
    del journal.rows[0]
    receive(site.bridge, journal.upload())
    assert visit_times() == []


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    ("seconds", "expected"),
    [((0, 60), [0]), ((0, 61), [0, 61]), ((0, 50, 100), [0]), ((0, 50, 120), [0, 120]), ((0,), [0])],
)
def test_coming_in_again_within_60_seconds_is_the_same_visit(
    site: Site, student: tuple[int, int], seconds: Sequence[int], expected: list[int]
) -> None:
    enter(site, student[1], *(START + timedelta(seconds=second) for second in seconds))
    assert visit_times() == [START + timedelta(seconds=second) for second in expected]


def check_where_nobody_entered_there_is_no_visit(site: Site, yoga: ClassSession, student: tuple[int, int]) -> None:
    """A contact says that the door stayed shut: no visit, no presence, however the two entries arrive."""
    booked(student[0], yoga)
    journal = Journal(site.studio_door)
    scan = journal.scan(student[1], START)
    journal.not_opened(scan)
    receive(site.bridge, journal.upload(1, 1))
    assert statuses(yoga) == {"student": "present"}
    receive(site.bridge, journal.upload(2, 2))
    assert visit_times() == []
    assert statuses(yoga) == {"student": "booked"}


def test_a_grant_that_nobody_used_is_no_visit(site: Site, yoga: ClassSession, student: tuple[int, int]) -> None:
    check_where_nobody_entered_there_is_no_visit(site, yoga, student)


@pytest.mark.planted_fault("the door's contact is ignored")
def test_without_the_contact_a_visit_is_made_up(
    site: Site, yoga: ClassSession, student: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(intake, "tells_of_visits", lambda entry: entry.kind == "scan")
    with pytest.raises(AssertionError):
        check_where_nobody_entered_there_is_no_visit(site, yoga, student)


def test_the_contact_may_be_heard_first(site: Site, student: tuple[int, int]) -> None:
    journal = Journal(site.studio_door)
    journal.not_opened(journal.scan(student[1], START))
    receive(site.bridge, journal.upload(2, 2))
    receive(site.bridge, journal.upload(1, 1))
    assert visit_times() == []


def test_who_enters_at_the_second_try_is_present(site: Site, yoga: ClassSession, student: tuple[int, int]) -> None:
    journal = Journal(site.studio_door)
    first = journal.scan(student[1], START)
    journal.scan(student[1], START + 2 * MINUTE)
    receive(site.bridge, journal.upload())
    journal.not_opened(first)
    receive(site.bridge, journal.upload(3, 3))
    assert visit_times() == [START + 2 * MINUTE]
    assert [person.at for person in attendance(yoga).people] == [START + 2 * MINUTE]


def check_replays_change_nothing(site: Site, yoga: ClassSession, student: tuple[int, int]) -> None:
    """The property of invariant 5 behind the intake: an upload that comes again makes no visit, presence or use."""
    booked(student[0], yoga)
    journal = enter(site, student[1], START)
    for _ in range(2):
        receive(site.bridge, journal.upload(), START + MINUTE)
    with reading() as session:
        assert len(session.scalars(select(Visit)).all()) == 1
        assert len(session.scalars(select(Attendance)).all()) == 1


def test_an_upload_that_comes_again_changes_nothing(site: Site, yoga: ClassSession, student: tuple[int, int]) -> None:
    check_replays_change_nothing(site, yoga, student)


@pytest.mark.planted_fault("duplicates are taken for new entries")
def test_an_intake_that_takes_duplicates_for_new_counts_twice(
    site: Site, yoga: ClassSession, student: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = intake.receive

    def careless(session: object, *args: object) -> object:
        receipt = genuine(session, *args)  # type: ignore[arg-type]  # as receive
        for model in (Attendance, Visit, Entry):
            session.execute(model.__table__.update().values(**_again[model]))  # type: ignore[attr-defined]  # a table, for mypy a FromClause
        return receipt

    _again: dict[type, dict[str, object]] = {
        Attendance: {"retracted_at": NOW}, Visit: {"retracted_at": NOW}, Entry: {"pending": True}
    }  # fmt: skip
    monkeypatch.setattr(intake, "receive", careless)
    with pytest.raises(AssertionError):
        check_replays_change_nothing(site, yoga, student)


def test_two_derivations_at_once_make_each_visit_once(app: Flask, site: Site, student: tuple[int, int]) -> None:
    journal = Journal(site.studio_door)
    for n in range(20):
        journal.scan(student[1], START + n * 2 * MINUTE)
    with writing() as session:
        intake.receive(session, site.bridge, journal.upload(), START)

    def derive() -> int:
        with writing() as session:
            return visits.derive(session, START)

    assert sum(at_once(app, [derive] * 4)) == 20
    assert len(visit_times()) == 20


def test_the_first_verified_use_takes_the_pass_into_use(site: Site, student: tuple[int, int]) -> None:
    enter(site, student[1], START)
    with reading() as session:
        held = current_pass(session, student[0], END)
    assert held is not None
    assert held.activated_at == START


def test_entries_of_an_offline_door_count_by_the_time_they_happened(
    site: Site, yoga: ClassSession, student: tuple[int, int]
) -> None:
    booked(student[0], yoga)
    journal = Journal(site.studio_door)
    journal.scan(student[1], START)
    receive(site.bridge, journal.upload(), START + timedelta(days=3))
    assert statuses(yoga) == {"student": "present"}
    assert visit_times() == [START]


def contact(bridge: int, *, since: datetime | None, seen: datetime | None, backlog: int = 0) -> None:
    with writing() as session:
        found = session.get_one(Bridge, bridge)
        found.online_since, found.seen_at, found.backlog = since, seen, backlog


def all_online(site: Site, seen: datetime) -> None:
    for bridge in (site.bridge, site.other_bridge):
        contact(bridge, since=NOW, seen=seen)


def settled(settings: Settings, at: datetime, made: Booking) -> str:
    jobs.settle(settings, at)
    with reading() as session:
        return session.get_one(Booking, made.id).state


def test_who_was_not_seen_is_a_no_show_and_who_was_has_attended(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    with writing() as session:
        other, _ = a_member(session, site, "other")
    came, stayed_away = booked(student[0], yoga), booked(other, yoga)
    enter(site, student[1], START)
    all_online(site, END + 20 * MINUTE)
    assert settled(settings, END + 14 * MINUTE, stayed_away) == "booked"
    assert settled(settings, END + 20 * MINUTE, stayed_away) == "no_show"
    assert settled(settings, END + 20 * MINUTE, came) == "attended"
    assert statuses(yoga) == {"student": "present", "other": "no_show"}


def check_an_offline_door_makes_no_no_show(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    """A person who entered at a door that is offline must not be punished, for however long it stays so."""
    made = booked(student[0], yoga)
    all_online(site, END + timedelta(days=9))
    contact(site.other_bridge, since=NOW, seen=START - MINUTE)
    for late in (20 * MINUTE, timedelta(hours=6), timedelta(days=9)):
        assert settled(settings, END + late, made) == "booked"


def test_an_offline_door_never_makes_a_no_show(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    check_an_offline_door_makes_no_no_show(site, settings, yoga, student)


@pytest.mark.planted_fault("absence needs no proof")
def test_absence_without_proof_punishes_the_wrong_person(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "absence_is_proven", lambda *_: True)
    with pytest.raises(AssertionError):
        check_an_offline_door_makes_no_no_show(site, settings, yoga, student)


def check_who_stays_for_the_next_class_is_no_no_show(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    """Nobody walks out and in again between two classes in one room."""
    with writing() as session:
        following = a_session(session, site.world, start=END + 5 * MINUTE)
        other, _ = a_member(session, site, "other")
    booked(student[0], yoga)
    stays, stays_away = booked(student[0], following), booked(other, following)
    enter(site, student[1], START)
    all_online(site, END + timedelta(hours=3))
    assert settled(settings, END + timedelta(hours=3), stays_away) == "no_show"
    assert settled(settings, END + timedelta(hours=3), stays) == "booked"


def test_who_stays_for_the_next_class_is_no_no_show(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    check_who_stays_for_the_next_class_is_no_no_show(site, settings, yoga, student)


@pytest.mark.planted_fault("people who may have stayed are forgotten")
def test_forgetting_who_may_have_stayed_punishes_them(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "stayed_on", lambda *_: set())
    with pytest.raises(AssertionError):
        check_who_stays_for_the_next_class_is_no_no_show(site, settings, yoga, student)


def test_a_door_that_has_just_come_back_is_given_time_to_tell(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    made = booked(student[0], yoga)
    back, later = END + timedelta(hours=3), END + timedelta(hours=3, minutes=20)
    all_online(site, later)
    contact(site.bridge, since=back, seen=back)
    assert settled(settings, back + MINUTE, made) == "booked"
    contact(site.bridge, since=back, seen=later, backlog=3)
    assert settled(settings, later, made) == "booked"
    contact(site.bridge, since=back, seen=later)
    assert settled(settings, later, made) == "no_show"


def test_a_space_without_a_door_that_proves_presence_makes_no_no_show(
    site: Site, settings: Settings, student: tuple[int, int]
) -> None:
    with writing() as session:
        made = a_session(session, site.world, start=START, offer=an_offer(site.world, space=site.world.hall))
    all_online(site, END + timedelta(days=1))
    assert settled(settings, END + timedelta(days=1), booked(student[0], made)) == "booked"


def test_an_entry_that_comes_after_the_no_show_takes_it_back(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    made = booked(student[0], yoga)
    all_online(site, END + 20 * MINUTE)
    assert settled(settings, END + 20 * MINUTE, made) == "no_show"
    journal = Journal(site.studio_door)
    journal.scan(student[1], START)
    receive(site.bridge, journal.upload(), END + timedelta(hours=5))
    assert settled(settings, END + timedelta(hours=6), made) == "attended"
    assert statuses(yoga) == {"student": "present"}


def test_the_job_derives_what_uploads_left_over(site: Site, settings: Settings, student: tuple[int, int]) -> None:
    journal = Journal(site.studio_door)
    for n in range(visits.AT_ONCE + 5):
        journal.scan(student[1], START + n * 2 * MINUTE)
    with writing() as session:
        intake.receive(session, site.bridge, journal.upload(), START)
    assert jobs.derive_visits(settings, START) == visits.AT_ONCE + 5
    assert len(visit_times()) == visits.AT_ONCE + 5
    assert jobs.derive_visits(settings, START) == 0
