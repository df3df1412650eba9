"""What a product lets its holder do, where and when."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from zone.core.db.constraints import one_of_check
from zone.core.db.types import Base, Id
from zone.core.row_records.models import record_rows
from zone.passes.catalogue.rules import ENTITLEMENTS
from zone.passes.entitlements.rules import (
    ACTIVITIES,
    ACTIVITY,
    COMPANIONS,
    EARLIER,
    EVERY_DAY,
    HOURS,
    KINDS,
    NAMED,
    NUMBERED,
    OPENS,
    SINGLE,
    Conditions,
    SingleActivity,
    UseHours,
)

_ONCE = text(one_of_check("kind", NUMBERED))


class Entitlement(Base):
    """One thing that the passes of a product give, or one limit of where and when they can be used.

    `opens`: what the `code` says, of ENTITLEMENTS. `campus`: at the campus with that `code`; a
    product without any holds at every campus. `activity`: of the sessions only those of that kind;
    `single_activity`: those of the activity whose root is `code`, named as when it was chosen;
    without any of the two those of all kinds. `hours`: some `weekdays`, as the bits of a number
    (1 Monday, 2 Tuesday, 4 …), from `first_minute` until before `until_minute` of the Helsinki day.
    `booking_earlier`: `number` days. `companions`: at most `number` a day.
    """

    __tablename__ = "entitlement"
    __table_args__ = (
        CheckConstraint(one_of_check("kind", KINDS), name="kind"),
        CheckConstraint(f"({one_of_check('kind', NAMED)}) = (code IS NOT NULL)", name="code_of"),
        CheckConstraint(f"kind <> '{OPENS}' OR {one_of_check('code', ENTITLEMENTS)}", name="opens"),
        CheckConstraint(
            f"kind <> '{ACTIVITY}' OR {one_of_check('code', ACTIVITIES)}", name="activity"
        ),
        CheckConstraint(
            f"(kind = '{SINGLE}') = (name_fi IS NOT NULL AND name_sv IS NOT NULL"
            " AND name_en IS NOT NULL)",
            name="names_of",
        ),
        CheckConstraint(
            f"({one_of_check('kind', NUMBERED)}) = (number IS NOT NULL)", name="number_of"
        ),
        CheckConstraint(
            "(kind = 'hours') = (weekdays IS NOT NULL AND first_minute IS NOT NULL"
            " AND until_minute IS NOT NULL)",
            name="hours_of",
        ),
        CheckConstraint("weekdays BETWEEN 1 AND 127", name="weekdays"),
        CheckConstraint(
            "first_minute >= 0 AND first_minute < until_minute AND until_minute <= 1440",
            name="minutes",
        ),
        CheckConstraint("number BETWEEN 0 AND 99", name="number"),
        # A product says once how much earlier, and how many companions.
        Index(
            "uq_entitlement_once",
            "product_id",
            "kind",
            unique=True,
            sqlite_where=_ONCE,
            postgresql_where=_ONCE,
        ),
        # And names once what it opens, where and of which kinds; where nothing is named NULLs are
        # distinct.
        Index("uq_entitlement_named", "product_id", "kind", "code", unique=True),
        Index("ix_entitlement_product_id", "product_id"),
    )

    id: Mapped[Id]
    product_id: Mapped[int] = mapped_column(ForeignKey("product.id"))
    kind: Mapped[str]
    code: Mapped[str | None]
    weekdays: Mapped[int | None]
    first_minute: Mapped[int | None]
    until_minute: Mapped[int | None]
    number: Mapped[int | None]
    name_fi: Mapped[str | None]
    name_sv: Mapped[str | None]
    name_en: Mapped[str | None]


# Who changes one by hand opens other doors, or opens them at other times.
record_rows(
    Entitlement,
    "product_id",
    "kind",
    "code",
    "weekdays",
    "first_minute",
    "until_minute",
    "number",
    version=2,
)


def codes_in(rows: Iterable[Entitlement], kind: str) -> list[str]:
    """Return what the rows of a kind name."""
    return [row.code for row in rows if row.kind == kind and row.code is not None]


def set_codes(rows: list[Entitlement], kind: str, codes: Sequence[str]) -> None:
    """Make what the rows of a kind name these codes."""
    # What is named already stays: SQLAlchemy adds rows before it deletes any, and the database
    # refuses two that name the same.
    for row in [row for row in rows if row.kind == kind and row.code not in codes]:
        rows.remove(row)
    new = [code for code in dict.fromkeys(codes) if code not in codes_in(rows, kind)]
    rows.extend(Entitlement(kind=kind, code=code) for code in new)


def conditions_in(rows: Collection[Entitlement]) -> Conditions:
    """Return the conditions that the rows of a product make."""
    numbers = {row.kind: row.number for row in rows if row.number is not None}
    return Conditions(
        tuple(_hours(row) for row in rows if row.kind == HOURS),
        numbers.get(EARLIER, 0),
        numbers.get(COMPANIONS),
        tuple(sorted(codes_in(rows, ACTIVITY), key=ACTIVITIES.index)),
        tuple(
            SingleActivity(UUID(row.code), row.name_fi or "", row.name_sv or "", row.name_en or "")
            for row in rows
            if row.kind == SINGLE
        ),
    )


def set_conditions(rows: list[Entitlement], conditions: Conditions) -> None:
    """Make the rows of a product say these conditions."""
    hours: list[dict[str, Any]] = [
        {
            "weekdays": sum(1 << (day - 1) for day in one.weekdays),
            "first_minute": one.first,
            "until_minute": one.until,
        }
        for one in conditions.hours
    ]
    _set_values(rows, HOURS, hours)
    for kind, number in (
        (EARLIER, conditions.days_earlier or None),
        (COMPANIONS, conditions.companions),
    ):
        _set_values(rows, kind, [] if number is None else [{"number": number}])
    set_codes(rows, ACTIVITY, conditions.activities)
    _set_single_activities(rows, conditions.single_activities)


def _set_single_activities(rows: list[Entitlement], wanted: Sequence[SingleActivity]) -> None:
    by_code = {str(one.root): one for one in wanted}
    # What stays may have other names by now.
    for row in [row for row in rows if row.kind == SINGLE]:
        if row.code in by_code:
            _name(row, by_code.pop(row.code))
        else:
            rows.remove(row)
    for code, one in by_code.items():
        row = Entitlement(kind=SINGLE, code=code)
        _name(row, one)
        rows.append(row)


def _name(row: Entitlement, one: SingleActivity) -> None:
    row.name_fi, row.name_sv, row.name_en = one.name_fi, one.name_sv, one.name_en


def _set_values(rows: list[Entitlement], kind: str, wanted: Sequence[dict[str, Any]]) -> None:
    # In place, in their order, for the same reason: a product has one row of a number.
    stored = [row for row in rows if row.kind == kind]
    for row, values in zip(stored, wanted, strict=False):
        for name, value in values.items():
            setattr(row, name, value)
    for row in stored[len(wanted) :]:
        rows.remove(row)
    rows.extend(Entitlement(kind=kind, **values) for values in wanted[len(stored) :])


def _hours(row: Entitlement) -> UseHours:
    bits = row.weekdays or 0
    weekdays = tuple(day for day in EVERY_DAY if bits >> (day - 1) & 1)
    return UseHours(weekdays, row.first_minute or 0, row.until_minute or 0)
