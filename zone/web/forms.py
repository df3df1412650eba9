"""Reading an HTML form through a schema, and marking the fields that were refused."""

from typing import Any

from flask import request
from marshmallow import Schema, ValidationError

from zone.core.errors import DomainError
from zone.web.problems import INVALID_INPUT


def wrong_fields(refusal: DomainError | None) -> dict[str, Any]:
    """The fields that a refusal marks."""
    fields: dict[str, Any] = refusal.extra.get("fields", {}) if refusal else {}
    return fields


def read_form(schema: Schema) -> dict[str, Any]:
    """The form of this request; what was left empty is not there.

    Raises:
        DomainError: invalid_input, with the fields.
    """
    typed = {name: value for name in schema.fields if (value := request.form.get(name, "").strip())}
    try:
        given: dict[str, Any] = schema.load(typed)
    except ValidationError as error:
        raise DomainError(INVALID_INPUT, fields=error.messages) from error
    return given
