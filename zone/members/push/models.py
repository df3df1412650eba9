"""The browsers that show messages of ours, and the messages that are on their way to them."""

from datetime import datetime
from typing import Final

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.constraints import one_of_check
from zone.core.db.types import Base, Id, PublicId

STATES: Final = ("waiting", "sent", "refused", "late")
ERASED: Final = {"payload": ""}


class PushSubscription(Base):
    """A browser in which a person turned notifications on, as it named itself to us (RFC 8030).

    It lasts as long as the sign-in in which it was turned on: see `queries.live`. `endpoint` is
    the address at its push service; `point` and `secret` seal what only this browser reads;
    `server_key` is the public key of ours that it was made for.
    """

    __tablename__ = "push_subscription"

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    # Unique: a browser shows the messages of one person, and has one address.
    session_id: Mapped[int] = mapped_column(ForeignKey("sign_in_session.id"), unique=True)
    endpoint: Mapped[str] = mapped_column(unique=True)
    point: Mapped[bytes]
    secret: Mapped[bytes]
    server_key: Mapped[str]
    created_at: Mapped[datetime]


class PushMessage(Base):
    """One message to one browser, and the state of its delivery; the text is erased at its end.

    `member_id`: whom it is for. A browser that has become another person's by then gets nothing.
    `due_at` is the time of the next attempt. `question` names what is asked again before it is
    sent, and `about` of what, as for mails.
    """

    __tablename__ = "push_message"
    __table_args__ = (
        CheckConstraint(one_of_check("state", STATES), name="state"),
        Index("ix_push_message_state_due_at", "state", "due_at"),
    )

    id: Mapped[Id]
    subscription_id: Mapped[int] = mapped_column(
        ForeignKey("push_subscription.id", ondelete="CASCADE"), index=True
    )
    member_id: Mapped[int] = mapped_column(ForeignKey("member.id"), index=True)
    payload: Mapped[str]
    topic: Mapped[str]
    created_at: Mapped[datetime]
    not_after: Mapped[datetime]
    due_at: Mapped[datetime]
    attempts: Mapped[int] = mapped_column(default=0)
    state: Mapped[str] = mapped_column(default="waiting")
    done_at: Mapped[datetime | None]
    last_error: Mapped[str | None]
    question: Mapped[str | None]
    about: Mapped[str | None]
