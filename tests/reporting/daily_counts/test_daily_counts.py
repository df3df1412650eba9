"""Counts of past days: the same figures as from the facts, corrected when facts arrive late."""

from datetime import UTC, date, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import func, select, text
from sqlalchemy.exc import IntegrityError

from tests.stored import stored_by
from tests.world.booking import a_used_session
from tests.world.people import a_person
from tests.world.races import settled
from tests.world.reporting import SET, held, set_targets, taken_into_use
from tests.world.shop import a_pass, a_student, open_shop
from tests.world.site import Journal, Site, a_member, receive
from tests.world.site import build as build_site
from zone.booking.bookings.models import Booking
from zone.booking.no_shows import service as no_shows
from zone.core.config import Settings
from zone.core.db.engine import db
from zone.core.db.transactions import reading, writing
from zone.core.time import day_window
from zone.passes.passes.service import record_event
from zone.places.terms.service import create_season
from zone.reporting.charts.queries import chart_rows
from zone.reporting.daily_counts import jobs as daily_counts_jobs
from zone.reporting.daily_counts import queries, rules, service
from zone.reporting.daily_counts.invariants import count_wrong_days
from zone.reporting.daily_counts.models import CountedDays, DailyCount
from zone.reporting.kpis import queries as kpis_queries
from zone.reporting.kpis.queries import Report
from zone.reporting.reports.queries import present_figures
from zone.reporting.supporting.queries import SupportingFigure, supporting

YEAR = 2026
NOW = datetime(2026, 10, 5, 9, 30, tzinfo=UTC)
"""In Helsinki 12.30, so not the hour in which all days are counted again."""
AT_NIGHT = datetime(2026, 10, 5, 1, 30, tzinfo=UTC)
HOUR = timedelta(hours=1)
MUCH_LATER = NOW + timedelta(days=45)
"""When October is counted in the people of institutions."""
THREE_DAYS = timedelta(days=3)


def build(_settings: Settings) -> Site:
    """Store a site, the shop, the targets and a spring."""
    with writing() as session:
        site = build_site(session)
        open_shop(session)
        set_targets(session)
        create_season(
            session,
            code="2026-spring",
            kind="spring",
            starts_on=date(2026, 3, 2),
            ends_on=date(2026, 3, 22),
            now=SET,
        )
    return site


def build_with_facts(settings: Settings) -> Site:
    """Store all that, and facts for each figure."""
    site = build(settings)
    facts(site)
    return site


@pytest.fixture
def site(app: Flask, settings: Settings) -> Site:
    return stored_by(build, settings)


@pytest.fixture
def busy_site(app: Flask, settings: Settings) -> Site:
    """A site with facts for each figure."""
    return stored_by(build_with_facts, settings)


def numbers(report: Report, others: list[SupportingFigure]) -> list[object]:
    """Return what a page shows of the figures."""
    return [
        *((figure.judged, [part.judged for part in figure.parts]) for figure in report.figures),
        *((item.key, item.group, item.part, item.whole, item.hidden) for item in others),
    ]


def present(now: datetime = NOW) -> list[object]:
    with reading() as session:
        found = present_figures(session, YEAR, now)
    return numbers(found.report, found.supporting)


def of_the_facts(now: datetime = NOW) -> list[object]:
    with reading() as session:
        report = kpis_queries.report(session, YEAR, as_of=now, now=now)
        return numbers(report, supporting(session, YEAR, now))


def facts(site: Site) -> None:
    """Store facts for each figure: in March, in September, and today."""
    for number in range(6):
        member = a_student(f"s{number}@zone.example")
        for days in (0, 30 * number):  # each person takes two passes into use
            at = NOW - timedelta(days=days)
            taken_into_use(a_pass(member, starts_on=date(2026, 1, 1)), at)
    for day in (date(2026, 3, 4), date(2026, 3, 11)):
        held(site.world, day, 50, count=2)
    a_used_session(site.world, came=3, stayed_away=1, now=NOW - THREE_DAYS)
    with writing() as session:
        _, holder = a_member(session, site, "visitor")
    journal = Journal(site.lobby_door)
    for days in (0, 9, 10):
        journal.scan(holder, NOW - timedelta(days=days, hours=1))
    receive(site.bridge, journal.upload(), NOW - timedelta(minutes=1))


def check_present_figures_are_those_of_the_facts(settings: Settings) -> None:
    """The property: with stored counts or without, a page shows what the rows give."""
    expected, expected_later = of_the_facts(), of_the_facts(MUCH_LATER)
    assert ("people", "", 6, 6, False) in expected_later
    assert (present(), present(MUCH_LATER)) == (expected, expected_later)
    daily_counts_jobs.count_days(settings, NOW)
    with reading() as session:
        assert session.scalars(select(func.count()).select_from(DailyCount)).one() > 0
    assert (present(), present(MUCH_LATER)) == (expected, expected_later)


def test_present_figures_are_those_of_the_facts(busy_site: Site, settings: Settings) -> None:
    check_present_figures_are_those_of_the_facts(settings)


@pytest.mark.planted_fault("a person counts again on each day")
def test_people_counted_on_each_day_fail_the_check(
    busy_site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(queries, "_people_before", lambda *_: set())
    with pytest.raises(AssertionError):
        check_present_figures_are_those_of_the_facts(settings)


def test_counts_are_by_campus_and_helsinki_hour(site: Site, settings: Settings) -> None:
    with writing() as session:
        _, holder = a_member(session, site, "visitor")
    journal = Journal(site.lobby_door)
    late = datetime(2026, 10, 2, 21, 30, tzinfo=UTC)  # 0.30 of the next day in Helsinki
    journal.scan(holder, late)
    receive(site.bridge, journal.upload(), late)
    daily_counts_jobs.count_days(settings, NOW)
    with reading() as session:
        row = session.scalars(select(DailyCount).where(DailyCount.figure == "captured")).one()
    assert (row.day, row.hour, row.campus) == (date(2026, 10, 3), 0, "myllypuro")
    assert (row.figure, row.part, row.whole) == ("captured", 1, 1)


@pytest.mark.engines("sqlite", "postgresql")
def test_a_late_correction_adds_rows_and_changes_none(site: Site, settings: Settings) -> None:
    a_used_session(site.world, came=1, stayed_away=1, now=NOW - THREE_DAYS)
    daily_counts_jobs.count_days(settings, NOW)
    assert daily_counts_jobs.count_days(settings, NOW + timedelta(hours=1)) == 0
    with writing() as session:
        missed = session.scalars(select(Booking.id).where(Booking.state == "no_show")).one()
        no_shows.mark_attended(session, [missed], NOW + timedelta(hours=1))
    later = NOW + timedelta(hours=2)
    assert daily_counts_jobs.count_days(settings, later) == 1
    assert present(later) == of_the_facts(later)
    for change in ("UPDATE daily_count SET part = 0", "DELETE FROM counted_days"):
        with pytest.raises(IntegrityError), db.engine.begin() as connection:
            connection.execute(text(change))


@pytest.mark.engines("sqlite", "postgresql")
def test_a_run_that_is_overtaken_counts_nothing_twice(
    busy_site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    differences = rules.differences

    def overtaken(*counts: Any) -> Any:
        monkeypatch.setattr(rules, "differences", differences)
        daily_counts_jobs.count_days(settings, NOW + timedelta(seconds=1))
        return differences(*counts)

    monkeypatch.setattr(rules, "differences", overtaken)
    assert daily_counts_jobs.count_days(settings, NOW) == 0
    assert present() == of_the_facts()


def run_two_at_once(
    app: Flask,
    settings: Settings,
    monkeypatch: pytest.MonkeyPatch,
    first: datetime,
    second: datetime,
) -> list[int]:
    """Let a second run begin to write while the first one does; return how many each changed."""
    add_counts, results = service.add_counts, list[int]()

    def run() -> None:
        with app.app_context():
            results.append(daily_counts_jobs.count_days(settings, second))

    other = Thread(target=run)

    def meanwhile(*counts: Any) -> Any:
        monkeypatch.setattr(service, "add_counts", add_counts)
        other.start()
        settled(other)  # it waits for this transaction
        return add_counts(*counts)

    monkeypatch.setattr(service, "add_counts", meanwhile)
    changed = daily_counts_jobs.count_days(settings, first)
    other.join()
    return [changed, *results]


@pytest.mark.engines("sqlite", "postgresql")
def test_two_runs_that_write_at_once_count_nothing_twice(
    busy_site: Site, app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed, other = run_two_at_once(app, settings, monkeypatch, NOW, NOW + timedelta(seconds=1))
    assert (changed > 0, other) == (True, 0)
    assert present() == of_the_facts()


@pytest.mark.engines("sqlite", "postgresql")
def test_two_runs_of_the_moment_of_the_last_one_count_nothing_twice(
    site: Site, app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    daily_counts_jobs.count_days(settings, AT_NIGHT)
    facts(site)
    changed, other = run_two_at_once(app, settings, monkeypatch, AT_NIGHT, AT_NIGHT)
    assert (changed > 0, other) == (True, 0)
    with reading() as session:
        assert count_wrong_days(session, AT_NIGHT) == 0


def test_the_charts_of_now_are_those_of_the_facts(busy_site: Site, settings: Settings) -> None:
    before = a_pass(a_student("before@zone.example"), starts_on=date(2025, 1, 1))
    taken_into_use(before, NOW - timedelta(days=400))
    for later in (NOW, MUCH_LATER):
        daily_counts_jobs.count_days(settings, later)
        with reading() as session:
            stored = present_figures(session, YEAR, later).counted
            shown = chart_rows(session, YEAR, later, stored)
            assert shown == chart_rows(session, YEAR, later)
            assert (len(shown.passes), len(shown.last_passes)) == (7, 1)
            assert shown.hours.total or later == MUCH_LATER


def test_a_page_reads_no_row_of_past_days(busy_site: Site, settings: Settings) -> None:
    daily_counts_jobs.count_days(settings, NOW)
    seen: list[tuple[date, date]] = []
    genuine = queries.count_facts

    def recording(session: object, first: date, last: date, *others: object) -> object:
        seen.append((first, last))
        return genuine(session, first, last, *others)  # type: ignore[arg-type]  # as it was called

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(queries, "count_facts", recording)
        present()
    assert seen == [(date(2026, 10, 5), date(2026, 10, 5))]


def wrong_days() -> int:
    with reading() as session:
        return count_wrong_days(session, NOW)


def test_the_doctor_recounts_the_days(busy_site: Site, settings: Settings) -> None:
    for hours in (0, 1, 16):  # the last in the hour in which all days are counted again
        daily_counts_jobs.count_days(settings, NOW + timedelta(hours=hours))
    assert wrong_days() == 0
    with writing() as session:
        session.add(
            DailyCount(
                day=date(2026, 3, 4),
                hour=17,
                campus="myllypuro",
                figure="guided",
                group_code="",
                part=1,
                whole=0,
                recorded_at=NOW,
            )
        )
    assert wrong_days() == 1
    daily_counts_jobs.count_days(settings, NOW + timedelta(hours=16))
    assert wrong_days() == 0, "the night's run corrects it"


@pytest.mark.parametrize(
    ("now", "stored", "first"),
    [
        (NOW, None, date(2025, 1, 1)),
        (NOW, (date(2025, 1, 1), date(2026, 10, 4)), date(2026, 8, 25)),
        (NOW, (date(2025, 1, 1), date(2026, 3, 1)), date(2025, 1, 1)),
        (NOW, (date(2023, 1, 1), date(2024, 6, 1)), date(2023, 1, 1)),
        (AT_NIGHT, (date(2025, 1, 1), date(2026, 10, 3)), date(2025, 1, 1)),
        (AT_NIGHT, (date(2023, 1, 1), date(2026, 10, 3)), date(2023, 1, 1)),
    ],
)
def test_a_run_counts_forty_days_and_at_night_all(
    now: datetime, stored: tuple[date, date] | None, first: date
) -> None:
    assert rules.days_to_count(now, stored) == (first, date(2026, 10, 4))


@pytest.mark.parametrize("day", [date(2026, 3, 29), date(2026, 10, 25), date(2026, 12, 31)])
def test_all_days_are_counted_once_in_every_night(day: date) -> None:
    start, end = day_window(day)
    hours = [start + timedelta(hours=n, minutes=30) for n in range((end - start) // HOUR)]
    stored = (date(2023, 1, 1), day - timedelta(days=2))
    firsts = [rules.days_to_count(hour, stored)[0] for hour in hours]
    assert firsts.count(date(2023, 1, 1)) == 1


def test_facts_of_earlier_years_are_corrected_and_a_long_stop_leaves_no_gap(
    site: Site, settings: Settings
) -> None:
    daily_counts_jobs.count_days(settings, NOW)
    pass_id = a_pass(a_student("late@zone.example"), starts_on=date(2026, 1, 1))
    taken_into_use(pass_id, NOW + timedelta(days=60))
    after_years = AT_NIGHT.replace(year=2029)
    daily_counts_jobs.count_days(settings, after_years)
    assert present(after_years) == of_the_facts(after_years)
    with writing() as session:  # refunded without a use
        record_event(
            session,
            pass_id,
            "refunded",
            occurred_at=after_years,
            recorded_at=after_years,
            by="test",
        )
    next_night = after_years + timedelta(days=1)
    daily_counts_jobs.count_days(settings, next_night)
    assert present(next_night) == of_the_facts(next_night)
    assert wrong_days() == 0


def test_what_is_recorded_after_a_month_was_counted_changes_no_number_of_people(
    site: Site, settings: Settings
) -> None:
    """A refund in May made six of an institution five, which tells where its person studies."""
    march, may = datetime(2026, 3, 10, 9, tzinfo=UTC), datetime(2026, 5, 4, 9, tzinfo=UTC)
    passes = [
        a_pass(a_student(f"one{n}@zone.example"), starts_on=date(2026, 1, 1)) for n in range(8)
    ]
    for pass_id in passes[:6]:
        taken_into_use(pass_id, march)
    with writing() as session:
        record_event(session, passes[0], "refunded", occurred_at=may, recorded_at=may, by="test")
    for late in passes[6:]:
        taken_into_use(late, march, recorded_at=may)
    for at in (datetime(2026, 4, 20, tzinfo=UTC), may - HOUR, may + HOUR, NOW):
        daily_counts_jobs.count_days(settings, at)
        with reading() as session:
            for found in (
                supporting(session, YEAR, at),
                present_figures(session, YEAR, at).supporting,
            ):
                assert [one.part for one in found if one.key == "people"] == [6], at


def test_the_page_says_when_past_days_were_counted(
    app: Flask, site: Site, settings: Settings
) -> None:
    manager = a_person(app, "manager")
    assert "Past days were counted" not in manager.get("/targets?lang=en").text
    with writing() as session:
        session.add(CountedDays(first_day=date(2025, 1, 1), last_day=date(2026, 10, 4), as_of=NOW))
    page = manager.get("/targets?year=2026&lang=en").text
    assert "Past days were counted on" in page
