"""Refusals about doors, and about names of areas, doors and bridges."""

from zone.core.errors import declare

NAME_TAKEN = declare(
    "name_taken",
    409,
    "The name is taken. Choose another name.",
    constraints=("uq_area_campus_id_name", "uq_door_area_id_name", "uq_bridge_name"),
)
HELD_TIMES_REVERSED = declare(
    "held_times_reversed",
    422,
    "The warning comes before the alarm. Choose a time for it that is not longer.",
    constraints=("ck_door_held_open",),
)
DOOR_NEVER_HELD_OPEN = declare(
    "door_never_held_open",
    422,
    "A door cannot be held open from here: its strike is always a short pulse, "
    "so that no fault leaves it open. "
    "Give it times at which it is open to everybody, or open it once from the desk.",
)
