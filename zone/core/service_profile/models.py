"""The table of the service's own data."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class ServiceProfileRow(Base):
    """The service's own data, at most one row; without it the settings are the first values.

    `version` counts the changes, so that an edit of an older state is refused. `logo` is a PNG, and
    `logo_digest` its part of the address. `quiet_from` and `quiet_until` are hours of the wall
    clock between which mails wait.
    """

    __tablename__ = "service_profile"
    __table_args__ = (
        CheckConstraint("id = 1", name="one_row"),
        CheckConstraint("(logo IS NULL) = (logo_digest IS NULL)", name="logo"),
    )

    id: Mapped[Id]
    name: Mapped[str]
    short_name: Mapped[str]
    email: Mapped[str]
    phone: Mapped[str]
    address: Mapped[str]
    accent: Mapped[str]
    seller_name: Mapped[str]
    seller_address: Mapped[str]
    seller_business_id: Mapped[str]
    seller_vat: Mapped[bool]
    quiet_from: Mapped[int] = mapped_column(default=22, server_default="22")
    quiet_until: Mapped[int] = mapped_column(default=8, server_default="8")
    logo_digest: Mapped[str | None]
    logo: Mapped[bytes | None]
    version: Mapped[int] = mapped_column(default=1)


record_rows(ServiceProfileRow, "seller_name", "seller_address", "seller_business_id", "seller_vat")
