"""The rules of bookkeeping and the certificates, as they are stored."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from zone.passes.passes.models import Pass
from zone.passes.retention.models import (
    BookkeepingRule,
    DeletedNumbers,
    DeletedYear,
    PassOrigin,
)
from zone.passes.retention.rules import BookkeepingRules, DatedBookkeepingRules


@dataclass(frozen=True, slots=True)
class NumbersView:
    """The deleted numbers of a series and calendar year."""

    series: str
    year: int
    first: int
    last: int
    count: int


@dataclass(frozen=True, slots=True)
class CertificateView:
    """The certificate of a deleted accounting year; `digest` in hexadecimal."""

    ended_on: date
    years_kept: int
    deleted_at: datetime
    counts: dict[str, int]
    digest: str
    numbers: Sequence[NumbersView]


def dated_rules(session: Session) -> list[DatedBookkeepingRules]:
    """Return all rules, in the order in which they were written."""
    return [
        DatedBookkeepingRules(
            row.id, row.valid_from, BookkeepingRules(row.last_month, row.years_kept)
        )
        for row in session.scalars(select(BookkeepingRule).order_by(BookkeepingRule.id))
    ]


def certificates(session: Session) -> list[CertificateView]:
    """Return the certificates of the deleted accounting years, the newest first."""
    numbers: dict[int, list[NumbersView]] = {}
    for row in session.scalars(
        select(DeletedNumbers).order_by(DeletedNumbers.year, DeletedNumbers.series)
    ):
        numbers.setdefault(row.deleted_year_id, []).append(
            NumbersView(row.series, row.year, row.first, row.last, row.count)
        )
    return [
        CertificateView(
            row.ended_on,
            row.years_kept,
            row.deleted_at,
            row.counts,
            row.digest.hex(),
            numbers.get(row.id, []),
        )
        for row in session.scalars(select(DeletedYear).order_by(DeletedYear.ended_on.desc()))
    ]


def own_pass_origins(member_id: int) -> Select[*tuple[Any, ...]]:
    """Return through which institutions a member's passes were sold, for the export."""
    return (
        select(Pass.public_id, PassOrigin.institution_code)
        .join(PassOrigin, PassOrigin.pass_id == Pass.id)
        .where(Pass.member_id == member_id)
    )
