"""Refusals of a check-in."""

from zone.core.errors import declare

NEVER_OVERRIDDEN = declare(
    "never_overridden",
    409,
    fi="Tilat on suljettu turvallisuussyystä, eikä ketään saa päästää sisään. "
    "Noudata turvallisuusohjetta.",
    sv="Lokalerna är stängda av säkerhetsskäl och ingen får släppas in. Följ säkerhetsanvisningen.",
    en="The premises are locked down, and nobody may be let in. Follow the safety instructions.",
)
