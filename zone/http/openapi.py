"""How the API describes itself."""

from typing import Any

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls


def marshmallow_plugin() -> MarshmallowPlugin:
    """Describes marshmallow schemas under the names of `schema_name`."""
    return MarshmallowPlugin(schema_name_resolver=schema_name)


def schema_name(schema: Any) -> str:
    """The name of a schema in the document: two rooms may each have a `NamesSchema`, so its room comes first."""
    found = resolve_schema_cls(schema)
    kind = found[0] if isinstance(found, list) else found
    _package, _, room = kind.__module__.rpartition(".schemas")[0].rpartition(".")
    return room.capitalize() + kind.__name__.removesuffix("Schema")
