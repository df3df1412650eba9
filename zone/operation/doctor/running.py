"""Checks of what runs all the time: bridges and jobs."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from zone.access.bridges import queries as bridges_queries
from zone.access.bridges.queries import BridgeView
from zone.access.visits import queries as visits_queries
from zone.core.jobs import queries as jobs_queries
from zone.core.jobs.models import JobRun
from zone.members.people import queries as people_queries
from zone.operation.doctor.findings import CheckContext, Finding, fail, ok, warn

UNPROVEN_WITHIN: Final = timedelta(days=30)
BACKLOG: Final = 1000
"""Entries that a bridge has still to send: more than a busy hour brings."""
SCHEDULER_SILENT: Final = timedelta(minutes=5)
"""After this long without a run the scheduler is down: its most frequent job runs every 10 s."""


def check_bridges(context: CheckContext) -> Iterator[Finding]:
    """Check that every enrolled bridge is online and has sent its entries."""
    enrolled = [
        bridge
        for bridge in bridges_queries.bridges(context.session, context.now)
        if bridge.state == "enrolled"
    ]
    for bridge in enrolled:
        yield from _check_bridge(bridge)
    unproven = visits_queries.count_unproven(context.session, context.now - UNPROVEN_WITHIN)
    if unproven:
        yield warn(
            "bridges",
            f"{unproven} visits of the last {UNPROVEN_WITHIN.days} days rest on the word of bridges"
            " that are too old to prove them",
            "Update the bridges, then set the last day on the doors' status page.",
        )
    yield ok("bridges", f"{sum(bridge.online for bridge in enrolled)} of {len(enrolled)} are heard")


def _check_bridge(bridge: BridgeView) -> Iterator[Finding]:
    name = f"bridge “{bridge.name}”"
    if not bridge.online:
        since = (
            "never heard"
            if bridge.seen_at is None
            else f"last heard {bridge.seen_at:%Y-%m-%d %H:%M} UTC"
        )
        yield fail(
            "bridges",
            f"{name}: {since}",
            "Look at its power and network; its doors go on by themselves.",
        )
    if bridge.backlog > BACKLOG:
        yield warn(
            "bridges",
            f"{name}: {bridge.backlog} entries to send",
            "Wait after an outage, else see its log.",
        )
    if bridge.clock == "unset":
        yield fail(
            "bridges",
            f"{name}: its clock is not set",
            "Give it a time server: it refuses every code.",
        )
    if bridge.alarms or bridge.quarantined:
        what = f"{name}: {bridge.alarms} alarms, {bridge.quarantined} entries set aside"
        yield warn(
            "bridges",
            what,
            "Look at the doors' status page, and acknowledge what you have seen to.",
        )


def check_jobs(context: CheckContext) -> Iterator[Finding]:
    """Check that a scheduler runs and its jobs succeed."""
    yield from _check_scheduler(context)
    for job in jobs_queries.job_statuses(context.session, context.jobs, context.now):
        if job.state in ("failed", "lost"):
            why = f" ({job.error})" if job.error else ""
            yield fail(
                "jobs",
                f"{job.name} {job.state}, {job.attempts} tries{why}",
                "It is tried again; see the log.",
            )
    yield ok("jobs", f"{len(context.jobs)} jobs are known")


def _check_scheduler(context: CheckContext) -> Iterator[Finding]:
    # Before the first run the time counts from the first account: a new installation is given as
    # long to start its scheduler as one whose scheduler stopped.
    # One that starts later was leased while a clock was wrong.
    started = select(func.max(JobRun.started_at)).where(JobRun.started_at <= context.now)
    last_run = context.session.scalar(started)
    since = last_run or people_queries.first_created_at(context.session)
    silent = since is not None and context.now - since > SCHEDULER_SILENT
    if last_run is None or silent:
        what = (
            "no job has run yet"
            if last_run is None
            else f"no job since {last_run:%Y-%m-%d %H:%M} UTC"
        )
        finding = fail if silent else warn
        yield finding(
            "jobs",
            what,
            "Start `zone scheduler`: without it no mail leaves and nothing is settled.",
        )
