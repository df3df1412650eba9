"""Why a lottery cannot be announced, entered, drawn or called off."""

from zone.core.errors import declare

LOTTERY_COMMITTED = declare(
    "lottery_committed",
    409,
    "A draw of this session has been announced, and what was promised does not change. Call it off "
    "with a reason and announce another one.",
    constraints=("uq_lottery_session_id_number",),
)
PLACES_IN_USE = declare(
    "places_in_use",
    409,
    "Somebody has a place in this session or waits for one, so its places cannot be drawn any "
    "more. Announce the draw before booking opens.",
)
LOTTERY_TIMES = declare(
    "lottery_times",
    409,
    "The draw must be later than now and than when people can enter, and between {first} and "
    "{last}: while places of the session can be booked.",
    fields=("opens_at", "draws_at"),
)
ENTRIES_NOT_OPEN = declare(
    "entries_not_open",
    409,
    "You can enter the draw from {opens_at} on. Come back then.",
)
ALREADY_ENTERED = declare(
    "already_entered",
    409,
    "You are in the draw already. Your ticket stands on the page of the class.",
    constraints=("uq_lottery_entry_lottery_id_member_id",),
)
LOTTERY_OVER = declare(
    "lottery_over",
    409,
    "This draw is over. Its page shows what came of it.",
    constraints=("uq_lottery_end_lottery_id",),
)
DRAW_TOO_LATE = declare(
    "draw_too_late",
    409,
    "The places were not drawn before the start. You can come without booking, if there is room.",
)
DRAW_AFTER_START = declare(
    "draw_after_start",
    409,
    "The session was moved to a time before its draw. Its places are booked as those of any other.",
)
SEED_UNPROVEN = declare(
    "seed_unproven",
    409,
    "The draw is stopped: no secret of the service fits what was promised. The file of the secret "
    "is lost, or the draw was changed in the database. Restore the file, or call the draw off.",
)
