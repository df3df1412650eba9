"""Enrolment tokens, challenges and access tokens of bridges."""

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class BridgeEnrolment(Base):
    """A one-time token that makes a box the bridge. Only its hash is kept."""

    __tablename__ = "bridge_enrolment"

    id: Mapped[Id]
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"))
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class BridgeChallenge(Base):
    """What a bridge must sign to sign on: used once, then gone."""

    __tablename__ = "bridge_challenge"

    id: Mapped[Id]
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"), index=True)
    challenge_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]


class BridgeToken(Base):
    """An access token of a bridge, asked about at every request, so that revoking works at once."""

    __tablename__ = "bridge_token"

    id: Mapped[Id]
    bridge_id: Mapped[int] = mapped_column(ForeignKey("bridge.id"), index=True)
    token_hash: Mapped[bytes] = mapped_column(unique=True)
    expires_at: Mapped[datetime]
