"""Customer groups, and which institution belongs to which one from a day on."""

from datetime import date

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class CustomerGroup(Base):
    """Institutions that share a price list.

    `ended_on` is the first day on which it is none any more. `version` grows with every change.
    """

    __tablename__ = "customer_group"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name_fi: Mapped[str]
    name_sv: Mapped[str]
    name_en: Mapped[str]
    ended_on: Mapped[date | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class InstitutionGroup(Base):
    """The customer group of an institution from `valid_from` on; NULL: it pays the general price.

    Only the first day is stored, as of prices: it holds until the next one begins.
    """

    __tablename__ = "institution_group"
    __table_args__ = (UniqueConstraint("institution_id", "valid_from"),)

    id: Mapped[Id]
    institution_id: Mapped[int] = mapped_column(ForeignKey("institution.id"))
    customer_group_id: Mapped[int | None] = mapped_column(ForeignKey("customer_group.id"))
    valid_from: Mapped[date]


# Money: an institution that is moved by hand pays another price at once.
record_rows(CustomerGroup, "code", "ended_on")
record_rows(InstitutionGroup, "institution_id", "customer_group_id", "valid_from")
