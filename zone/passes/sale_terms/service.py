"""Set the terms of sale from a day on, audited. Never commits."""

from collections.abc import Mapping
from datetime import date, datetime

from sqlalchemy.orm import Session

from zone.core.audit.service import record_action
from zone.core.errors import DomainError
from zone.core.i18n import LANGUAGES
from zone.core.identity import Actor, Permission
from zone.core.time import helsinki_date
from zone.passes.sale_terms.errors import TERMS_CHANGED, TERMS_IN_THE_PAST
from zone.passes.sale_terms.models import SaleTerms
from zone.passes.sale_terms.queries import terms_number


def set_sale_terms(
    session: Session,
    actor: Actor,
    *,
    valid_from: date,
    terms: Mapping[str, str],
    consent: Mapping[str, str],
    now: datetime,
) -> SaleTerms:
    """Set the terms of sale and the words of the consent from a day on, as a new version.

    Raises:
        DomainError: forbidden, terms_in_the_past.
    """
    actor.require(Permission.CATALOGUE_WRITE)
    if valid_from < helsinki_date(now):
        raise DomainError(TERMS_IN_THE_PAST)
    row = SaleTerms(
        valid_from=valid_from,
        recorded_at=now,
        recorded_by=actor.id,
        **{f"terms_{code}": terms[code] for code in LANGUAGES},
        **{f"consent_{code}": consent[code] for code in LANGUAGES},
    )
    session.add(row)
    session.flush()
    record_action(
        session,
        actor_id=actor.id,
        action="sale_terms.set",
        object_kind="sale_terms",
        object_id=str(row.id),
        after={"valid_from": valid_from.isoformat()},
        now=now,
    )
    return row


def check_shown(session: Session, shown: int | None, now: datetime) -> None:
    """Check that the version which a buyer was shown holds; None is not compared.

    Raises:
        DomainError: terms_changed.
    """
    current = terms_number(session, helsinki_date(now))
    if shown not in (None, current):
        raise DomainError(TERMS_CHANGED, now={"terms": current})
