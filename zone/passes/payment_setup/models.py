"""Which payment providers managers offer, and how trials of them ended."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class ProviderSwitch(Base):
    """A manager let buyers choose a provider, or not any more. The newest holds; none: offered."""

    __tablename__ = "provider_switch"

    id: Mapped[Id]
    provider: Mapped[str]
    offered: Mapped[bool]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("member.id"))


class ProviderTrial(Base):
    """A manager has tried the connection to a provider, with the keys of this installation."""

    __tablename__ = "provider_trial"
    __table_args__ = (CheckConstraint("outcome IN ('answered', 'failed')", name="outcome"),)

    id: Mapped[Id]
    provider: Mapped[str]
    outcome: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int] = mapped_column(ForeignKey("member.id"))


append_only(ProviderSwitch)
append_only(ProviderTrial)
# A row that was added by hand offers a provider, or takes one away.
record_rows(ProviderSwitch, "provider", "offered", "recorded_at")
