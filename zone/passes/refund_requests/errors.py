"""Refusals of refunds that need a second person."""

from typing import Final

from zone.core.errors import declare

SECOND_PERSON_NEEDED: Final = declare(
    "second_person_needed",
    409,
    "This refund is above the limit, so another person has to confirm it. Ask for it on the page "
    "of the order.",
)
SAME_PERSON: Final = declare(
    "same_person",
    409,
    "You have asked for this refund yourself. Another person has to confirm it.",
    constraints=(
        "ck_refund_decision_second_person",
        "ck_difference_fix_decision_second_person",
    ),
)
REFUND_WAITS: Final = declare(
    "refund_waits",
    409,
    "A refund of this order waits for a second person already. It has to be decided first.",
)
REQUEST_CLOSED: Final = declare(
    "request_closed",
    409,
    "This refund has been decided already, or nobody has confirmed it in time. Open the order to "
    "see what holds.",
    constraints=("uq_refund_decision_request_id",),
)
