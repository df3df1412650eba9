"""Campuses."""

from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id


class Campus(Base):
    """A place with doors. `code` is its name at the doors (myllypuro)."""

    __tablename__ = "campus"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
