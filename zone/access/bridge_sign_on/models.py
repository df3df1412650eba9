"""Enrolment tokens, challenges and access tokens of bridges."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class BridgeEnrolment(Base):
    """A one-time token by which a box enrols as the bridge. Only its hash is stored."""

    __tablename__ = "bridge_enrolment"

    id: Mapped[Id]
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class BridgeChallenge(Base):
    """A text that a bridge must sign to sign on; the row is deleted when it is used."""

    __tablename__ = "bridge_challenge"

    id: Mapped[Id]
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"), index=True)
    challenge_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]


class BridgeToken(Base):
    """An access token of a bridge, read at each request, so that revoking it works at once."""

    __tablename__ = "bridge_token"

    id: Mapped[Id]
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]


record_rows(BridgeEnrolment, "bridge_id", "token_hash", "expires_at")
record_rows(BridgeToken, "bridge_id", "token_hash", "expires_at")
