"""What should be moving: bridges and jobs."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sqlalchemy import func, select

from zone.access.bridges import queries as bridges_queries
from zone.access.bridges.queries import BridgeView
from zone.core.jobs import queries as jobs_queries
from zone.core.jobs.models import JobRun
from zone.members.people.models import Member
from zone.operation.doctor.findings import CheckContext, Finding, fail, warn, well

BACKLOG: Final = 1000
"""Entries still to send: more than a busy hour's."""
SCHEDULER_SILENT: Final = timedelta(minutes=5)
"""The shortest job runs every ten seconds."""


def check_bridges(patient: CheckContext) -> Iterator[Finding]:
    """Whether every box at a door is heard and has told everything."""
    found = [
        one
        for one in bridges_queries.bridges(patient.session, patient.now)
        if one.state == "enrolled"
    ]
    for bridge in found:
        yield from _bridge(bridge)
    yield well("bridges", f"{sum(one.online for one in found)} of {len(found)} are heard")


def _bridge(bridge: BridgeView) -> Iterator[Finding]:
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
        told = f"{name}: {bridge.alarms} alarms, {bridge.quarantined} entries set aside"
        yield warn(
            "bridges",
            told,
            "Look at the doors' status page, and acknowledge what you have seen to.",
        )


def check_jobs(patient: CheckContext) -> Iterator[Finding]:
    """Whether a scheduler lives and its jobs go well."""
    yield from _scheduler(patient)
    for job in jobs_queries.job_statuses(patient.session, patient.jobs, patient.now):
        if job.state in ("failed", "lost"):
            why = f" ({job.error})" if job.error else ""
            yield fail(
                "jobs",
                f"{job.name} {job.state}, {job.attempts} tries{why}",
                "It is tried again; see the log.",
            )
    yield well("jobs", f"{len(patient.jobs)} jobs are known")


def _scheduler(patient: CheckContext) -> Iterator[Finding]:
    """A service that was installed a moment ago is given as long as one whose scheduler is silent."""
    last = patient.session.scalar(select(func.max(JobRun.started_at)))
    since = last or patient.session.scalar(select(func.min(Member.created_at)))
    silent = since is not None and patient.now - since > SCHEDULER_SILENT
    if last is None or silent:
        told = "no job has run yet" if last is None else f"no job since {last:%Y-%m-%d %H:%M} UTC"
        make = fail if silent else warn
        yield make(
            "jobs",
            told,
            "Start `zone scheduler`: without it no mail leaves and nothing is settled.",
        )
