"""Which words about a door its bridge is too old for. Pure."""

import uuid
from dataclasses import dataclass

from firmware_bridge.wire.version import (
    DIRECTIONS,
    DOOR_STATES,
    PASSBACK_MODES,
    is_known,
    knows_limit,
)


@dataclass(frozen=True, slots=True)
class DoorWords:
    """The words about a door, and the version of the messages that its bridge speaks."""

    id: int
    public_id: uuid.UUID
    state: str
    passback: str
    direction: str
    occupancy_limit: int | None
    wire: int


def has_newer_word(door: DoorWords) -> bool:
    """Return whether the bridge gets the safe side of a word instead of the word."""
    return not (
        is_known(DOOR_STATES, door.state, door.wire)
        and is_known(PASSBACK_MODES, door.passback, door.wire)
        and is_known(DIRECTIONS, door.direction, door.wire)
        and knows_limit(door.occupancy_limit, door.wire)
    )
