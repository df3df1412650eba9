"""The tables of baskets that name people."""

from typing import Final

from zone.core.personal_data import PersonalData, Retention
from zone.passes.baskets.jobs import EMPTY_BASKETS
from zone.passes.baskets.queries import own_basket, own_basket_code

PERSONAL_DATA: Final = (
    PersonalData(
        "basket_line",
        ("member_id",),
        "basket",
        own_basket,
        retention=Retention("30 days in a basket", EMPTY_BASKETS),
    ),
    PersonalData(
        "basket_voucher",
        ("member_id",),
        "basket_codes",
        own_basket_code,
        retention=Retention("30 days in a basket", EMPTY_BASKETS),
    ),
)
