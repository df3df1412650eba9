"""Activities: what is offered, at whatever times."""

import uuid

from sqlalchemy import CheckConstraint
from sqlalchemy.orm import Mapped, MappedColumn, mapped_column

from zone.booking.activities.rules import LEVELS, SESSION_KINDS
from zone.core.db.append_only import keep_rows
from zone.core.db.constraints import one_of_check
from zone.core.db.types import Base, Id, PublicId
from zone.core.row_records.models import record_rows


def _about() -> MappedColumn[str]:
    # Deferred: a week of the timetable has a hundred sessions, and shows none of these texts.
    return mapped_column(default="", server_default="", deferred=True, deferred_group="about")


class Activity(Base):
    """What is offered: its kind, names, texts and level.

    Weekly classes and single sessions are of an activity. Its kind never changes: the figures of
    past months are counted by it.

    `root` is what passes that are limited to an activity name: that of the first one of its names,
    or of the one from which it was made by giving a class another name.
    """

    __tablename__ = "activity"
    __table_args__ = (
        CheckConstraint(one_of_check("kind", SESSION_KINDS), name="kind"),
        CheckConstraint(one_of_check("level", LEVELS), name="level"),
    )

    id: Mapped[Id]
    public_id: Mapped[PublicId]
    root: Mapped[uuid.UUID] = mapped_column(index=True)
    kind: Mapped[str]
    name_fi: Mapped[str]
    name_sv: Mapped[str]
    name_en: Mapped[str]
    # The kind of exercise, such as `strength`.
    category: Mapped[str]
    level: Mapped[str] = mapped_column(default="everybody", server_default="everybody")
    description_fi: Mapped[str] = _about()
    description_sv: Mapped[str] = _about()
    description_en: Mapped[str] = _about()
    bring_fi: Mapped[str] = _about()
    bring_sv: Mapped[str] = _about()
    bring_en: Mapped[str] = _about()
    # Grows with every change by an editor.
    version: Mapped[int] = mapped_column(default=1, server_default="1")


keep_rows(Activity)
record_rows(Activity, "kind", "level", "root", version=2)
