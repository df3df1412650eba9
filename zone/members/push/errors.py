"""Why a browser cannot get notifications."""

from zone.core.errors import declare

PUSH_NOT_POSSIBLE = declare(
    "push_not_possible",
    422,
    "Notifications cannot be turned on in this browser: we do not reach its push service. Mails "
    "come as before.",
)
TOO_MANY_PUSH_SUBSCRIPTIONS = declare(
    "too_many_push_subscriptions",
    409,
    "Notifications are on in {most} browsers already. Turn one of them off first.",
)
