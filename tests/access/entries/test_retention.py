"""After 90 days door events have no person, and every figure stays the same."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from tests.world.booking import NOW, a_session
from tests.world.people import the_alliance
from tests.world.site import START, Journal, Site, a_member, receive
from zone.access.attendance import queries as attendance_queries
from zone.access.attendance.models import Attendance
from zone.access.bridge_sign_on.models import BridgeToken
from zone.access.entries import jobs as entries_jobs
from zone.access.entries.models import Entry, UsedCode
from zone.access.roster import jobs as roster_jobs
from zone.access.visits import queries as visits_queries
from zone.access.visits.models import Visit
from zone.access.visits.queries import CaptureRate, VisitCount
from zone.booking.sessions.models import ClassSession
from zone.core.config import Settings, SettingsError, load_settings
from zone.core.db.transactions import reading, writing
from zone.core.time import Window
from zone.members.affiliations import service as affiliations
from zone.members.eligibility import service as eligibility
from zone.members.institutions import service as institutions
from zone.members.roster_marks.models import RosterMark
from zone.members.suspensions import jobs as suspensions_jobs
from zone.members.suspensions.models import Suspension
from zone.reporting.supporting import queries as supporting_queries
from zone.reporting.supporting.queries import SupportingFigure

WINDOW: Window = (START - timedelta(days=1), START + timedelta(days=1))
LATER = START + timedelta(days=91)
LAST = LATER + timedelta(days=400)


@pytest.fixture
def yoga(site: Site) -> ClassSession:
    """A class attended by two students of different institutions."""
    with writing() as session:
        for code, (students, staff, region) in the_alliance().items():
            institutions.ensure_institution(
                session,
                code=code,
                name=code,
                admits_students=students,
                admits_staff=staff,
                study_region=region,
            )
        made = a_session(session, site.world, start=START)
        journal = Journal(site.studio_door)
        for code in ("laurea", "arcada"):
            member, holder = a_member(session, site, code)
            claim = affiliations.add_affiliation(
                session, member, institution_code=code, role="student", study_region=None
            )
            eligibility.add_proof(
                session,
                claim.id,
                source="test",
                valid_from=NOW.date(),
                valid_until=LAST.date(),
                now=NOW,
                recorded_by=None,
            )
            journal.scan(holder, START)
            journal.scan(holder, START + timedelta(minutes=5), door=site.lobby_door)
    receive(site.bridge, journal.upload())
    return made


def figures(
    made: ClassSession,
) -> tuple[list[VisitCount], tuple[int, int, int], int, list[SupportingFigure]]:
    """Visits by institution, counts of the class, entries in all, and the published figures."""
    with reading() as session:
        seen = attendance_queries.attendance(session, made.public_id)
        entries = session.scalars(select(func.count()).select_from(Entry)).one()
        counts = visits_queries.visit_counts(session, WINDOW, LATER)
        published = supporting_queries.supporting(session, START.year, LATER)
    return counts, (seen.booked, seen.present, seen.drop_in), entries, published


def rows_with_a_person() -> int:
    with reading() as session:
        return sum(
            session.scalars(
                select(func.count()).select_from(model).where(column.is_not(None))
            ).one()
            for model, column in (
                (Entry, Entry.holder),
                (Entry, Entry.kid),
                (Visit, Visit.member_id),
                (Attendance, Attendance.member_id),
                (UsedCode, UsedCode.kid),
            )
        )


def check_people_are_removed_and_figures_stay(made: ClassSession, settings: Settings) -> None:
    """Invariant 7 for door events."""
    before = figures(made)
    assert before[0] == [VisitCount("myllypuro", "arcada", 2), VisitCount("myllypuro", "laurea", 2)]
    assert rows_with_a_person() > 0
    entries_jobs.remove_people(settings, LATER)
    assert rows_with_a_person() == 0
    assert figures(made) == before


def test_people_are_removed_and_figures_stay(
    site: Site, settings: Settings, yoga: ClassSession
) -> None:
    check_people_are_removed_and_figures_stay(yoga, settings)


@pytest.mark.planted_fault("figures look the institution up by person")
def test_figures_by_the_persons_institution_fail_the_check(
    site: Site, settings: Settings, yoga: ClassSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def by_person(session: object, window: Window, as_of: object) -> list[VisitCount]:
        known = queries_counts(session, window, as_of)  # type: ignore[arg-type]  # as the genuine one
        with reading() as other_session:
            named = other_session.scalars(
                select(func.count()).select_from(Visit).where(Visit.member_id.is_not(None))
            ).one()
        return known if named else []

    queries_counts = visits_queries.visit_counts
    monkeypatch.setattr(visits_queries, "visit_counts", by_person)
    with pytest.raises(AssertionError):
        check_people_are_removed_and_figures_stay(yoga, settings)


@pytest.mark.planted_fault("a capture rate of visits with a name")
def test_a_capture_rate_of_named_visits_fails_the_check(
    site: Site, settings: Settings, yoga: ClassSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    def of_the_named(session: Session, *_: object) -> CaptureRate:
        named = session.scalars(
            select(func.count()).select_from(Visit).where(Visit.member_id.is_not(None))
        ).one()
        return CaptureRate(named, named)

    monkeypatch.setattr(supporting_queries, "capture_rate", of_the_named)
    with pytest.raises(AssertionError):
        check_people_are_removed_and_figures_stay(yoga, settings)


@pytest.mark.planted_fault("the job leaves attendance out")
def test_leaving_attendance_out_fails_the_check(
    site: Site, settings: Settings, yoga: ClassSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    genuine = entries_jobs._empty
    monkeypatch.setattr(
        entries_jobs,
        "_empty",
        lambda model, *rest: 0 if model is Attendance else genuine(model, *rest),
    )
    with pytest.raises(AssertionError):
        check_people_are_removed_and_figures_stay(yoga, settings)


def test_within_90_days_nothing_is_removed(
    site: Site, settings: Settings, yoga: ClassSession
) -> None:
    named = rows_with_a_person()
    assert entries_jobs.remove_people(settings, START + timedelta(days=90)) == 0
    assert rows_with_a_person() == named


def test_a_repeated_upload_after_the_retention_time_restores_no_person(
    site: Site, settings: Settings, yoga: ClassSession
) -> None:
    with reading() as session:
        holder = session.scalars(select(Entry.holder).limit(1)).one()
        first = session.scalars(select(Entry).where(Entry.seq == 1)).one()
    assert holder is not None
    journal = Journal(site.studio_door)
    journal.scan(holder, START, uuid=str(first.uuid))
    entries_jobs.remove_people(settings, LATER)
    assert receive(site.bridge, journal.upload(), LATER).duplicates == (1,)
    assert rows_with_a_person() == 0


def test_a_report_of_an_earlier_time_stays_as_it_was(
    site: Site, settings: Settings, yoga: ClassSession
) -> None:
    with reading() as session:
        before = visits_queries.visit_counts(session, WINDOW, START)
        scan = session.scalars(select(Entry).where(Entry.seq == 1)).one()
    journal = Journal(site.studio_door)
    for _ in range(4):
        journal.scan(1, START)
    original = journal.scan(1, START, uuid=str(scan.uuid))
    journal.not_opened(original)
    receive(site.bridge, journal.upload(6, 6), START + timedelta(hours=5))
    with reading() as session:
        assert visits_queries.visit_counts(session, WINDOW, START) == before
        now = visits_queries.visit_counts(session, WINDOW, START + timedelta(hours=5))
    assert sum(count.visits for count in now) == sum(count.visits for count in before) - 1


def test_a_member_is_marked_when_a_suspension_ends(site: Site, settings: Settings) -> None:
    with writing() as session:
        member, _ = a_member(session, site, "student")
        session.add(
            Suspension(
                public_id=site.studio_door,
                member_id=member,
                reason="x",
                starts_at=NOW,
                ends_at=NOW + timedelta(days=1),
                recorded_at=NOW,
            )
        )
        marked = session.scalars(select(func.max(RosterMark.id))).one() or 0
    assert suspensions_jobs.mark_ended_suspensions(settings, NOW) == 0
    assert (
        suspensions_jobs.mark_ended_suspensions(settings, NOW + timedelta(days=1, minutes=5)) == 1
    )
    with reading() as session:
        assert session.scalars(select(func.max(RosterMark.id))).one() > marked


def test_tidying_deletes_what_has_expired(site: Site, settings: Settings) -> None:
    with writing() as session:
        for hour in (1, 3):
            session.add(
                BridgeToken(
                    bridge_id=site.bridge,
                    token_hash=bytes([hour]),
                    expires_at=NOW + timedelta(hours=hour),
                )
            )
    roster_jobs.delete_expired(settings, NOW + timedelta(hours=2))
    with reading() as session:
        assert session.scalars(select(BridgeToken.token_hash)).all() == [b"\x03"]


@pytest.mark.parametrize(("days", "named"), [(30, 0), (365, 4)])
def test_the_operator_sets_the_retention_time(
    yoga: ClassSession, settings: Settings, days: int, named: int
) -> None:
    entries_jobs.remove_people(replace(settings, door_event_days=days), START + timedelta(days=91))
    with reading() as session:
        assert session.scalar(select(func.count()).where(Entry.holder.is_not(None))) == named


@pytest.mark.parametrize("days", ["0", "366", "-1", "ninety"])
def test_the_retention_time_is_1_to_365_days(days: str) -> None:
    with pytest.raises(SettingsError, match="ZONE_DOOR_EVENT_DAYS"):
        load_settings({"ZONE_DOOR_EVENT_DAYS": days})
