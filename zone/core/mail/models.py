"""The outbox table."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, Index, func
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id, PublicId

STATES: Final = ("waiting", "sent", "refused", "late")
# A mail may contain a secret that the database stores only as a hash, such as a sign-in code. A
# refused mail keeps its text until `not_after`, so that it can be sent again.
ERASED: Final = {"subject": "", "body": "", "html": "", "calendar": "", "attachment": ""}


class OutboxMail(Base):
    """One mail and the state of its delivery. `due_at` is the time of the next attempt.

    The text is erased when the mail is sent or outdated. `question` names what is asked again
    before it is sent, and `about` of what; see `questions`. `html` is empty in mails of an older
    version; `calendar` is the event of a calendar file (`calendar.to_json`), or empty; `attachment`
    says which file is made when it is sent (`attachments`). `act_by` is when what it is about
    begins; `quiet_until` is the end of the quiet hours in which it waits.
    """

    __tablename__ = "outbox"
    __table_args__ = (
        CheckConstraint(f"state IN ({', '.join(map(repr, STATES))})", name="state"),
        Index("ix_outbox_state_due_at", "state", "due_at"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    recipient: Mapped[str]
    template: Mapped[str]
    language: Mapped[str]
    subject: Mapped[str]
    body: Mapped[str]
    html: Mapped[str] = mapped_column(default="", server_default="")
    calendar: Mapped[str] = mapped_column(default="", server_default="")
    attachment: Mapped[str] = mapped_column(default="", server_default="")
    dedupe: Mapped[str | None] = mapped_column(unique=True)
    created_at: Mapped[datetime]
    not_after: Mapped[datetime | None]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default="waiting")
    act_by: Mapped[datetime | None]
    quiet_until: Mapped[datetime | None]
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    question: Mapped[str | None]
    about: Mapped[str | None]


WAITS_SINCE: Final = func.coalesce(OutboxMail.quiet_until, OutboxMail.created_at)
"""Since when a mail waits for its delivery, as an operator counts it: quiet hours are no delay."""
