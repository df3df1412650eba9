"""What is typed into a text area keeps its line breaks, what is typed into one line has none."""

import re
from pathlib import Path
from typing import Any, Final

import marshmallow
import pytest
from flask import Flask
from marshmallow import Schema
from marshmallow import fields as kinds
from werkzeug.datastructures import MultiDict

from zone.core.text import clean_lines
from zone.web import forms
from zone.web.fields import LongText, String

ZONE: Final = Path(__file__).parents[2] / "zone"
AREA: Final = re.compile(r"\barea\(\s*(?:key ~ )?\"-?([a-z_]+)-?\"")
FILES: Final = {"content"}
"""What is text in the API is a file that a page sends."""
TYPED: Final = "  First\x07 line \r\n\r\n\r\n\r\n- second\r\n"
KEPT: Final = "First line\n\n- second"


def schemas_of(base: type[Schema] = Schema) -> set[type[Schema]]:
    """Return the schemas of the product."""
    below = {one for direct in base.__subclasses__() for one in (direct, *schemas_of(direct))}
    return {one for one in below if one.__module__.startswith("zone.")}


def fields_of(schema: type[Schema]) -> dict[str, kinds.Field[Any]]:
    return dict(schema._declared_fields)


def long_names() -> set[str]:
    """Return the names of the fields of several lines; a nested group has the name of its field."""
    found: set[str] = set()
    for schema in schemas_of():
        for name, kind in fields_of(schema).items():
            parts = fields_of(type(kind.schema)) if isinstance(kind, kinds.Nested) else {}
            inside = [one for one in parts.values() if isinstance(one, LongText)]
            languages = set(parts) == {"fi", "sv", "en"}
            if isinstance(kind, LongText) or (inside and languages):
                found.add(name)
    return found - {"fi", "sv", "en"} - FILES


def area_names() -> set[str]:
    """Return the names of the text areas of the forms that `forms.read` reads."""
    texts = (path.read_text("utf-8") for path in ZONE.rglob("*.html"))
    return {name for text in texts for name in AREA.findall(text)}


def test_the_fields_of_several_lines_are_those_with_a_text_area(app: Flask) -> None:
    assert area_names() == long_names()


@pytest.mark.usefixtures("app")
def test_each_text_is_read_by_its_kind() -> None:
    seen = {"lines": 0, "line": 0}
    for schema in schemas_of():
        for name, kind in fields_of(schema).items():
            if not isinstance(kind, String) or kind.dump_only:
                continue
            alone = type("Alone", (marshmallow.Schema,), {name: kind})()
            field = kind.data_key or name
            read = forms.typed_values(alone, MultiDict({field: TYPED}))
            if isinstance(kind, LongText):
                assert read == {field: KEPT}, (schema, name)
                seen["lines"] += 1
            else:
                assert read == {field: "First line - second"}, (schema, name)
                seen["line"] += 1
    assert seen["lines"] >= 4
    assert seen["line"] > 50


def test_lines_are_as_they_were_typed() -> None:
    assert clean_lines("one\r\ntwo\rthree") == "one\ntwo\nthree"
    assert clean_lines("  \n\n ") == ""
