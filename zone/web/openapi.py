"""The OpenAPI 3.1 document, made from the views.

flask-smorest collects addresses and schemas. This module adds what decorators say of each view: who
may call it and the scope for API tokens (`@may`), and the refusals it answers (`@refuses`).
"""

import json
import re
from collections.abc import Iterator
from copy import deepcopy
from typing import Any, Final

from apispec.ext.marshmallow import MarshmallowPlugin
from apispec.ext.marshmallow.common import resolve_schema_cls
from flask import Flask
from flask_smorest import Api
from marshmallow import fields, validate
from werkzeug.routing import Rule

from zone.core.idempotency import service as idempotency
from zone.core.identity import PERMISSIONS_OF, Role
from zone.web import auth, idempotency_key
from zone.web import openapi_refusals as refusals
from zone.web.blueprint import Blueprint, describe
from zone.web.fields import MAX_INTEGER, TIME_PATTERN, Field, is_bounded, must_be_visible
from zone.web.openapi_examples import EXAMPLE, drop_field_examples, example_of
from zone.web.refusals import is_idempotent, refusals_of

KEY: Final = "zone_openapi"
PREFIX: Final = "/api/v1"
JSON: Final = "application/json"
VISIBLE: Final = r"[^\s\x00-\x1f\x7f-\x9f]"
"""Stands somewhere in a text that must have a length."""
PATH_PART: Final = re.compile(r"<(?:[^:<>]+:)?([^<>]+)>")

TAGS: Final = {
    "members": "People, proof of who they are, and signing in",
    "audit": "Who on the staff did what",
    "tokens": "Keys with which programs use this API",
    "access": "Phones, doors, bridges and attendance",
    "bridge": "What the bridges of the sites call",
    "doors": "Areas, doors, bridges and their alarms",
    "booking": "Timetable and bookings",
    "planning": "Weekly classes and terms, for those who plan them",
    "policy": "The numbers of booking, for those who set them",
    "courts": "Spaces for own use",
    "places": "Spaces, their parts and rules, and opening hours",
    "queue": "The queue for a full session",
    "lottery": "Places that are drawn, and what everybody needs to draw them again",
    "passes": "Products, orders, receipts and passes",
    "catalogue": "Products and prices, for those who set them",
    "invoices": "Invoices to institutions, for who sends them",
    "desk": "The front desk: people, sales, phones, live doors",
    "feedback": "Term surveys, and feedback on accessibility",
    "service": "The service's own data: names, contact, colour and seller",
    "reporting": "Figures against the targets",
    "jobs": "What the service does by itself, and its mail",
}
"""The published groups of operations, in the order of the document."""

INFO: Final = """\
The JSON interface of Zone: timetable and bookings, passes, people, doors, surveys and targets.

**Refusals** are RFC 9457 problems (`application/problem+json`) with a `code` from the list at /docs/problems, a
sentence in the reader's language (`?lang=`, else the person's choice, else `Accept-Language`) and every reason found.
**Other people's things** look unknown: 404. **Times** are UTC instants, days are days in Helsinki, money is integer
cents with VAT. **Lists** come as `{"<plural>": […], "next": null}`. **Repeating** a write is safe with an
`Idempotency-Key`: the first answer comes again; another body with the key is a 422. **Stale edits** are a 409 that says
what changed: send the `version` that was read along with the edit. Bodies hold at most 1 MB of UTF-8 JSON.

A person's session is a cookie, and its writes must come from Zone's own pages or carry `X-CSRF-Token`. A program uses
an API token, `Authorization: Bearer zt_…`: it acts as its owner, only in operations that name one of its scopes, and
never in more than its owner's roles allow at that moment. A token that is unknown, expired or revoked is a 401, also
where guests may read. Bridges at the doors sign on for tokens of their own.
"""

SECURITY: Final = {
    "session": {
        "type": "apiKey",
        "in": "cookie",
        "name": "__Host-zone",
        "description": "A person who signed in; the names are the roles of which one is needed. On http: `zone`.",
    },
    "token": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "zt_…",
        "description": "An API token; the name is the scope that it needs. It acts as its owner.",
    },
    "bridge": {
        "type": "http",
        "scheme": "bearer",
        "description": "What a bridge gets when it signs on: 15 minutes, for the operations of bridges only.",
    },
}

IDEMPOTENCY_KEY: Final = {
    "name": idempotency_key.HEADER,
    "in": "header",
    "required": False,
    "description": "Chosen by the caller for this one write; the same again is answered as the first time.",
    "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.MAX_KEY_LENGTH},
    "example": "7d1c6f0e-book",
}

PUBLISHED: Final = {
    "access.alarms": "AccessDoors",
    "access.areas": "AccessDoors",
    "access.areas.NewArea": "AccessNewArea",
    "access.bridges": "AccessDoors",
    "access.bridges.BridgeToken": "AccessBridgeToken",
    "access.bridges.NewBridge": "AccessNewBridge",
    "access.door_commands": "AccessDoors",
    "access.doors": "AccessDoors",
    "access.doors.NewDoor": "AccessNewDoor",
    "booking.closures": "BookingClosing",
    "booking.policies": "BookingPolicy",
    "booking.reservations": "BookingCourts",
    "booking.sessions.CapacityRequest": "BookingClassesCapacityRequest",
    "booking.waitlist": "BookingQueue",
    "booking.weekly_classes": "BookingClasses",
    "booking.weekly_classes.ClassRequest": "BookingClassRequest",
    "booking.weekly_classes.Class": "BookingClass",
    "desk.live_doors.OpenDoorForm": "DeskOpenOnce",
    "members.privacy": "Reporting",
    "members.suspensions": "Access",
    "operation.audit": "Members",
    "operation.jobs": "Jobs",
    "operation.mail": "Jobs",
    "passes.catalogue": "PassesCatalogue",
    "places.terms": "BookingClasses",
    "web.schemas": "",
    "web.schemas.Made": "AccessMade",
}
"""Published names that differ from the rule of `schema_name`.

A leaf folder gives the first part of the names of its schemas; leaf.class the whole name.
"""


def marshmallow_plugin() -> MarshmallowPlugin:
    """Return the plugin that names schemas in the document by `schema_name`."""
    return MarshmallowPlugin(schema_name_resolver=schema_name)


def _example(_converter: Any, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
    example = field.example if isinstance(field, Field) else None
    return {} if example is None else {EXAMPLE: example}


def _bounds(_converter: Any, field: fields.Field[Any], **_: Any) -> dict[str, Any]:
    if isinstance(field, fields.Integer) and not is_bounded(field) and not field.dump_only:
        return (
            {"minimum": -MAX_INTEGER, "maximum": MAX_INTEGER}
            if field.parent and field.required
            else {}
        )
    patterns = [
        str(rule.regex.pattern) for rule in field.validators if isinstance(rule, validate.Regexp)
    ]
    if patterns:  # JSON Schema has no \A and \Z
        return {"pattern": patterns[0].replace(r"\A", "^").replace(r"\Z", "$")}
    if isinstance(field, fields.Time):
        return {"pattern": f"^{TIME_PATTERN}$"}
    if must_be_visible(field) and not field.dump_only:
        return {"pattern": VISIBLE}
    return {}


def schema_name(schema: Any) -> str:
    """Return the name of a schema in the document: its feature, then its own; see `PUBLISHED`."""
    found = resolve_schema_cls(schema)
    kind = found[0] if isinstance(found, list) else found
    package, *folders = kind.__module__.split(".")
    name = kind.__name__.removesuffix("Schema")
    if package != "zone":
        return str(package.capitalize() + name)
    leaf = ".".join(folders[:2])
    return PUBLISHED.get(f"{leaf}.{name}") or PUBLISHED.get(leaf, folders[0].capitalize()) + name


def install(app: Flask, api: Api) -> None:
    """Store the specification for `document`. Call it before the blueprints are registered."""
    api.ma_plugin.converter.add_attribute_function(_bounds)
    api.ma_plugin.converter.add_attribute_function(_example)
    app.extensions[KEY] = api.spec


def document(app: Flask) -> dict[str, Any]:
    """Return the document; every application of this version has the same."""
    describe(app)
    found: dict[str, Any] = deepcopy(app.extensions[KEY].to_dict())
    components = found.setdefault("components", {})
    components["securitySchemes"] = SECURITY
    components["responses"] = {}
    components["parameters"] = {}
    components["headers"] = {}
    schemas = components.setdefault("schemas", {})
    schemas["Problem"] = refusals.PROBLEM
    for name in [name for name in schemas if name.startswith("Flask_smorest")]:
        del schemas[name]
    found["info"] |= {
        "description": INFO,
        "license": {"name": "Apache 2.0", "identifier": "Apache-2.0"},
    }
    found["servers"] = [{"url": "/", "description": "This service"}]
    for item in found["paths"].values():
        _move_parameters(item)
    found["tags"] = [{"name": name, "description": words} for name, words in TAGS.items()]
    found["paths"] = dict(sorted(found["paths"].items()))
    for rule, method, operation in operations(app, found):
        _describe(app, rule, method, operation, components)
    _close(found, schemas)
    components["schemas"] = dict(sorted(schemas.items()))
    drop_field_examples(found)
    return {
        name: found[name] for name in ("openapi", "info", "servers", "tags", "paths", "components")
    }


def text_of(app: Flask) -> str:
    """Return the document as text, as in docs/openapi.json."""
    return json.dumps(document(app), indent=1, ensure_ascii=False) + "\n"


def operations(app: Flask, found: dict[str, Any]) -> Iterator[tuple[Rule, str, dict[str, Any]]]:
    """Yield (URL rule, HTTP method, operation) of each operation of a document."""
    for rule in app.url_map.iter_rules():
        item = found["paths"].get(PATH_PART.sub(r"{\1}", rule.rule), {})
        for method in sorted(rule.methods or ()):
            if method.lower() in item:
                yield rule, method, item[method.lower()]


def _move_parameters(item: dict[str, Any]) -> None:
    """Move the parameters of an address into each of its operations."""
    shared = item.pop("parameters", [])
    for operation in item.values():
        operation["parameters"] = [*deepcopy(shared), *operation.get("parameters", ())]


def _describe(
    app: Flask, rule: Rule, method: str, operation: dict[str, Any], components: dict[str, Any]
) -> None:
    view = app.view_functions[rule.endpoint]
    operation["operationId"] = operation_id(app, rule.endpoint)
    # A docstring's first sentence may be wrapped.
    operation["summary"] = " ".join(operation.get("summary", "").split()).removesuffix(".")
    operation["description"] = operation.get("description", "").strip()
    operation["security"] = _security(app, rule.endpoint)
    keyed = is_idempotent(view)
    if keyed:
        operation.setdefault("parameters", []).append(IDEMPOTENCY_KEY)
    for parameter in operation.get("parameters", ()):
        _clean_parameter(parameter)
    responses = operation["responses"]
    for status in [name for name in responses if name == "default" or name.startswith(("4", "5"))]:
        del responses[status]
    _give_examples(operation, components["schemas"])
    codes = set(refusals.standard(app, rule, method, operation)) | set(refusals_of(view))
    codes |= (
        {idempotency.IDEMPOTENCY_MISMATCH, idempotency.IDEMPOTENCY_KEY_INVALID} if keyed else set()
    )
    for status in sorted({code.status for code in codes}):
        responses[str(status)] = refusals.response(
            status, {c.code for c in codes if c.status == status}, components
        )
    operation["responses"] = dict(sorted(responses.items()))


def operation_id(app: Flask, endpoint: str) -> str:
    """Return the published id of the operation behind an endpoint."""
    blueprint = app.blueprints[endpoint.rpartition(".")[0]]
    if not isinstance(blueprint, Blueprint):
        raise TypeError(f"{endpoint} is no operation of the API")
    return blueprint.operation_id(endpoint)


def _security(app: Flask, endpoint: str) -> list[dict[str, list[str]]]:
    access = auth.access_of(app, endpoint)
    scope = auth.scope_of(app, endpoint)
    found: list[dict[str, list[str]]] = [{}] if auth.is_open_to_guests(access) else []
    roles = {role for role in Role if access in PERMISSIONS_OF[role]}
    if Role.BRIDGE in roles:
        return [{"bridge": []}]
    if roles:
        found.append({"session": [] if Role.MEMBER in roles else sorted(roles)})
    if scope:
        found.append({"token": [scope]})
    return found


def _clean_parameter(parameter: dict[str, Any]) -> None:
    schema = parameter.get("schema", {})
    if "default" in schema and schema["default"] is None:
        del schema["default"]
    if parameter["in"] == "path" and schema.get("type") == "string" and "format" not in schema:
        schema.setdefault("minLength", 1)


def _give_examples(operation: dict[str, Any], schemas: dict[str, Any]) -> None:
    for parameter in operation.get("parameters", ()):
        if "example" not in parameter:
            parameter["example"] = example_of(
                parameter.get("schema", {}), schemas, parameter["name"]
            )
    bodies = [operation.get("requestBody", {}), *operation["responses"].values()]
    for body in bodies:
        for media in body.get("content", {}).values():
            media["example"] = example_of(media["schema"], schemas)
    if "requestBody" in operation:
        operation["requestBody"]["required"] = _has_required(operation["requestBody"], schemas)


def _has_required(body: dict[str, Any], schemas: dict[str, Any]) -> bool:
    schema = body["content"][JSON]["schema"]
    schema = schemas[schema["$ref"].rsplit("/", 1)[1]] if "$ref" in schema else schema
    return bool(schema.get("required"))


def _close(found: dict[str, Any], schemas: dict[str, Any]) -> None:
    """Set `additionalProperties: false` in request bodies, except in those of bridges."""
    # The parser refuses unknown fields; only a newer bridge may send some.
    waiting = [
        operation["requestBody"]["content"][JSON]["schema"]
        for item in found["paths"].values()
        for operation in item.values()
        if "requestBody" in operation and operation["tags"] != ["bridge"]
    ]
    seen: set[str] = set()
    while waiting:
        schema = waiting.pop()
        name = schema.get("$ref", "").rsplit("/", 1)[-1]
        if name in seen:
            continue
        if name:
            seen.add(name)
            schema = schemas[name]
        if schema.get("properties"):
            schema["additionalProperties"] = False
        waiting += [part for part in _parts(schema) if isinstance(part, dict)]


def _parts(schema: dict[str, Any]) -> Iterator[Any]:
    yield from schema.get("properties", {}).values()
    yield schema.get("items")
    for several in ("anyOf", "oneOf", "allOf"):
        yield from schema.get(several, ())
