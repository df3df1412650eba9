"""Why presence at a session is not recorded."""

from zone.core.errors import declare

ATTENDANCE_TOO_EARLY = declare(
    "attendance_too_early",
    409,
    "Presence can be recorded from half an hour before the start.",
)
