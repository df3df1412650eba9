"""Messages about invalid fields come in the reader's language."""

from datetime import date, time
from typing import Any

import pytest
from flask import Flask
from marshmallow import Schema, ValidationError, fields, validate

from tests.world.people import a_browser
from zone.web.field_messages import in_language


class EveryRule(Schema):
    """The kinds of fields and validators that features use."""

    required = fields.String(required=True)
    text = fields.String(validate=validate.Length(1, 5))
    short = fields.String(validate=validate.Length(min=2))
    long = fields.String(validate=validate.Length(max=2))
    exact = fields.String(validate=validate.Length(equal=2))
    count = fields.Integer(validate=validate.Range(1, 5))
    most = fields.Integer(validate=validate.Range(max=5))
    least = fields.Integer(validate=validate.Range(min=5))
    number = fields.Float()
    flag = fields.Boolean()
    day = fields.Date(
        validate=validate.Range(date(2000, 1, 1), date(2100, 1, 1), max_inclusive=False)
    )
    at = fields.AwareDateTime()
    clock = fields.Time(validate=validate.Range(time(7), time(22)))
    choice = fields.String(validate=validate.OneOf(["a", "b"]))
    id = fields.UUID()
    items = fields.List(fields.Integer())
    inner = fields.Nested("EveryRule")
    names = fields.Dict()
    form = fields.String(validate=validate.Regexp("x"))


def sentences(fault: Any) -> list[str]:
    parts = fault.values() if isinstance(fault, dict) else fault
    return (
        [fault] if isinstance(fault, str) else [text for part in parts for text in sentences(part)]
    )


WRONG = [
    {},
    {"required": None, "surplus": 1},
    {
        "required": 5,
        "text": "",
        "short": "a",
        "long": "abc",
        "exact": "abc",
        "count": 9,
        "most": 9,
        "least": 1,
    },
    {
        "required": "x",
        "number": "x",
        "flag": "x",
        "day": "x",
        "at": "x",
        "clock": "x",
        "choice": "c",
        "id": "x",
    },
    {
        "required": "x",
        "day": "1999-01-01",
        "clock": "06:00",
        "items": 5,
        "inner": 5,
        "names": 5,
        "form": "y",
    },
    {"required": "x", "count": "x", "items": ["x"]},
]


@pytest.mark.parametrize("language", ["fi", "sv"])
@pytest.mark.parametrize("wrong", WRONG)
def test_every_sentence_of_a_schema_is_translated(wrong: dict[str, Any], language: str) -> None:
    with pytest.raises(ValidationError) as caught:
        EveryRule().load(wrong)
    english = sentences(in_language(caught.value.messages, "en"))
    translated = sentences(in_language(caught.value.messages, language))
    assert len(english) == len(translated) > 0
    assert [text for text in english if text in translated] == []
    assert [text for text in sentences(caught.value.messages) if text in english] == []


@pytest.mark.engines("sqlite")
def test_a_refused_field_is_explained_in_the_readers_language(app: Flask) -> None:
    answer = a_browser(app).post("/api/v1/sign-in/code?lang=fi", json={})
    assert answer.get_json()["fields"] == {"json": {"email": ["Täytä tämä."]}}
