"""What a message of another version leaves unread, told apart from what can be read."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from firmware_bridge.wire.messages import fields

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that could not be read, and why. `door` is empty where it is about no one door."""

    door: str
    why: str


def items_of(row: Mapping[str, Any], name: str, faults: list[Fault]) -> Sequence[object]:
    """The items of a list; what is no list has none, and is a fault."""
    return readable_or(lambda: fields.items(row, name), (), faults)


def readable_or(read: Callable[[], T], otherwise: T, faults: list[Fault]) -> T:
    """What `read` returns; `otherwise` where it cannot be read, which is a fault."""
    try:
        return read()
    except fields.MessageError as error:
        faults.append(Fault("", str(error)))
        return otherwise


def readable(
    read: Callable[[Any], T], raws: Iterable[object], faults: list[Fault]
) -> tuple[T, ...]:
    """What `read` can parse of `raws`; the others are added to `faults`."""
    found = []
    for raw in raws:
        try:
            found.append(read(raw))
        except fields.MessageError as error:
            faults.append(Fault("", str(error)))
    return tuple(found)
