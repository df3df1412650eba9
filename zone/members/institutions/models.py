"""Institutions, whom they send, and the regions in which their people study."""

from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows


class Institution(Base):
    """A university of applied sciences, and whom its agreement admits.

    Where `study_region` is set, the code of a study region, only students of that region are
    admitted. `version` grows with every change.
    """

    __tablename__ = "institution"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name: Mapped[str]
    admits_students: Mapped[bool]
    admits_staff: Mapped[bool]
    study_region: Mapped[str | None]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class StudyRegion(Base):
    """A region to which an agreement may be limited. `version` grows with every change."""

    __tablename__ = "study_region"

    id: Mapped[Id]
    code: Mapped[str] = mapped_column(unique=True)
    name_fi: Mapped[str]
    name_sv: Mapped[str]
    name_en: Mapped[str]
    version: Mapped[int] = mapped_column(default=1, server_default="1")


record_rows(Institution, "code", "admits_students", "admits_staff", "study_region")
record_rows(StudyRegion, "code")
