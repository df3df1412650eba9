"""JSON of jobs and their runs. Instants are UTC; errors name nobody."""

from typing import Final

from marshmallow import Schema, validate
from marshmallow.fields import Nested

from zone.web import fields
from zone.web.schemas import ListSchema

JOB_STATES: Final = ("never", "waiting", "running", "lost", "done", "failed")
MOST: Final = 200


class JobSchema(Schema):
    """How a job is doing. `lost`: its process died; another takes it up when it is due."""

    name = fields.String(required=True, example="booking.cancel_unheld")
    every_seconds = fields.Integer(required=True)
    state = fields.String(required=True, validate=validate.OneOf(JOB_STATES))
    attempts = fields.Integer(required=True)
    last_started = fields.AwareDateTime(required=True, allow_none=True)
    last_success = fields.AwareDateTime(required=True, allow_none=True)
    next_due = fields.AwareDateTime(required=True)
    failing_since = fields.AwareDateTime(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)


class JobsSchema(ListSchema):
    """Every job of the service."""

    jobs = fields.List(Nested(JobSchema), required=True)


class JobRunSchema(Schema):
    """One run. `slot`: the instant of its timetable for which it was; `done`: how many things it
    did.
    """

    slot = fields.AwareDateTime(required=True)
    state = fields.String(required=True, validate=validate.OneOf(JOB_STATES))
    attempts = fields.Integer(required=True)
    started_at = fields.AwareDateTime(required=True)
    finished_at = fields.AwareDateTime(required=True, allow_none=True)
    due_at = fields.AwareDateTime(required=True, allow_none=True)
    done = fields.Integer(required=True, allow_none=True)
    error = fields.String(required=True, allow_none=True)


class JobRunsSchema(ListSchema):
    """The last runs of a job, the newest first."""

    runs = fields.List(Nested(JobRunSchema), required=True)


class MostSchema(Schema):
    """How many to list at most."""

    most = fields.Integer(load_default=50, validate=validate.Range(1, MOST))
