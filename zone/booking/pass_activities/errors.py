"""Why the activities of a pass cannot be set."""

from typing import Final

from zone.core.errors import declare

ACTIVITY_UNKNOWN: Final = declare(
    "activity_unknown",
    409,
    "One of the activities is not known. Choose from those that are listed.",
    fields=("activities",),
)
