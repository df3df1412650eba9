"""Why a single session cannot be planned."""

from zone.core.errors import declare

SESSION_IN_PAST = declare(
    "session_in_past",
    422,
    "This time is over. Choose a later one.",
    fields=("day", "starts_at"),
)
