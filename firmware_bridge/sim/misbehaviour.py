"""Faults of a serial cable. Pure; `chance` is seeded, so that a failure can be repeated."""

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from typing import Any


@dataclass(frozen=True, slots=True)
class Misbehaviour:
    """The faults of a line. The defaults are a good cable.

    `byte_by_byte`: every byte arrives alone. `pause_ms`: milliseconds between pieces.
    `noise`, `loss`: the probability, for each byte, of a random byte before it and of its loss.
    """

    byte_by_byte: bool = False
    pause_ms: float = 0.0
    noise: float = 0.0
    loss: float = 0.0

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Misbehaviour":
        """Read the faults from a command.

        Raises:
            ValueError: an unknown key.
        """
        unknown = set(raw) - {field.name for field in fields(cls)}
        if unknown:
            raise ValueError(f"no such misbehaviour: {', '.join(sorted(unknown))}")
        return cls(**raw)

    def play(self, data: bytes, chance: random.Random) -> Iterator[bytes]:
        """Yield the pieces that arrive; the caller waits `pause_ms` after each."""
        spoilt = self._spoil(data, chance) if self.noise or self.loss else data
        if not self.byte_by_byte:
            yield spoilt
            return
        for index in range(len(spoilt)):
            yield spoilt[index : index + 1]

    def _spoil(self, data: bytes, chance: random.Random) -> bytes:
        out = bytearray()
        for byte in data:
            if chance.random() < self.noise:
                out.append(chance.randrange(256))
            if chance.random() >= self.loss:
                out.append(byte)
        return bytes(out)
