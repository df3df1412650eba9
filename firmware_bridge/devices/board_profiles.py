"""Profiles of relay boards: how a family is told to pulse a relay, and asked. Data only.

Sources: Waveshare, "Modbus RTU Relay" and "Modbus RTU Relay (D)", development protocol V3 (wiki);
LC Technology (chinalctech.com), "Modbus RTU relay module", commands 1 to 17 of its instructions.

A board is of use at a door only where it ends its pulse by itself and says what its relay does:
then a crash or a cut cable leaves no door open, and no green light is shown to a door that stayed
shut. `REFUSED` names the common ones that cannot, and why.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

# "coil": function 05 at 0x0200 + coil; "registers": function 16 at 3 + 5 × coil. See `modbus`.
Pulse = Literal["coil", "registers"]


@dataclass(frozen=True, slots=True)
class BoardProfile:
    """How one family of boards speaks.

    `pulse`: how a pulse is asked for. `unit`, `last_unit`: its address from the factory, and the
    last one it can have. `read_at_once`: it answers to a question for so many coils or inputs,
    from the first one, and to no other; 0: to any.
    """

    name: str
    family: str
    pulse: Pulse
    baud: int = 9600
    unit: int = 1
    last_unit: int = 247
    read_at_once: int = 0


WAVESHARE: Final = BoardProfile("waveshare", "Waveshare Modbus RTU Relay, and (D)", "coil")

_ALL: Final = (
    WAVESHARE,
    # Reported: questions for 4 or 16 inputs are not answered.
    BoardProfile(
        "lctech",
        "LC Technology Modbus RTU relay, 1 to 8 relays",
        "registers",
        unit=255,
        last_unit=255,
        read_at_once=8,
    ),
)
BOARDS: Final[Mapping[str, BoardProfile]] = MappingProxyType({one.name: one for one in _ALL})

REFUSED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "lcus": "LCUS boards (USB, frames that begin with A0) are not used: they have no timer of "
        "their own, so a crash would leave the door open, and they answer nothing, so nobody "
        "would know whether it opened. Use a board with flash-on: "
    }
)
