"""Why a person cannot join a waitlist or leave it."""

from zone.core.errors import declare

SESSION_NOT_FULL = declare(
    "session_not_full",
    409,
    "There is a free place in this session. Book it directly.",
)
ALREADY_QUEUED = declare(
    "already_queued",
    409,
    "You already wait for this session. You will find your place in the queue among your bookings.",
    constraints=("uq_queue_entry_live",),
)
TOO_MANY_QUEUES = declare(
    "too_many_queues",
    409,
    "You already wait in {queues} queues. Leave one of them to join this one.",
)
QUEUE_CLOSED = declare(
    "queue_closed",
    409,
    "The queue closes {minutes} minutes before the start. You can come without booking.",
)
QUEUE_PLACE_PROMOTED = declare(
    "queue_place_promoted",
    409,
    "You have already got a place from the queue. If you do not need it, cancel the booking; it "
    "goes to the next.",
)
