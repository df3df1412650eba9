"""What must hold of customer groups, for `zone doctor`."""

from datetime import datetime
from typing import Final

from sqlalchemy import exists, select
from sqlalchemy.orm import Session, aliased

from zone.core.invariants import Invariant, count_rows
from zone.passes.catalogue.models import Price
from zone.passes.customer_groups.models import CustomerGroup, InstitutionGroup


def count_wrong_groups(session: Session, _named_since: datetime) -> int:
    """Count the prices of a customer group that there is not, and the institutions that are in one
    when it has ended.
    """
    nobodys = select(Price.id).where(
        Price.price_group != "", ~exists().where(CustomerGroup.code == Price.price_group)
    )
    following = aliased(InstitutionGroup)
    stays = (
        select(InstitutionGroup.id)
        .join(CustomerGroup, CustomerGroup.id == InstitutionGroup.customer_group_id)
        .where(
            CustomerGroup.ended_on.is_not(None),
            ~exists().where(
                following.institution_id == InstitutionGroup.institution_id,
                following.valid_from > InstitutionGroup.valid_from,
                following.valid_from <= CustomerGroup.ended_on,
            ),
        )
    )
    return count_rows(session, nobodys) + count_rows(session, stays)


INVARIANTS: Final[tuple[Invariant, ...]] = (
    Invariant(
        "customer_groups",
        "every price is of a customer group that there is, and no institution is in an ended one",
        count_wrong_groups,
        "Somebody has written past the service. Compare with the page Customer groups, "
        "`/manage/customer-groups`, and with the prices of the products.",
    ),
)
