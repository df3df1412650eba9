"""Strict readers for the fields of received JSON.

Each returns the value of one field or raises MessageError with the field's name.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

# UTC seconds: 2**33 is in the year 2242. Larger values are an error, and would overflow a date.
FAR: Final = 2**33
# JSON can carry NUL and lone surrogates; PostgreSQL cannot store NUL, and UTF-8 has no surrogates.
_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")


class MessageError(ValueError):
    """A message, or one row of it, does not have the agreed shape."""


def mapping(raw: object, name: str) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise MessageError(f"{name}: not an object")
    return raw


def items(row: Mapping[str, Any], name: str) -> Sequence[object]:
    value = row.get(name)
    if not isinstance(value, list):
        raise MessageError(f"{name}: not a list")
    return value


def text(row: Mapping[str, Any], name: str, longest: int = 200) -> str:
    """A text of 1 to `longest` characters that every database can store."""
    value = row.get(name)
    if not isinstance(value, str) or not 1 <= len(value) <= longest or _UNSTORABLE.search(value):
        raise MessageError(f"{name}: not a text of 1 to {longest} characters")
    return value


def texts(row: Mapping[str, Any], name: str) -> tuple[str, ...]:
    return tuple(text({name: value}, name) for value in items(row, name))


def whole(row: Mapping[str, Any], name: str, least: int, most: int) -> int:
    value = row.get(name)
    # In Python, True is an int.
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise MessageError(f"{name}: not a whole number from {least} to {most}")
    return value


def seconds(row: Mapping[str, Any], name: str) -> int:
    return whole(row, name, 0, FAR)


def flag(row: Mapping[str, Any], name: str) -> bool:
    value = row.get(name)
    if not isinstance(value, bool):
        raise MessageError(f"{name}: not true or false")
    return value


def choice(row: Mapping[str, Any], name: str, allowed: Sequence[str]) -> str:
    value = text(row, name)
    if value not in allowed:
        raise MessageError(f"{name}: not one of {', '.join(allowed)}")
    return value


def hexadecimal(row: Mapping[str, Any], name: str, size: int) -> bytes:
    try:
        value = bytes.fromhex(text(row, name))
    except ValueError as error:
        raise MessageError(f"{name}: not hexadecimal") from error
    if len(value) != size:
        raise MessageError(f"{name}: not {size} bytes")
    return value


def windows(row: Mapping[str, Any], name: str) -> tuple[tuple[int, int], ...]:
    spans = []
    for span in items(row, name):
        if not isinstance(span, list) or len(span) != 2:
            raise MessageError(f"{name}: not pairs of seconds")
        pair = {"start": span[0], "end": span[1]}
        spans.append((seconds(pair, "start"), seconds(pair, "end")))
    return tuple(spans)
