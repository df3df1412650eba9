"""Visits are derived from entries and attendance from visits, each once."""

import uuid
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select

from tests.world.booking import NOW, a_session, activity_root
from tests.world.races import at_once
from tests.world.site import (
    START,
    Journal,
    Site,
    a_member,
    attendance,
    booked,
    receive,
    statuses,
    store_entries,
    upload_scans,
)
from zone.access.attendance.models import Attendance
from zone.access.entries import service as entries
from zone.access.entries.models import Entry, UsedCode
from zone.access.visits import jobs as visits_jobs
from zone.access.visits import service as visits
from zone.access.visits.models import Visit
from zone.booking.bookings.service import cancel
from zone.booking.sessions.models import ClassSession
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing
from zone.core.time import helsinki_date
from zone.passes.catalogue import service as catalogue
from zone.passes.entitlements.rules import Conditions, SingleActivity, as_stored
from zone.passes.passes.models import Pass, PassEvent
from zone.passes.passes.queries import current_pass
from zone.passes.passes.service import add_pass, new_pass
from zone.passes.visits.models import PassVisit

END = START + timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def visit_times() -> list[datetime]:
    with reading() as session:
        query = (
            select(Visit.occurred_at)
            .where(Visit.retracted_at.is_(None))
            .order_by(Visit.occurred_at)
        )
        return list(session.scalars(query))


@pytest.mark.parametrize(("covered", "spent"), [(True, 0), (False, 1)])
def test_a_visit_is_spent_on_what_a_card_for_an_activity_does_not_cover(
    site: Site, yoga: ClassSession, student: tuple[int, int], covered: bool, spent: int
) -> None:
    booked(student[0], yoga)
    root = activity_root(yoga) if covered else uuid.uuid4()
    day = helsinki_date(NOW)
    with writing() as session:
        card = session.scalars(select(Pass).where(Pass.member_id == student[0])).one()
        named = SingleActivity(root, "Laji", "Aktivitet", "Activity")
        card.conditions = as_stored(Conditions(single_activities=(named,)))
        card.entitlements = ["class"]
        ten = catalogue.set_product(
            session,
            code="ten",
            kind="single_visit",
            names=("Kymmenen", "Tio", "Ten"),
            entitlements=("class",),
            length_days=90,
            visits=10,
        )
        add_pass(session, new_pass(student[0], ten, starts_on=day, ends_on=day), now=NOW, by="test")
    upload_scans(site, student[1], START - 5 * MINUTE)
    with reading() as session:
        assert session.scalars(select(func.count(PassVisit.id))).one() == spent


def test_an_entry_marks_the_booked_person_present(
    site: Site, yoga: ClassSession, student: tuple[int, int]
) -> None:
    booked(student[0], yoga)
    assert statuses(yoga) == {"student": "booked"}
    upload_scans(site, student[1], START - 5 * MINUTE)
    listed = attendance(yoga)
    assert (listed.booked, listed.present, listed.drop_in) == (1, 1, 0)
    assert [(person.status, person.at) for person in listed.people] == [
        ("present", START - 5 * MINUTE)
    ]


def test_an_entry_without_a_booking_is_a_drop_in(
    site: Site, yoga: ClassSession, student: tuple[int, int]
) -> None:
    upload_scans(site, student[1], START)
    assert statuses(yoga) == {"student": "drop_in"}


@pytest.mark.parametrize(
    ("minutes", "counts"),
    [(-30.01, False), (-30, True), (0, True), (15, True), (15.01, False), (40, False)],
)
def test_presence_counts_from_30_minutes_before_to_15_after_the_start(
    site: Site, yoga: ClassSession, student: tuple[int, int], minutes: float, counts: bool
) -> None:
    booked(student[0], yoga)
    upload_scans(site, student[1], START + minutes * MINUTE)
    assert statuses(yoga) == {"student": "present" if counts else "booked"}


def test_the_lobby_proves_a_visit_and_no_presence(
    site: Site, yoga: ClassSession, student: tuple[int, int]
) -> None:
    journal = Journal(site.lobby_door)
    journal.scan(student[1], START)
    receive(site.bridge, journal.upload())
    assert visit_times() == [START]
    assert attendance(yoga).people == ()


def test_a_cancelled_booking_makes_a_drop_in(
    site: Site, yoga: ClassSession, student: tuple[int, int]
) -> None:
    made = booked(student[0], yoga)
    with writing() as session:
        cancel(session, member_id=student[0], booking=made.public_id, now=NOW)
    upload_scans(site, student[1], START)
    assert statuses(yoga) == {"student": "drop_in"}


def test_between_two_classes_the_booked_one_counts_else_the_nearest(
    site: Site, student: tuple[int, int]
) -> None:
    with writing() as session:
        early = a_session(session, site.world, start=START, minutes=25)
        late = a_session(session, site.world, start=START + 25 * MINUTE, minutes=60)
        _, other_holder = a_member(session, site, "other")
    booked(student[0], late)
    upload_scans(site, student[1], START + 2 * MINUTE)
    enter_other = Journal(site.other_door)
    enter_other.scan(other_holder, START + 2 * MINUTE)
    receive(site.other_bridge, enter_other.upload())
    assert statuses(early) == {"other": "drop_in"}
    assert statuses(late) == {"student": "present"}


@pytest.mark.engines("sqlite")
@pytest.mark.parametrize(
    "changed",
    [
        {"granted": False},
        {"leaving": True},
        {"kind": "forced_open"},
        {"kind": "exit_request"},
        {"holder": None},
    ],
)
def test_other_entries_are_no_visit(
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
    [
        ((0, 60), [0]),
        ((0, 61), [0, 61]),
        ((0, 50, 100), [0]),
        ((0, 50, 120), [0, 120]),
        ((0,), [0]),
    ],
)
def test_arrivals_within_60_seconds_are_one_visit(
    site: Site, student: tuple[int, int], seconds: Sequence[int], expected: list[int]
) -> None:
    upload_scans(site, student[1], *(START + timedelta(seconds=second) for second in seconds))
    assert visit_times() == [START + timedelta(seconds=second) for second in expected]


def check_an_unused_grant_is_no_visit(
    site: Site, yoga: ClassSession, student: tuple[int, int], news: str = "not_opened"
) -> None:
    """A grant after which the door was not opened is neither a visit nor an attendance."""
    booked(student[0], yoga)
    journal = Journal(site.studio_door)
    scan = journal.scan(student[1], START)
    journal.not_opened(scan, news)
    receive(site.bridge, journal.upload(1, 1))
    assert statuses(yoga) == {"student": "present"}
    receive(site.bridge, journal.upload(2, 2))
    assert visit_times() == []
    assert statuses(yoga) == {"student": "booked"}


@pytest.mark.parametrize("news", ["not_opened", "relay_fault"])
def test_an_unused_grant_is_no_visit(
    site: Site, yoga: ClassSession, student: tuple[int, int], news: str
) -> None:
    check_an_unused_grant_is_no_visit(site, yoga, student, news)


def test_a_grant_whose_relay_failed_activates_no_pass_and_uses_no_code(
    site: Site, student: tuple[int, int]
) -> None:
    journal = Journal(site.studio_door)
    journal.not_opened(journal.scan(student[1], START), "relay_fault")
    receive(site.bridge, journal.upload())
    with reading() as session:
        used = select(PassEvent.id).where(PassEvent.kind == "first_used")
        assert session.scalars(used).all() == []
        assert session.scalars(select(UsedCode.id)).all() == []
    assert visit_times() == []


@pytest.mark.planted_fault("the door's contact is ignored")
def test_ignoring_the_contact_fails_the_check(
    site: Site, yoga: ClassSession, student: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(entries, "may_change_visits", lambda entry: entry.kind == "scan")
    with pytest.raises(AssertionError):
        check_an_unused_grant_is_no_visit(site, yoga, student)


def test_the_contact_may_be_uploaded_first(site: Site, student: tuple[int, int]) -> None:
    journal = Journal(site.studio_door)
    journal.not_opened(journal.scan(student[1], START))
    receive(site.bridge, journal.upload(2, 2))
    receive(site.bridge, journal.upload(1, 1))
    assert visit_times() == []


def test_an_entry_at_the_second_attempt_proves_presence(
    site: Site, yoga: ClassSession, student: tuple[int, int]
) -> None:
    journal = Journal(site.studio_door)
    first = journal.scan(student[1], START)
    journal.scan(student[1], START + 2 * MINUTE)
    receive(site.bridge, journal.upload())
    journal.not_opened(first)
    receive(site.bridge, journal.upload(3, 3))
    assert visit_times() == [START + 2 * MINUTE]
    assert [person.at for person in attendance(yoga).people] == [START + 2 * MINUTE]


def check_a_repeated_upload_changes_nothing(
    site: Site, yoga: ClassSession, student: tuple[int, int]
) -> None:
    """Invariant 5: a repeated upload adds no visit, no attendance and no use of the pass."""
    booked(student[0], yoga)
    journal = upload_scans(site, student[1], START)
    for _ in range(2):
        receive(site.bridge, journal.upload(), START + MINUTE)
    with reading() as session:
        assert len(session.scalars(select(Visit)).all()) == 1
        assert len(session.scalars(select(Attendance)).all()) == 1


def test_a_repeated_upload_changes_nothing(
    site: Site, yoga: ClassSession, student: tuple[int, int]
) -> None:
    check_a_repeated_upload_changes_nothing(site, yoga, student)


@pytest.mark.planted_fault("duplicates are taken for new entries")
def test_storing_duplicates_as_new_fails_the_check(
    site: Site, yoga: ClassSession, student: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = entries.receive

    def receive_and_reopen(session: object, *args: object) -> object:
        receipt = genuine(session, *args)  # type: ignore[arg-type]  # as receive
        for model in (Attendance, Visit, Entry):
            session.execute(model.__table__.update().values(**_again[model]))  # type: ignore[attr-defined]  # a table, for mypy a FromClause
        return receipt

    _again: dict[type, dict[str, object]] = {
        Attendance: {"retracted_at": NOW},
        Visit: {"retracted_at": NOW},
        Entry: {"pending": True},
    }
    monkeypatch.setattr(entries, "receive", receive_and_reopen)
    with pytest.raises(AssertionError):
        check_a_repeated_upload_changes_nothing(site, yoga, student)


@pytest.mark.engines("sqlite", "postgresql")
def test_concurrent_derivations_make_each_visit_once(
    app: Flask, site: Site, student: tuple[int, int]
) -> None:
    journal = Journal(site.studio_door)
    for n in range(20):
        journal.scan(student[1], START + n * 2 * MINUTE)
    with writing() as session:
        store_entries(session, site.bridge, journal.upload(), START + timedelta(hours=1))

    def derive() -> int:
        with writing() as session:
            return visits.derive(session, START)

    assert sum(at_once(app, [derive] * 4)) == 20
    assert len(visit_times()) == 20


def test_the_first_visit_activates_the_pass(site: Site, student: tuple[int, int]) -> None:
    upload_scans(site, student[1], START)
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


def test_the_job_derives_visits_from_pending_entries(
    site: Site,
    settings: Settings,
    student: tuple[int, int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(visits, "BATCH_SIZE", 100)
    journal = Journal(site.studio_door)
    for n in range(visits.BATCH_SIZE + 5):
        journal.scan(student[1], START + n * 2 * MINUTE)
    evening = START + timedelta(hours=6)
    with writing() as session:
        store_entries(session, site.bridge, journal.upload(), evening)
    assert visits_jobs.derive_visits(settings, evening) == visits.BATCH_SIZE + 5
    assert len(visit_times()) == visits.BATCH_SIZE + 5
    assert visits_jobs.derive_visits(settings, evening) == 0
