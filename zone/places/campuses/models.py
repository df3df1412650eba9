"""Campuses."""

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class Campus(Base):
    """A place with doors. `code` is its name at the doors (myllypuro).

    The street address and the position (degrees of WGS 84) are empty where nobody has given them.
    `version` grows with every change of them.
    """

    __tablename__ = "campus"
    __table_args__ = (
        # A street without its city leads nowhere.
        CheckConstraint(
            "(street IS NULL) = (postal_code IS NULL) AND (street IS NULL) = (city IS NULL)",
            name="address",
        ),
        CheckConstraint(
            "(latitude IS NULL) = (longitude IS NULL)"
            " AND latitude BETWEEN -90 AND 90 AND longitude BETWEEN -180 AND 180",
            name="position",
        ),
    )

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    street: Mapped[str | None]
    postal_code: Mapped[str | None]
    city: Mapped[str | None]
    latitude: Mapped[float | None]
    longitude: Mapped[float | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


record_rows(Campus, "code")
