"""What staff do with jobs and mail: look, have a job run now, send a mail again. Each act leaves an audit row."""

import uuid
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from zone import outbox
from zone.core.errors import NOT_FOUND, DomainError
from zone.jobs import service
from zone.jobs.errors import MAIL_GONE
from zone.jobs.models import JobRun
from zone.jobs.service import Job
from zone.members.service import audit
from zone.outbox import STATES, OutboxMail


def job_named(jobs: Sequence[Job], name: str) -> Job:
    """The job of that name.

    Raises:
        DomainError: not_found.
    """
    found = next((job for job in jobs if job.name == name), None)
    if found is None:
        raise DomainError(NOT_FOUND)
    return found


def run_now(session: Session, actor_id: int, job: Job, now: datetime) -> JobRun:
    """Have a job run as soon as a scheduler looks."""
    asked = service.ask(session, job.name, now)
    audit(session, actor_id=actor_id, action="job.run", object_kind="job", object_id=job.name, now=now)
    return asked


def mails(session: Session, state: str, most: int) -> Sequence[OutboxMail]:
    """The mails in a state, the newest first."""
    query = select(OutboxMail).where(OutboxMail.state == state).order_by(OutboxMail.id.desc()).limit(most)
    return session.scalars(query).all()


def mail_counts(session: Session) -> dict[str, int]:
    """How many mails are in each state."""
    counted = session.execute(select(OutboxMail.state, func.count()).group_by(OutboxMail.state))
    return dict.fromkeys(STATES, 0) | {row[0]: row[1] for row in counted}


def send_again(session: Session, actor_id: int, mail_id: uuid.UUID, now: datetime) -> OutboxMail:
    """Let a mail go with the next delivery, however long it would still wait.

    Raises:
        DomainError: not_found; mail_gone: it was sent, or its text is erased.
    """
    before = session.scalar(select(OutboxMail.state).where(OutboxMail.public_id == mail_id))
    if before is None:
        raise DomainError(NOT_FOUND)
    mail = outbox.send_again(session, mail_id, now)
    if mail is None:
        raise DomainError(MAIL_GONE)
    audit(
        session, actor_id=actor_id, action="mail.resend", object_kind="mail", object_id=mail_id,
        before={"state": before}, after={"state": "waiting"}, now=now,
    )  # fmt: skip
    return mail
