"""A holder's row of another version: read part by part, never for more than the holder has."""

from functools import partial

from firmware_bridge.wire.messages import fields
from firmware_bridge.wire.messages.faults import Fault, items_of, readable
from firmware_bridge.wire.messages.holders import BookingWindow, Holder, Key, Right


def read_holder(raw: object) -> tuple[Holder, tuple[Fault, ...]]:
    """Parse a row; what cannot be read takes its safe side.

    An unreadable right, booking, pause or limit is left out, and an unreadable key is revoked.
    Where not even the id of a key can be read, or whether there is a suspension, the holder is
    suspended.

    Raises:
        MessageError: the row does not say whose it is.
    """
    row = fields.mapping(raw, "holder row")
    holder = fields.whole(row, "holder", 1, 2**32 - 1)
    faults: list[Fault] = []
    rights = readable(Right.from_json, items_of(row, "rights", faults), faults)
    pauses, hours, sessions = (
        readable(Right.from_json, items_of(row, name, faults) if name in row else (), faults)
        for name in ("pauses", "hours", "sessions")
    )
    slots = readable(BookingWindow.from_json, items_of(row, "slots", faults), faults)
    suspending: list[Fault] = []
    read_key = partial(_read_key, faults=faults)
    keys = readable(read_key, items_of(row, "keys", suspending), suspending)
    suspended = row.get("suspended")
    if not isinstance(suspended, bool):
        suspending.append(Fault("", "suspended: not true or false"))
    return (
        Holder(
            holder,
            keys,
            rights,
            slots,
            bool(suspending) or suspended is True,
            row.get("more_time") is True,
            pauses,
            hours,
            sessions,
        ),
        (*faults, *suspending),
    )


def _read_key(raw: object, faults: list[Fault]) -> Key:
    """Parse a key; one with a readable id only is revoked."""
    try:
        return Key.from_json(raw)
    except fields.MessageError as error:
        kid = fields.hexadecimal(fields.mapping(raw, "key"), "kid", 8)
        faults.append(Fault("", str(error)))
        # Not left out: a door that does not know a key accepts it by a certificate.
        return Key(kid, bytes(33), revoked=True)
