"""The table of job runs."""

from datetime import datetime

from sqlalchemy import CheckConstraint, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class JobRun(Base):
    """One run of a job for the due time `slot`, and its result.

    `due_at` is when a scheduler may lease it: at once while it is `waiting` (requested), at the
    next attempt when it has `failed`, and at the end of the lease while it is `running`.
    `attempts` counts the attempts since the last success; `failing_since` is the first that failed.
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
