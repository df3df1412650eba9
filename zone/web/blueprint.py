"""What every room's API is made of: flask-smorest's blueprint, with a reader of input that takes nothing on trust.

JSON says itself of which type a value is, so "5" is no number and 1 is no boolean; what marshmallow would guess, the
published document does not allow. Numbers and dates are bounded wherever a field does not say otherwise: no column
holds 10 ** 30, and a day after the year 9999 there is none.
"""

import json
import re
from collections.abc import Mapping
from functools import partial
from threading import Lock
from typing import Any, Final

from flask import Flask, Request
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import Schema, ValidationError, fields, missing, validate
from webargs.flaskparser import FlaskParser
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from zone.core.time import EARLIEST, LATEST

UNDESCRIBED: Final = "zone_undescribed"
_DESCRIBING: Final = Lock()

MOST: Final = 2**31 - 1
"""The largest whole number where a field names no range of its own."""

DATE: Final = r"\d{4}-\d{2}-\d{2}"
TIME: Final = r"([01]\d|2[0-3]):[0-5]\d(:[0-5]\d)?"
SHAPES: Final[tuple[tuple[type[fields.Field[Any]], re.Pattern[str], str], ...]] = (
    (
        fields.UUID,
        re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"),
        "Not a valid UUID.",
    ),
    (fields.Date, re.compile(DATE), "Not a valid date."),
    (fields.DateTime, re.compile(DATE + r"[Tt ].+"), "Not a valid datetime."),
    (fields.Time, re.compile(TIME), "Not a valid time."),
)
"""How a text must look that stands for something else; the first that fits the field counts."""


class StrictParser(FlaskParser):
    """Reads a request's input as the published document describes it, and nothing else."""

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body: UTF-8 JSON without repeated names, NaN or Infinity."""
        body = req.get_data()
        if not body:
            return missing
        if not req.is_json:
            raise UnsupportedMediaType
        try:
            return json.loads(body, object_pairs_hook=_each_once, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise BadRequest from error

    def pre_load(self, location_data: Any, *, schema: Schema, req: Request, location: str) -> Any:
        """Refuse what a schema would guess at or could not hold."""
        wrong = misfits(schema, location_data, typed=location == "json")
        if wrong:
            raise ValidationError(wrong)
        return location_data


class Blueprint(SmorestBlueprint):
    """The API of one leaf folder, described when somebody asks for the document.

    Describing every operation takes longer than all the rest of starting an application, and few ever ask.
    `tag` is the published group of its operations: an operationId is the tag and the view's name, so that modules and
    blueprints can be renamed without a change of the document.
    """

    ARGUMENTS_PARSER = StrictParser()

    def __init__(self, name: str, import_name: str, *, tag: str, **options: Any) -> None:
        super().__init__(name, import_name, **options)
        self.tag = tag
        self._tag_of: dict[str, str] = {}

    def add_url_rule(
        self,
        rule: str,
        endpoint: str | None = None,
        view_func: Any = None,
        *,
        tags: Any = None,
        **options: Any,
    ) -> None:
        """Register a view under the blueprint's tag, or under the one of `tags` that it was published with."""
        if tags:
            self._tag_of[endpoint or view_func.__name__] = tags[0]
        super().add_url_rule(rule, endpoint, view_func, tags=tags or [self.tag], **options)

    def operation_id(self, endpoint: str) -> str:
        """Return the published id of the operation behind one of this blueprint's endpoints."""
        view = endpoint.removeprefix(f"{self.name}.")
        return f"{self._tag_of.get(view, self.tag)}_{view}"

    def register_views_in_doc(
        self, api: Any, app: Flask, spec: Any, *, name: str, parameters: Any
    ) -> None:
        """Leave the description to `describe`."""
        describing = partial(
            super().register_views_in_doc, api, app, spec, name=name, parameters=parameters
        )
        app.extensions.setdefault(UNDESCRIBED, []).append(describing)


def describe(app: Flask) -> None:
    """Describe the parts of the API that have not been yet. Threads that ask at once wait for the first."""
    with _DESCRIBING:
        waiting = app.extensions.get(UNDESCRIBED, [])
        while waiting:
            waiting.pop(0)()


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is repeated")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")


def misfits(schema: Schema, data: object, *, typed: bool) -> dict[str, Any]:
    """Field → what is wrong with its value before the schema looks at it. `typed`: JSON, where types are known."""
    if not isinstance(data, Mapping):
        return {}
    wrong = {}
    for name, field in schema.load_fields.items():
        key = field.data_key or name
        fault = _fault(field, data[key], typed=typed) if key in data else None
        if fault:
            wrong[key] = fault
    return wrong


def _fault(
    field: fields.Field[Any], value: object, *, typed: bool
) -> list[str] | dict[Any, Any] | None:
    if value is None:
        return None
    if isinstance(field, fields.Nested):
        return _of_nested(field, value, typed=typed)
    if isinstance(field, fields.List):
        return _of_items(field.inner, value, typed=typed)
    wrong = (_wrong_type(field, value) if typed else None) or _out_of_bounds(field, value)
    return [wrong] if wrong else None


def _of_nested(field: fields.Nested, value: object, *, typed: bool) -> dict[Any, Any]:
    if not (field.many and isinstance(value, list)):
        return misfits(field.schema, value, typed=typed)
    found = {index: misfits(field.schema, item, typed=typed) for index, item in enumerate(value)}
    return {index: fault for index, fault in found.items() if fault}


def _of_items(inner: fields.Field[Any], value: object, *, typed: bool) -> dict[Any, Any]:
    if not isinstance(value, list):
        return {}
    found = {index: _fault(inner, item, typed=typed) for index, item in enumerate(value)}
    return {index: fault for index, fault in found.items() if fault}


def _wrong_type(field: fields.Field[Any], value: object) -> str | None:
    if isinstance(field, fields.Boolean):
        return None if isinstance(value, bool) else "Not a valid boolean."
    if isinstance(field, fields.Integer):
        return (
            None
            if isinstance(value, int) and not isinstance(value, bool)
            else "Not a valid integer."
        )
    if isinstance(field, fields.Float):
        return (
            None
            if isinstance(value, int | float) and not isinstance(value, bool)
            else "Not a valid number."
        )
    for kind, shape, words in SHAPES:
        if isinstance(field, kind):
            return None if isinstance(value, str) and shape.fullmatch(value) else words
    return None


def _out_of_bounds(field: fields.Field[Any], value: object) -> str | None:
    if isinstance(field, fields.Date | fields.DateTime) and isinstance(value, str):
        year = value[:4]
        inside = not year.isdecimal() or EARLIEST.year <= int(year) <= LATEST.year
        return None if inside else f"Must be in the years {EARLIEST.year} to {LATEST.year}."
    if isinstance(field, fields.Integer) and isinstance(value, int) and not bounded(field):
        return None if -MOST <= value <= MOST else f"Must be between -{MOST} and {MOST}."
    return None


def bounded(field: fields.Field[Any]) -> bool:
    """Whether a field says itself between what its values lie."""
    return any(isinstance(rule, validate.Range | validate.OneOf) for rule in field.validators)
