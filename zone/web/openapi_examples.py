"""Examples for the API document, each made from its schema with known words.

An example can never differ from its schema, and a new operation has one from its first day. Names and figures
are invented.
"""

import uuid
from typing import Any, Final

from zone.web.blueprint import TIME

Schema = dict[str, Any]

WORDS: Final[dict[str, Any]] = {
    "access_token": "q3Yt…",
    "actor": "Aino Esimerkki",
    "baseline": "1870",
    "baseline_of": "2019",
    "campus": "myllypuro",
    "category": "strength",
    "certificate": "01" * 111,
    "code": "248163",
    "currency": "EUR",
    "detail": "Sign in first.",
    "email": "aino@example.org",
    "en": "Morning strength",
    "fi": "Aamun voima",
    "sv": "Morgonstyrka",
    "goal": "2500",
    "head": "5f" * 32,
    "initials": "AE",
    "institution": "metropolia",
    "issuer": "1",
    "key": "a",
    "kid": "6b1f0c9de2a47358",
    "kind": "class",
    "label": "Phone",
    "language": "fi",
    "name": "Aino Esimerkki",
    "number": "2026-17",
    "password": "correct horse battery staple",
    "pct": "33",
    "point": "02" + "5f" * 32,
    "product": "term-pass",
    "public_key": "04" + "5f" * 64,
    "reason": "The instructor is ill",
    "role": "student",
    "sha256": "5f" * 32,
    "shown": "2500",
    "signature": "5f" * 64,
    "source": "term sticker",
    "state": "open",
    "study_region": "capital",
    "token": "zt_q3Yt…",
    "value": "2500",
    "vat_percent": "13.5",
    "payment_url": "https://pay.example.org/1",
    "holder": 3_405_691_582,
    "cents": 4500,
    "total_cents": 4500,
    "vat_cents": 535,
    "capacity": 24,
    "bookable": 17,
    "left": 5,
    "minutes": 55,
    "year": 2026,
    "weekday": 2,
    "expires_in": 900,
}
"""What stands in an example for a field of that name."""

TIMES: Final = {
    "starts_at": "2026-09-22T14:30:00+00:00",
    "ends_at": "2026-09-22T15:25:00+00:00",
    "valid_until": "2026-12-31T22:00:00+00:00",
    "expires_at": "2027-08-31T09:00:00+00:00",
    "closes_at": "2026-11-30T22:00:00+00:00",
}
DAYS: Final = {
    "ends_on": "2026-12-31",
    "last_on": "2026-12-12",
    "valid_until": "2026-12-31",
    "to": "2026-09-27",
}
CLOCKS: Final = {"opens": "07:00", "closes": "22:00", "starts_at": "17:30"}
AT: Final = "2026-09-21T08:00:00+00:00"
DAY: Final = "2026-09-21"
SPACE: Final = uuid.UUID("6d1f7a52-9f0b-4a53-8c1e-3f2b5d7c9e01")


def example_of(schema: Schema, schemas: dict[str, Schema], name: str = "") -> Any:
    """A value that fits `schema`, of a field called `name`; `schemas` are those of the document's components."""
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas, name)
    for chosen in ("example", "const"):
        if chosen in schema:
            return schema[chosen]
    if "enum" in schema:
        return WORDS[name] if name in WORDS and WORDS[name] in schema["enum"] else schema["enum"][0]
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return example_of(schema[several][0], schemas, name)
    return _typed(schema, schemas, name)


def _typed(schema: Schema, schemas: dict[str, Schema], name: str) -> Any:
    kind = schema.get("type")
    kind = kind[0] if isinstance(kind, list) else kind
    if kind == "object":
        return _object(schema, schemas)
    if kind == "array":
        return [example_of(schema.get("items", {}), schemas, name.removesuffix("s"))]
    if kind == "boolean":
        return True
    if kind in ("integer", "number"):
        return _number(schema, name)
    return _text(schema, name)


def _object(schema: Schema, schemas: dict[str, Schema]) -> dict[str, Any]:
    found = {
        name: example_of(part, schemas, name) for name, part in schema.get("properties", {}).items()
    }
    if not found and isinstance(schema.get("additionalProperties"), dict):
        return {"key": example_of(schema["additionalProperties"], schemas)}
    return found


def _number(schema: Schema, name: str) -> int:
    least, most = schema.get("minimum", 0), schema.get("maximum", 2**31)
    wanted = WORDS.get(name, 1)
    return wanted if isinstance(wanted, int) and least <= wanted <= most else max(least, 0)


def _text(schema: Schema, name: str) -> str:
    form = schema.get("format")
    if form == "uuid":
        return str(uuid.uuid5(SPACE, name))
    if form == "date-time":
        return TIMES.get(name, AT)
    if form == "date":
        return DAYS.get(name, DAY)
    if name in CLOCKS and schema.get("pattern") == f"^{TIME}$":
        return CLOCKS[name]
    wanted = WORDS.get(name)
    return wanted if isinstance(wanted, str) else "text"
