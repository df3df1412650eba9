"""How a holder and their keys are written in the roster."""

import json
from collections.abc import Iterable
from typing import Any, Final

from firmware_bridge.wire.messages.holders import BookingWindow, Holder, Key, Right
from firmware_bridge.wire.token import uncompress

_JSON: Final = json.JSONDecoder()


def uncompressed(point: bytes) -> bytes:
    """The 65-byte form of a point; the bytes themselves when they are no point."""
    # Computed once when a key arrives, because it would take 35 µs of every scan.
    try:
        return uncompress(point)
    except ValueError:
        return point


def parse_stored(body: str) -> Holder:
    """Parse a holder from the roster."""
    # Without the checks of Holder.from_json, which made the row on arrival: a third of the time.
    row, _ = _JSON.raw_decode(body)
    return Holder(
        row["holder"],
        tuple(
            Key(bytes.fromhex(key["kid"]), bytes.fromhex(key["point"]), key["revoked"])
            for key in row["keys"]
        ),
        _rights(row["rights"]),
        tuple(BookingWindow(it["area"], it["nbf"], it["exp"]) for it in row["slots"]),
        row["suspended"],
        row.get("more_time", False),
        _rights(row.get("pauses", ())),
        _rights(row.get("hours", ())),
        _rights(row.get("sessions", ())),
    )


def _rights(rows: Iterable[Any]) -> tuple[Right, ...]:
    return tuple(Right(it["kind"], tuple(it["campuses"]), it["nbf"], it["exp"]) for it in rows)
