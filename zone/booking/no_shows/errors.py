"""Why a no-show cannot be excused."""

from zone.core.errors import declare

NOT_A_NO_SHOW = declare(
    "not_a_no_show",
    409,
    "This booking is neither recorded as not used nor cancelled late, so there is nothing to "
    "excuse.",
)
