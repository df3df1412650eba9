"""The dated words of the terms of sale."""

from datetime import date, datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.append_only import append_only
from zone.core.db.types import Base, Id


class SaleTerms(Base):
    """The terms of sale, and the words of the consent to an early start, from a day on.

    Append-only: orders name the version, its `id`, that was agreed to. Of two of a day the newest
    holds.
    """

    __tablename__ = "sale_terms"

    id: Mapped[Id]
    valid_from: Mapped[date]
    terms_fi: Mapped[str]
    terms_sv: Mapped[str]
    terms_en: Mapped[str]
    consent_fi: Mapped[str]
    consent_sv: Mapped[str]
    consent_en: Mapped[str]
    recorded_at: Mapped[datetime]
    recorded_by: Mapped[int | None] = mapped_column(ForeignKey("member.id"))


append_only(SaleTerms)
