"""Runs of jobs: their slot, their result, and when they may be taken up again."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class JobRun(Base):
    """That a job was claimed for a slot, and what came of it.

    `due_at` is when it may be taken up: at once while it is `waiting` (somebody asked for it), at its next try once it
    `failed`, and while `running` at the end of its lease, when its process must have died. `attempts` counts the tries
    since the job last went well, `failing_since` is the first of those that did not.
    """

    __tablename__ = "job_run"
    __table_args__ = (
        UniqueConstraint("job", "slot"),
        CheckConstraint("state IN ('waiting', 'running', 'done', 'failed')", name="state"),
        CheckConstraint("(state = 'done') = (due_at IS NULL)", name="due"),
    )

    id: Mapped[Id]
    job: Mapped[str]
    slot: Mapped[datetime]
    state: Mapped[str] = mapped_column(default="running")
    attempts: Mapped[int] = mapped_column(default=1)
    due_at: Mapped[datetime | None] = mapped_column(index=True)
    failing_since: Mapped[datetime | None]
    started_at: Mapped[datetime] = mapped_column(index=True)
    finished_at: Mapped[datetime | None]
    done: Mapped[int | None]
    error: Mapped[str | None]
