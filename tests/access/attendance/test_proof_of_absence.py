"""A mark is made only where nothing can have missed the person, and people are told of it."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta

import pytest
from flask import Flask
from sqlalchemy import select, update

from tests.access.attendance.test_no_shows import END, MINUTE, all_online, settled
from tests.world.booking import NOW, a_session
from tests.world.marks import a_mark
from tests.world.people import signed_in
from tests.world.site import (
    START,
    Journal,
    Site,
    a_member,
    a_staff_actor,
    attendance,
    booked,
    let_in_at_desk,
    receive,
    statuses,
)
from zone.access.alarms.models import BridgeAlarm
from zone.access.attendance import context as attendance_context
from zone.access.attendance import jobs as attendance_jobs
from zone.access.attendance import service as attendance_service
from zone.access.doors.models import Door
from zone.access.entries import jobs as entries_jobs
from zone.access.entries.models import Quarantine
from zone.access.shutdowns.models import Shutdown
from zone.access.shutdowns.service import ShutPlace, lift, shut
from zone.booking.attendance_marks.queries import counting_marks
from zone.booking.bookings.models import Booking
from zone.booking.no_shows import service as no_shows
from zone.booking.sessions.models import ClassSession
from zone.core.audit.models import AuditRow
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.errors import DomainError
from zone.core.identity import Actor
from zone.core.ids import new_public_id
from zone.core.mail.models import OutboxMail
from zone.core.time import helsinki_date
from zone.members.people.queries import member_by_id
from zone.members.roles.service import grant_role
from zone.places.opening_hours.service import set_exception
from zone.places.terms.service import create_season

LATER = END + 20 * MINUTE
Fault = Callable[[Site], None]


def an_alarm(
    kind: str, since: datetime, until: datetime | None = None, *, door: bool = False
) -> Fault:
    def store(site: Site) -> None:
        with writing() as session:
            row = session.scalars(select(Door).where(Door.public_id == site.studio_door)).one()
            alarm = BridgeAlarm(
                public_id=new_public_id(),
                bridge_id=site.bridge,
                door_id=row.id if door else None,
                kind=kind,
                seq=7 if kind in ("chain_break", "forced_open") else None,
                recorded_at=since,
                cleared_at=until,
            )
            session.add(alarm)

    return store


def a_lockdown(since: datetime, until: datetime) -> Fault:
    """All doors were shut, and are not any more."""

    def store(site: Site) -> None:
        with writing() as session:
            actor = a_staff_actor(session, site, "desk")
            everywhere = ShutPlace()
            made = shut(session, everywhere, "lockdown", reason="A drill", actor=actor, now=since)
            lift(session, made.id, actor=actor, now=until)

    return store


def a_block_from_before_reasons(told: datetime, until: datetime) -> Fault:
    """A door was blocked, and the update of the server has made a shutdown of that."""

    def store(site: Site) -> None:
        a_lockdown(told, until)(site)
        with writing() as session:
            [row] = session.scalars(select(Shutdown))
            row.reason, row.shut_by = "", None

    return store


def an_entry(kind: str, *at: datetime, **last: str) -> Fault:
    """Entries of one kind, and one of another kind (`then`) after the last of them."""

    def store(site: Site) -> None:
        journal = Journal(site.studio_door)
        kinds = [kind] * (len(at) - ("then" in last)) + ([last["then"]] if last else [])
        for moment, its_kind in zip(at, kinds, strict=True):
            scan = journal.scan(1, moment, granted=False)
            journal.rows[-1] = replace(scan, kind=its_kind, reason=None, holder=None, kid=None)
        receive(site.bridge, journal.upload(), END)

    return store


def a_door_state(state: str) -> Fault:
    def store(site: Site) -> None:
        with writing() as session:
            session.execute(
                update(Door).where(Door.public_id == site.studio_door).values(state=state)
            )

    return store


def no_bridge(site: Site) -> None:
    with writing() as session:
        session.execute(
            update(Door).where(Door.public_id == site.other_door).values(bridge_id=None)
        )


def a_closed_day(site: Site) -> None:
    with writing() as session:
        set_exception(
            session,
            campus_id=site.world.campus,
            day=helsinki_date(START),
            opens=None,
            closes=None,
            reason="Floor",
        )


def unread_rows(site: Site) -> None:
    with writing() as session:
        row = Quarantine(bridge_id=site.bridge, digest=b"1", raw="?", why="shape", recorded_at=END)
        session.add(row)


@pytest.mark.parametrize(
    "fault",
    [
        an_alarm("relay_fault", START - 9 * MINUTE, START + MINUTE, door=True),
        an_alarm("reader_lost", START - timedelta(days=3), door=True),
        an_alarm("offline", START + 19 * MINUTE, START + 25 * MINUTE),
        an_alarm("disk_full", START - timedelta(hours=1), START - 30 * MINUTE),
        an_alarm("clock_unset", START),
        an_alarm("journal_chain", START),
        an_alarm("chain_break", LATER),
        an_entry("relay_fault", START),
        an_entry("reader_lost", START - timedelta(hours=3)),
        an_entry("reader_lost", START - timedelta(hours=3), START, then="reader_back"),
        an_entry("held_open", START - 50 * MINUTE),
        an_entry("forced_open", START),
        an_entry("opened_by_desk", START),
        an_entry("started", START + 14 * MINUTE),
        an_entry("released", START - timedelta(hours=3)),
        an_entry("released", START - timedelta(hours=3), START, then="release_ended"),
        an_entry("released", START - timedelta(hours=3), START, then="started"),
        a_lockdown(START - 50 * MINUTE, START - 5 * MINUTE),
        a_lockdown(START + MINUTE, START + 2 * MINUTE),
        a_block_from_before_reasons(END + MINUTE, END + 2 * MINUTE),
        a_door_state("blocked"),
        a_door_state("released"),
        no_bridge,
        unread_rows,
        a_closed_day,
    ],
)
def test_a_door_that_may_have_missed_somebody_makes_no_no_show(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int], fault: Fault
) -> None:
    made = booked(student[0], yoga)
    all_online(site, LATER)
    fault(site)
    assert settled(settings, LATER, made) == "booked"


@pytest.mark.parametrize(
    "past",
    [
        an_alarm("relay_fault", START - timedelta(hours=2), START - timedelta(hours=1), door=True),
        an_alarm("offline", START + 21 * MINUTE, START + 40 * MINUTE),
        a_lockdown(START - timedelta(hours=3), START - timedelta(hours=2)),
        an_entry(
            "released",
            START - timedelta(hours=3),
            START - timedelta(hours=1),
            then="release_ended",
        ),
        an_alarm("forced_open", START - timedelta(hours=2), door=True),
        an_alarm("code_used_twice", START),
        an_alarm("unreadable", START, door=True),
        an_alarm("journal_filling", START),
        an_entry(
            "reader_lost",
            START - timedelta(hours=3),
            START - timedelta(hours=1),
            then="reader_back",
        ),
        an_entry("started", START - timedelta(hours=2)),
    ],
)
def test_a_fault_at_another_time_is_no_excuse(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int], past: Fault
) -> None:
    made = booked(student[0], yoga)
    all_online(site, LATER)
    past(site)
    assert settled(settings, LATER, made) == "no_show"


@pytest.mark.planted_fault("the health of doors is not asked")
def test_without_the_health_of_doors_the_check_fails(
    site: Site,
    settings: Settings,
    yoga: ClassSession,
    student: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(attendance_context, "_alarms", lambda *_: iter(()))
    fault = an_alarm("reader_lost", START - timedelta(days=3), door=True)
    with pytest.raises(AssertionError):
        test_a_door_that_may_have_missed_somebody_makes_no_no_show(
            site, settings, yoga, student, fault
        )


def test_whom_the_desk_let_in_is_present(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    """Also through the lobby, which proves nothing by itself."""
    with writing() as session:
        early, _ = a_member(session, site, "early")
        lobby = session.scalars(select(Door.area_id).where(Door.public_id == site.lobby_door)).one()
    made, also = booked(student[0], yoga), booked(early, yoga)
    with writing() as session:
        let_in_at_desk(session, early, lobby, START - timedelta(hours=2))
        let_in_at_desk(session, student[0], lobby, START - 10 * MINUTE)
    all_online(site, LATER)
    assert settled(settings, LATER, made) == "attended"
    assert settled(settings, LATER, also) == "booked", "let in that day: nobody can be sure"


@pytest.mark.parametrize("seen", ["refused at the door", "let in, and the door did not open"])
def test_who_held_a_code_to_the_door_gets_no_mark(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int], seen: str
) -> None:
    made = booked(student[0], yoga)
    journal = Journal(site.studio_door)
    scan = journal.scan(student[1], START, granted=seen != "refused at the door")
    if scan.granted:
        journal.not_opened(scan)
    receive(site.bridge, journal.upload(), END)
    all_online(site, LATER)
    assert settled(settings, LATER, made) == "booked"


def sighting_refused(work: Callable[[], None]) -> list[str]:
    try:
        work()
    except DomainError as refusal:
        return [reason.code for reason in refusal.reasons]
    return []


@pytest.mark.parametrize("marked", [False, True])
def test_whom_the_instructor_saw_is_present(
    app: Flask,
    site: Site,
    settings: Settings,
    yoga: ClassSession,
    student: tuple[int, int],
    marked: bool,
) -> None:
    """Before the mark is made, or after it, which takes it back."""
    made = booked(student[0], yoga)
    with writing() as session:
        instructor = a_staff_actor(session, site, "instructor")
        other = a_staff_actor(session, site, "instructor")
        session.get_one(ClassSession, yoga.id).instructor_id = instructor.id
        person = member_by_id(session, student[0]).public_id
    all_online(site, LATER)
    if marked:
        assert settled(settings, LATER, made) == "no_show"

    def see(actor: Actor = instructor, at: datetime = END) -> None:
        with writing() as session:
            attendance_service.record_sighting(session, actor, yoga.public_id, person, now=at)

    assert sighting_refused(lambda: see(other)) == ["forbidden"]
    assert sighting_refused(lambda: see(at=START - 31 * MINUTE)) == ["attendance_too_early"]
    for _ in range(2):  # the second tap changes nothing
        assert sighting_refused(see) == []
    assert settled(settings, LATER, made) == "attended"
    assert statuses(yoga) == {"student": "present"}
    with reading() as session:
        rows = session.scalars(select(AuditRow).where(AuditRow.action == "attendance.see")).all()
        assert [row.object_id for row in rows] == [str(person)]
    entries_jobs.remove_people(settings, END + timedelta(days=400))
    assert attendance(yoga).present == 1, "counts stay after the retention time"


def no_show_mails() -> list[OutboxMail]:
    with reading() as session:
        query = select(OutboxMail).where(OutboxMail.template.startswith("booking/no_show"))
        return list(session.scalars(query.order_by(OutboxMail.id)))


def leave_one_place(class_session: ClassSession) -> None:
    """Let nobody else book, so that a booking that is not used is a mark."""
    with writing() as session:
        session.get_one(ClassSession, class_session.id).bookable = 1


def test_a_mail_tells_of_each_mark_and_staff_excuse(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    made = booked(student[0], yoga)
    leave_one_place(yoga)
    all_online(site, LATER)
    for at in (LATER, LATER + MINUTE):
        assert settled(settings, at, made) == "no_show"
    [mail] = no_show_mails()
    assert (mail.template, mail.recipient) == ("booking/no_show", "student@zone.example")
    assert "count now: 1" in mail.body
    with writing() as session:
        desk = a_staff_actor(session, site, "desk")
        person = member_by_id(session, student[0]).public_id
    for _ in range(2):
        with writing() as session:
            no_shows.excuse(session, desk, person, made.public_id, reason="Ill", now=LATER)
    with reading() as session:
        assert session.get_one(Booking, made.id).state == "no_show", "it stays on record"
        assert counting_marks(session, student[0], LATER) == []
        audit = session.scalars(select(AuditRow).where(AuditRow.action == "no_show.excuse"))
        assert len(audit.all()) == 1


def test_the_mail_of_the_mark_that_pauses_says_so(
    site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    with writing() as session:
        second = a_session(session, site.world, start=START + timedelta(hours=3))
    for row in (yoga, second):
        booked(student[0], row)
        leave_one_place(row)
    at = second.ends_at + 20 * MINUTE
    all_online(site, at)
    attendance_jobs.settle(settings, at)
    first, paused = no_show_mails()
    assert (first.template, paused.template) == ("booking/no_show", "booking/no_show_paused")
    assert "paused until Mon 5 Oct" in paused.body


def marks_on(member: int, day: date) -> int:
    with reading() as session:
        at = datetime(day.year, day.month, day.day, 12, tzinfo=NOW.tzinfo)
        return len(counting_marks(session, member, at))


@pytest.fixture
def marks(site: Site, student: tuple[int, int]) -> Callable[..., None]:
    def mark(*days: date) -> None:
        with writing() as session:
            for day in days:
                noon = datetime(day.year, day.month, day.day, 10, tzinfo=NOW.tzinfo)
                row = a_session(session, site.world, start=noon)
                booking = Booking(
                    public_id=new_public_id(),
                    session_id=row.id,
                    member_id=student[0],
                    state="no_show",
                    created_at=NOW,
                )
                session.add(booking)
                session.flush()
                session.add(a_mark(booking, row))

    return mark


def test_a_mark_between_two_terms_counts_until_the_next_one_begins(
    site: Site, student: tuple[int, int], marks: Callable[..., None]
) -> None:
    """The autumn ends on 20 December; the spring begins on 11 January."""
    with writing() as session:
        create_season(
            session,
            code="2027-spring",
            kind="spring",
            starts_on=date(2027, 1, 11),
            ends_on=date(2027, 5, 14),
            now=NOW,
        )
    marks(date(2026, 8, 30), date(2026, 12, 20), date(2026, 12, 21), date(2027, 1, 10))
    assert marks_on(student[0], date(2026, 8, 30)) == 4, "before the first term nothing is wiped"
    assert marks_on(student[0], date(2026, 8, 31)) == 3, "that of 30 August is wiped"
    assert marks_on(student[0], date(2026, 12, 20)) == 3
    assert marks_on(student[0], date(2026, 12, 21)) == 2, "the end of the term wipes its marks"
    assert marks_on(student[0], date(2027, 1, 10)) == 2
    assert marks_on(student[0], date(2027, 1, 11)) == 0


@pytest.mark.engines("sqlite")
def test_instructor_and_desk_have_pages_for_it(
    app: Flask, site: Site, settings: Settings, yoga: ClassSession, student: tuple[int, int]
) -> None:
    made = booked(student[0], yoga)
    all_online(site, LATER)
    assert settled(settings, LATER, made) == "no_show"
    with writing() as session:
        instructor = a_staff_actor(session, site, "instructor")
        desk = a_staff_actor(session, site, "desk")
        grant_role(session, instructor.id, "instructor", NOW)
        grant_role(session, desk.id, "desk", NOW)
        session.get_one(ClassSession, yoga.id).instructor_id = instructor.id
        person = member_by_id(session, student[0]).public_id
    behind = signed_in(app, desk.id)
    path = f"/desk/people/{person}"
    assert "did not come" in behind.get(path + "?lang=en").text
    excused = behind.post(
        f"{path}/excuse", data={"booking": str(made.public_id), "reason": "Ill", "key": "k" * 20}
    )
    assert excused.status_code == 303
    assert "did not come, excused" in behind.get(path).text
    browser = signed_in(app, instructor.id)
    listed = f"/sessions/{yoga.public_id}/attendance"
    assert "Was here" in browser.get(listed + "?lang=en").text
    assert browser.post(f"{listed}/{person}").status_code == 303
    assert "Was here" not in browser.get(listed).text
    assert listed in browser.get(f"/classes/{yoga.public_id}").text
