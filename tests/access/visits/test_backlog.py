"""The job derives visits from a long backlog without changing earlier figures."""

import itertools
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select, text

from tests.world.site import START, Journal, Site, a_member, store_entries
from zone.access.entries.models import Entry
from zone.access.visits import jobs as visits_jobs
from zone.access.visits import queries as visits_queries
from zone.access.visits import service as visits
from zone.core.config import Settings
from zone.core.db.transactions import reading, writing

MINUTE = timedelta(minutes=1)
MORE = 5
SLOW = 30  # seconds that each transaction takes


def visits_known(as_of: datetime) -> int:
    with reading() as session:
        counts = visits_queries.visit_counts(
            session, (START - timedelta(days=1), START + MINUTE), as_of
        )
    return sum(count.visits for count in counts)


def check_a_long_backlog_changes_no_old_figures(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Visits that the job stores later are not in the figures as of its start."""
    journal = Journal(site.studio_door)
    with writing() as session:
        _, holder = a_member(session, site, "student")
        for n in range(visits.BATCH_SIZE + MORE):
            journal.scan(holder, START - n * 2 * MINUTE)
        store_entries(session, site.bridge, journal.upload(), START)
    ticks = itertools.count(step=SLOW)
    monkeypatch.setattr(visits_jobs, "time", SimpleNamespace(monotonic=lambda: next(ticks)))
    assert visits_jobs.derive_visits(settings, START) == visits.BATCH_SIZE + MORE
    first = START + timedelta(seconds=SLOW)
    assert [visits_known(START), visits_known(first)] == [0, visits.BATCH_SIZE]
    assert visits_known(first + timedelta(seconds=SLOW)) == visits.BATCH_SIZE + MORE


def test_a_long_backlog_changes_no_old_figures(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    check_a_long_backlog_changes_no_old_figures(site, settings, monkeypatch)


@pytest.mark.thorough
@pytest.mark.planted_fault("visits carry the time at which the job started")
def test_storing_the_time_of_the_jobs_start_fails_the_check(
    site: Site, settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    derive = visits.derive
    monkeypatch.setattr(visits, "derive", lambda session, _now: derive(session, START))
    with pytest.raises(AssertionError):
        check_a_long_backlog_changes_no_old_figures(site, settings, monkeypatch)


@pytest.mark.engines("postgresql")
def test_a_transaction_takes_no_more_than_a_batch_whatever_the_plan(site: Site) -> None:
    journal = Journal(site.studio_door)
    with writing() as session:
        _, holder = a_member(session, site, "student")
        for n in range(visits.BATCH_SIZE + MORE):
            journal.scan(holder, START - n * 2 * MINUTE)
        store_entries(session, site.bridge, journal.upload(), START)
    with writing() as session:
        # What the planner chooses when it knows little of the table: the batch is asked for again
        # for each entry.
        for way in ("hashagg", "sort", "hashjoin", "mergejoin", "material"):
            session.execute(text(f"SET LOCAL enable_{way} = off"))
        assert visits.derive(session, START) == visits.BATCH_SIZE


def check_pending_entries_are_found_by_their_index(where: Any) -> None:
    """On SQLite the query for pending entries uses their partial index."""
    query = select(Entry.id).where(where).order_by(Entry.id).limit(visits.BATCH_SIZE)
    with reading() as session:
        plan = session.execute(
            text(f"EXPLAIN QUERY PLAN {query.compile(compile_kwargs={'literal_binds': True})}")
        )
        assert "ix_entry_pending" in " ".join(row.detail for row in plan)


@pytest.mark.engines("sqlite")
def test_pending_entries_are_found_by_their_index(app: Flask) -> None:
    check_pending_entries_are_found_by_their_index(visits.PENDING)


@pytest.mark.engines("sqlite")
@pytest.mark.planted_fault("the query cannot use the index")
def test_a_query_that_the_index_does_not_serve_fails_the_check(app: Flask) -> None:
    with pytest.raises(AssertionError):
        check_pending_entries_are_found_by_their_index(Entry.pending == 1)
