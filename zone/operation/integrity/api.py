"""JSON API of the invariants: what the last recount found, and a new one."""

from typing import Any, Final

from flask import current_app

from zone.core.clock import utc_now
from zone.core.db.transactions import reading
from zone.core.identity import Permission
from zone.core.rate_limit.service import TOO_MANY_REQUESTS
from zone.operation.integrity import flows, queries, schemas
from zone.operation.integrity.service import JOB
from zone.operation.jobs.schemas import JobRunSchema
from zone.web.auth import current_actor, may
from zone.web.blueprint import Blueprint
from zone.web.context import invariants_of
from zone.web.refusals import refuses

api: Final = Blueprint("operation_integrity", __name__, tag="jobs")


@api.get("/integrity")
@api.response(200, schemas.IntegritySchema)
@may(Permission.OPERATION_READ)
def show_integrity() -> queries.Integrity:
    """Every invariant of the stored rows, as `zone doctor` checks them, and what breaks it as of
    the last recount.
    """
    with reading() as session:
        return queries.integrity(session, invariants_of(current_app), JOB, utc_now())


@api.post("/integrity/check")
@api.response(202, JobRunSchema)
@may(Permission.INTEGRITY_CHECK)
@refuses(TOO_MANY_REQUESTS)
def check_integrity() -> Any:
    """Recount every invariant as of one instant, in the background and within 20 minutes.

    Asked again while it waits or runs, it is the same recount. At most 6 in an hour.
    """
    return flows.request_recount(current_actor(), utc_now())
