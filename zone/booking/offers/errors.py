"""Why an offer of a place cannot be answered."""

from zone.core.errors import declare

OFFER_ENDED = declare(
    "offer_ended",
    409,
    "This offer is over, and the place has gone on. If you still wait, your place in the queue is "
    "among your bookings.",
)
