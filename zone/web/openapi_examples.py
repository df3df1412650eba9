"""Examples for the API document, each made from its schema with known words.

An example can never differ from its schema, and a new operation has one from its first day. Names
and figures are invented.
"""

import uuid
from typing import Any, Final

Schema = dict[str, Any]

EXAMPLE: Final = "x-example"
"""The key of a field's own example in its schema; removed once the document is made."""

PATH_EXAMPLES: Final[dict[str, Any]] = {
    "campus": "myllypuro",
    "code": "248163",
    "kid": "6b1f0c9de2a47358",
    "number": "2026-17",
    "name": "Aino Esimerkki",
    "year": 2026,
}
"""Examples of the parts of addresses, which have no field."""

AT: Final = "2026-09-21T08:00:00+00:00"
DAY: Final = "2026-09-21"
SPACE: Final = uuid.UUID("6d1f7a52-9f0b-4a53-8c1e-3f2b5d7c9e01")


def example_of(schema: Schema, schemas: dict[str, Schema], name: str = "") -> Any:
    """A value that fits `schema`, of a field called `name`; `schemas` are those of the document's
    components.
    """
    if "$ref" in schema:
        return example_of(schemas[schema["$ref"].rsplit("/", 1)[1]], schemas, name)
    for chosen in (EXAMPLE, "example", "const"):
        if chosen in schema:
            return schema[chosen]
    if "enum" in schema:
        return schema["enum"][0]
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
    wanted = PATH_EXAMPLES.get(name, 1)
    return wanted if isinstance(wanted, int) and least <= wanted <= most else max(least, 0)


def _text(schema: Schema, name: str) -> str:
    form = schema.get("format")
    if form == "uuid":
        return str(uuid.uuid5(SPACE, name))
    if form == "date-time":
        return AT
    if form == "date":
        return DAY
    wanted = PATH_EXAMPLES.get(name)
    return wanted if isinstance(wanted, str) else "text"


def drop_field_examples(part: Any) -> None:
    """Remove the examples of single fields from a finished document: bodies have their own."""
    if isinstance(part, dict):
        part.pop(EXAMPLE, None)
    for value in (
        part.values() if isinstance(part, dict) else part if isinstance(part, list) else ()
    ):
        drop_field_examples(value)
