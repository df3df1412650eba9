"""Refusals of a command to a door."""

from zone.core.errors import declare

DOOR_SHUT = declare(
    "door_shut",
    409,
    "The door is shut to everybody. Set it back to normal first.",
)
DOOR_WITHOUT_BRIDGE = declare(
    "door_without_bridge",
    409,
    "The door has no bridge that could open it. Connect it to a bridge first.",
)
