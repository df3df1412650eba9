"""Refusals about quotas."""

from typing import Final

from zone.core.errors import declare

SOLD_OUT: Final = declare(
    "sold_out",
    409,
    "This is sold out. A place may become free again when somebody does not pay, so try again "
    "later or choose another product.",
)
QUOTA_TAKEN: Final = declare(
    "quota_taken",
    409,
    "More places than that are taken already. Give at least as many as are taken.",
    constraints=("ck_quota_taken",),
    fields=("places",),
)
QUOTA_EXISTS: Final = declare(
    "quota_exists",
    409,
    "Somebody else has just added a quota with this code. Look at it, and then save again.",
    constraints=("uq_quota_code",),
    fields=("code",),
)
