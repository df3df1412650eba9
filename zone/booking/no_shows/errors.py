"""Why a no-show cannot be excused."""

from zone.core.errors import declare

NOT_A_NO_SHOW = declare(
    "not_a_no_show",
    409,
    "This booking is not recorded as not used, so there is nothing to excuse.",
)
