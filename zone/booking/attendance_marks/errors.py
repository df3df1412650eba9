"""Why nothing can be said against a mark, or decided about it."""

from zone.core.errors import declare

MARK_APPEALED = declare(
    "mark_appealed",
    409,
    "You have appealed against this mark already. It can be done once.",
)
MARK_NOT_COUNTING = declare(
    "mark_not_counting",
    409,
    "This mark does not count any more.",
)
APPEAL_DECIDED = declare(
    "appeal_decided",
    409,
    "This appeal is decided already.",
)
