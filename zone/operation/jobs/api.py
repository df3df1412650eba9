"""JSON API of jobs and their runs."""

from typing import Any, Final

from flask import current_app

from zone.core.clock import utc_now
from zone.core.db.transactions import reading, writing
from zone.core.errors import NOT_FOUND
from zone.core.identity import Permission
from zone.core.jobs import queries as jobs_queries
from zone.operation.jobs import service
from zone.operation.jobs.schemas import JobRunSchema, JobRunsSchema, JobsSchema, MostSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import jobs_of
from zone.web.refusals import refuses

api: Final = Blueprint("operation_jobs", __name__, tag="jobs")


@api.get("/jobs")
@api.response(200, JobsSchema)
@may(Permission.OPERATION_READ)
def list_jobs() -> dict[str, Any]:
    """Every job: when it last ran and went well, when it is next due, since when it fails and
    how."""
    with reading() as session:
        return {"jobs": jobs_queries.job_statuses(session, jobs_of(current_app), utc_now())}


@api.get("/jobs/<name>/runs")
@api.arguments(MostSchema, location="query")
@api.response(200, JobRunsSchema)
@may(Permission.OPERATION_READ)
@refuses(NOT_FOUND)
def list_runs(data: dict[str, Any], name: str) -> dict[str, Any]:
    """The last runs of a job, the newest first; they are kept for 30 days."""
    job = service.job_named(jobs_of(current_app), name)
    with reading() as session:
        return {"runs": jobs_queries.runs_of(session, job.name, data["most"])}


@api.post("/jobs/<name>/run")
@api.response(202, JobRunSchema)
@may(Permission.JOBS_RUN)
@refuses(NOT_FOUND)
def run_job(name: str) -> Any:
    """Have a job run as soon as a scheduler looks, within seconds, also when it would wait after
    a failure.

    Asked again before it has begun, it is the same run.
    """
    job = service.job_named(jobs_of(current_app), name)
    with writing() as session:
        return service.request_run(session, current_actor(), job, utc_now())
