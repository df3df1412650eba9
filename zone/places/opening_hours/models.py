"""The ordinary week of a campus, and days with other hours."""

from datetime import date, time

from sqlalchemy import CheckConstraint, ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.types import Base, Id
from zone.core.i18n import LANGUAGES
from zone.core.row_records.models import record_rows
from zone.places.opening_hours.rules import in_each_language


class OpeningHours(Base):
    """Ordinary hours of a campus, Helsinki wall-clock time; `weekday` 1 is Monday, 7 Sunday."""

    __tablename__ = "opening_hours"
    __table_args__ = (
        UniqueConstraint("campus_id", "weekday", "valid_from", "opens"),
        CheckConstraint("weekday BETWEEN 1 AND 7", name="weekday"),
        # Closing at an earlier time than opening is closing on the next day.
        CheckConstraint("opens <> closes", name="order"),
    )

    id: Mapped[Id]
    campus_id: Mapped[int] = mapped_column(ForeignKey("campus.id"))
    weekday: Mapped[int]
    opens: Mapped[time]
    closes: Mapped[time]
    valid_from: Mapped[date]
    valid_until: Mapped[date | None]


class OpeningException(Base):
    """A day with other hours; both times empty means closed.

    `reason` is for everybody; the others say it in one language, empty where nobody has.
    """

    __tablename__ = "opening_exception"
    __table_args__ = (
        UniqueConstraint("campus_id", "day"),
        CheckConstraint("(opens IS NULL) = (closes IS NULL)", name="both"),
        CheckConstraint("opens <> closes", name="order"),
    )

    id: Mapped[Id]
    campus_id: Mapped[int] = mapped_column(ForeignKey("campus.id"))
    day: Mapped[date]
    opens: Mapped[time | None]
    closes: Mapped[time | None]
    reason: Mapped[str]
    reason_fi: Mapped[str] = mapped_column(default="", server_default="")
    reason_sv: Mapped[str] = mapped_column(default="", server_default="")
    reason_en: Mapped[str] = mapped_column(default="", server_default="")

    @property
    def reasons(self) -> dict[str, str]:
        """Why, by language; in each, even if only the reason for everybody is known."""
        own = {code: getattr(self, f"reason_{code}") for code in LANGUAGES}
        return in_each_language(self.reason, own)


record_rows(OpeningHours, "campus_id", "weekday", "opens", "closes", "valid_from", "valid_until")
record_rows(OpeningException, "campus_id", "day", "opens", "closes")
