"""What the page Status shows. Pure."""

from dataclasses import dataclass

from zone.access.bridges.queries import BridgeView
from zone.access.doors.queries import DoorView


@dataclass(frozen=True, slots=True)
class StatusTag:
    """A coloured label with an icon; `colour` is ok, warn, bad or info."""

    colour: str
    icon: str
    text: str


@dataclass(frozen=True, slots=True)
class BridgeCard:
    """A bridge with its connection in words. `clock` is None if the bridge has not reported it."""

    bridge: BridgeView
    campus: str
    connection: StatusTag
    clock: StatusTag | None


@dataclass(frozen=True, slots=True)
class DoorCard:
    """A door with its state in words. `bridge_fault` is set where no bridge drives it now.

    `last_entry` is None where there has been no entry yet.
    """

    door: DoorView
    state: StatusTag
    bridge_fault: StatusTag | None
    last_entry: str | None
