"""What each alarm means and what to do, and which words a bridge is too old for. Pure."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from firmware_bridge.wire.version import (
    DIRECTIONS,
    DOOR_STATES,
    PASSBACK_MODES,
    is_known,
    knows_limit,
)
from zone.core.i18n import translatable


class KeepsOut(StrEnum):
    """Whom an alarm keeps out of its door, of those who may enter."""

    NOBODY = "nobody"
    SOME = "some"
    """Some of them, or all where the box has no power: the server cannot see which."""
    EVERYBODY = "everybody"


@dataclass(frozen=True, slots=True)
class AlarmKind:
    """What is wrong, and what staff do next, first of all things the first of `steps`."""

    keeps_out: KeepsOut
    title: str
    steps: tuple[str, ...]


_BY_KEY: Final = translatable("Let people in with the key, or send them to another door.")
_REPLACE: Final = translatable(
    "Find out who had access to the box. Replace the bridge if you are in doubt."
)
_DOCTOR: Final = translatable(
    "If that does not help, run zone-bridge doctor on the box: it says what is wrong."
)

ALARM_KINDS: Final[Mapping[str, AlarmKind]] = {
    "chain_break": AlarmKind(
        KeepsOut.NOBODY,
        translatable("An entry was changed or taken out of the journal"),
        (_REPLACE,),
    ),
    "code_used_twice": AlarmKind(
        KeepsOut.NOBODY,
        translatable("Two doors let in the same code"),
        (translatable("Compare the two entries; somebody may have shared a code."),),
    ),
    "unproven": AlarmKind(
        KeepsOut.NOBODY,
        translatable("A bridge reports an entry that nothing proves"),
        (
            translatable(
                "It makes no visit. Find out who had access to the box. Replace the bridge if you "
                "are in doubt."
            ),
        ),
    ),
    "set_aside": AlarmKind(
        KeepsOut.NOBODY,
        translatable("A bridge reports what cannot be"),
        (
            translatable(
                "The entry is kept, and makes no visit. Check the clock of the box, and who had "
                "access to it."
            ),
        ),
    ),
    "forced_open": AlarmKind(
        KeepsOut.NOBODY,
        translatable("A door was forced open"),
        (
            translatable(
                "It opened though nobody was let in or out. Look at the door, and at who is inside."
            ),
        ),
    ),
    "offline": AlarmKind(
        KeepsOut.SOME,
        translatable("The bridge is offline"),
        (
            translatable(
                "Check its power and network. Its doors go on letting in those they know."
            ),
            translatable(
                "Until then no changes reach them, such as new passes and suspensions, and the "
                "desk cannot open them."
            ),
            translatable("On the box, systemctl status zone-bridge says whether it runs."),
        ),
    ),
    "revoked": AlarmKind(
        KeepsOut.EVERYBODY,
        translatable("The bridge is revoked, and still has doors"),
        (translatable("Let people in with the key. Give its doors to another bridge."),),
    ),
    "disk_full": AlarmKind(
        KeepsOut.EVERYBODY,
        translatable("The disk is full: nobody is let in"),
        (translatable("Let people in with the key, and free space on the box."),),
    ),
    "clock_unset": AlarmKind(
        KeepsOut.EVERYBODY,
        translatable("The clock is not set: no code is accepted"),
        (
            translatable(
                "Let people in with the key. The clock is right again once the box reaches the "
                "server."
            ),
            translatable("Check its network, and the battery of its clock."),
        ),
    ),
    "journal_chain": AlarmKind(
        KeepsOut.NOBODY,
        translatable("The journal on the box was changed"),
        (
            translatable(
                "Find out who had access to the box; zone-bridge doctor names the entries. Replace "
                "the bridge if you are in doubt."
            ),
        ),
    ),
    "journal_older": AlarmKind(
        KeepsOut.NOBODY,
        translatable("The end of the journal on the box is missing"),
        (
            translatable(
                "The server has those entries, and the box goes on behind them. Find out who has "
                "cut it or put an older copy back; replace the bridge if you are in doubt."
            ),
        ),
    ),
    "unsigned_answer": AlarmKind(
        KeepsOut.NOBODY,
        translatable("The box got an answer that this server has not signed"),
        (
            translatable(
                "It was not used. Find out what is between the box and the server. If the keys of "
                "the server are new, run zone-bridge trust on the box."
            ),
        ),
    ),
    "journal_filling": AlarmKind(
        KeepsOut.NOBODY,
        translatable("The journal on the box is nearly full"),
        (translatable("Check its network: entries wait on the box until the server has them."),),
    ),
    "relay_fault": AlarmKind(
        KeepsOut.EVERYBODY,
        translatable("The lock's relay does not answer"),
        (
            translatable("Open the door once to try it, then check the lock's wiring."),
            _BY_KEY,
            translatable("Check the power and the wires of the relay board."),
            _DOCTOR,
        ),
    ),
    "input_fault": AlarmKind(
        KeepsOut.NOBODY,
        translatable("A contact, an exit button or the fire alarm's input is not read"),
        (
            translatable(
                "The door opens all the same. Check the board of these inputs, and its wires."
            ),
        ),
    ),
    "reader_lost": AlarmKind(
        KeepsOut.EVERYBODY,
        translatable("The reader is gone"),
        (translatable("Check the cable and the power of the reader."), _BY_KEY, _DOCTOR),
    ),
    "unreadable": AlarmKind(
        KeepsOut.SOME,
        translatable("The reader sends what is no code"),
        (
            translatable(
                "See whether somebody plays with it; else check its settings and its cable."
            ),
            _DOCTOR,
        ),
    ),
    "held_open": AlarmKind(
        KeepsOut.NOBODY,
        translatable("A door stands open"),
        (translatable("Shut it. Anybody gets in meanwhile."),),
    ),
    "fire": AlarmKind(
        KeepsOut.NOBODY,
        translatable("The fire alarm is on"),
        (translatable("Help people out. The fire alarm panel releases the locks by itself."),),
    ),
    "unknown_word": AlarmKind(
        KeepsOut.SOME,
        translatable("The bridge and the server have different versions: update the older one"),
        (translatable("Until then it refuses those whom it cannot judge."),),
    ),
}


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
