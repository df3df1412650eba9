"""Why a session cannot be moved."""

from zone.core.errors import declare

MOVE_TOO_LATE = declare(
    "move_too_late",
    409,
    "Booking of the new time would be closed already, so nobody who has a place could say yes to "
    "it. Choose a later time, at most an hour from the old one, or cancel the session.",
    fields=("day", "starts_at"),
)
