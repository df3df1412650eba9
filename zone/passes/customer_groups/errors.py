"""Refusals about customer groups."""

from typing import Final

from zone.core.errors import declare

GROUP_ENDED: Final = declare(
    "customer_group_ended",
    409,
    "That customer group has ended, or will end. Choose another group.",
    fields=("group",),
)
GROUP_EXISTS: Final = declare(
    "customer_group_exists",
    409,
    "Somebody else has just added a customer group with this code. Look at it, and then save "
    "again.",
    constraints=("uq_customer_group_code",),
    fields=("code",),
)
INSTITUTION_MOVED: Final = declare(
    "institution_moved",
    409,
    "Somebody else has just chosen the group of this institution from that day. Look at it, and "
    "then try again.",
    constraints=("uq_institution_group_institution_id_valid_from",),
)
