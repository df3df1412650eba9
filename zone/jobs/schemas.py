"""The JSON of jobs and mail. Instants are UTC; errors name nobody."""

from typing import Final

from marshmallow import Schema, fields, validate

from zone.http.schemas import ListSchema
from zone.outbox import STATES

JOB_STATES: Final = ("never", "waiting", "running", "lost", "done", "failed")
MOST: Final = 200


class JobSchema(Schema):
    """How a job is doing. `lost`: its process died; another takes it up when it is due."""

    name = fields.String(required=True)
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

    jobs = fields.List(fields.Nested(JobSchema), required=True)


class JobRunSchema(Schema):
    """One run. `slot`: the instant of its timetable for which it was; `done`: how many things it did."""

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

    runs = fields.List(fields.Nested(JobRunSchema), required=True)


class MostSchema(Schema):
    """How many to list at most."""

    most = fields.Integer(load_default=50, validate=validate.Range(1, MOST))


class MailsQuerySchema(MostSchema):
    """Which mails: those that wait, or another state."""

    state = fields.String(load_default="waiting", validate=validate.OneOf(STATES))


class MailSchema(Schema):
    """A mail without its words. `resendable`: its text is still there."""

    id = fields.UUID(required=True)
    template = fields.String(required=True)
    recipient = fields.String(required=True)
    state = fields.String(required=True, validate=validate.OneOf(STATES))
    attempts = fields.Integer(required=True)
    created_at = fields.AwareDateTime(required=True)
    due_at = fields.AwareDateTime(required=True)
    error = fields.String(required=True, allow_none=True)
    resendable = fields.Boolean(required=True)


class MailCountsSchema(Schema):
    """How many mails there are in each state."""

    waiting = fields.Integer(required=True)
    sent = fields.Integer(required=True)
    refused = fields.Integer(required=True)
    late = fields.Integer(required=True)


class MailsSchema(ListSchema):
    """Mails, the newest first, and the counts of all."""

    mails = fields.List(fields.Nested(MailSchema), required=True)
    counts = fields.Nested(MailCountsSchema, required=True)
