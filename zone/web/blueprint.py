"""The API's blueprint, and the parser of requests: UTF-8 JSON, strict fields, no repeated names."""

import json
from collections import Counter
from functools import partial
from threading import Lock
from typing import Any, Final

from flask import Flask, Request
from flask_smorest import Blueprint as SmorestBlueprint
from marshmallow import EXCLUDE, Schema, ValidationError, missing
from marshmallow.fields import List
from webargs.flaskparser import FlaskParser
from werkzeug.datastructures import MultiDict
from werkzeug.exceptions import BadRequest, UnsupportedMediaType

from zone.web.fields import reading_json

TAKES_QUERY: Final = "zone_takes_query"
"""Set on a view whose schema reads the query."""

LANGUAGE: Final = "lang"
UNDESCRIBED: Final = "zone_undescribed"
_DESCRIBING: Final = Lock()


class StrictParser(FlaskParser):
    """Reads a request's input as the published document describes it, and nothing else."""

    # None: a schema decides, and refuses names that it does not know.
    DEFAULT_UNKNOWN_BY_LOCATION = {  # noqa: RUF012 -- webargs declares it so
        **FlaskParser.DEFAULT_UNKNOWN_BY_LOCATION,
        "query": None,
    }

    def load_querystring(self, req: Request, schema: Schema) -> Any:
        """The query, without the language, which every operation takes.

        Raises:
            ValidationError: a name is repeated that takes one value; nobody knows which is meant.
                A schema that takes any name, for bridges of other versions, takes the first.
        """
        named = [(name, value) for name, value in req.args.items(multi=True) if name != LANGUAGE]
        if schema.unknown != EXCLUDE and (repeated := _repeated(named, schema)):
            raise ValidationError({name: ["Give it once."] for name in repeated})
        return self._makeproxy(MultiDict(named), schema)

    def load_json(self, req: Request, schema: Schema) -> Any:
        """The body: UTF-8 JSON without repeated names, NaN or Infinity."""
        body = req.get_data()
        if not body:
            return missing
        if not req.is_json:
            raise UnsupportedMediaType
        try:
            # Decoded here: `json.loads` would take UTF-16 and UTF-32 as well.
            text = body.decode("utf-8-sig")
            return json.loads(text, object_pairs_hook=_each_once, parse_constant=_no_number)
        except (ValueError, RecursionError) as error:
            raise BadRequest from error

    def parse(
        self,
        argmap: Any,
        req: Request | None = None,
        *,
        location: str | None = None,
        **options: Any,
    ) -> Any:
        """Load one location of a request; the fields of a body are read as JSON."""
        with reading_json((location or self.location) == "json"):
            return super().parse(argmap, req, location=location, **options)


class Blueprint(SmorestBlueprint):
    """The API of one leaf folder, described when somebody asks for the document.

    Describing every operation takes longer than all the rest of starting an application, and few
    ever ask. `tag` is the published group of its operations: an operationId is the tag and the
    view's name, so that modules and blueprints can be renamed without a change of the document.
    """

    ARGUMENTS_PARSER = StrictParser()

    def arguments(self, schema: Any, *, location: str = "json", **options: Any) -> Any:
        """Read one location of a request; of a view that reads its query, remember so."""
        decorate = super().arguments(schema, location=location, **options)

        def mark(view: Any) -> Any:
            decorated = decorate(view)
            if location == "query":
                setattr(decorated, TAKES_QUERY, True)
            return decorated

        return mark

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
        """Register a view under the blueprint's tag, or under the one of `tags` that it was
        published with.
        """
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
    """Describe the parts of the API that have not been yet. Threads that ask at once wait for the
    first.
    """
    with _DESCRIBING:
        waiting = app.extensions.get(UNDESCRIBED, [])
        while waiting:
            waiting.pop(0)()


def _repeated(named: list[tuple[str, str]], schema: Schema) -> list[str]:
    """Return the names of a query that are repeated, but for those that take a list."""
    lists = {
        field.data_key or name
        for name, field in schema.load_fields.items()
        if isinstance(field, List)
    }
    times = Counter(name for name, _ in named)
    return [name for name in times if times[name] > 1 and name not in lists]


def _each_once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a name is repeated")
    return found


def _no_number(name: str) -> None:
    raise ValueError(f"{name} is no number")
