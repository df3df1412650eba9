"""The terms of sale, as they are stored."""

from datetime import date

from sqlalchemy import select
from sqlalchemy.orm import Session

from zone.core.errors import NOT_FOUND, DomainError
from zone.core.i18n import LANGUAGES
from zone.passes.sale_terms.models import SaleTerms
from zone.passes.sale_terms.rules import TermsVersion, terms_on


def terms_versions(session: Session) -> list[TermsVersion]:
    """Return all versions, in the order in which they were written."""
    return [_version(row) for row in session.scalars(select(SaleTerms).order_by(SaleTerms.id))]


def sale_terms(session: Session, day: date) -> TermsVersion | None:
    """Return the terms of a Helsinki day; None: there were none yet."""
    return terms_on(terms_versions(session), day)


def terms_number(session: Session, day: date) -> int | None:
    """Return the version that an order of a day agrees to; None: there was none yet."""
    newest = (
        select(SaleTerms.id)
        .where(SaleTerms.valid_from <= day)
        .order_by(SaleTerms.valid_from.desc(), SaleTerms.id.desc())
    )
    return session.scalar(newest.limit(1))


def terms_version(session: Session, number: int) -> TermsVersion:
    """Return a version.

    Raises:
        DomainError: not_found.
    """
    row = session.get(SaleTerms, number)
    if row is None:
        raise DomainError(NOT_FOUND)
    return _version(row)


def _version(row: SaleTerms) -> TermsVersion:
    return TermsVersion(
        row.id,
        row.valid_from,
        {code: getattr(row, f"terms_{code}") for code in LANGUAGES},
        {code: getattr(row, f"consent_{code}") for code in LANGUAGES},
    )
