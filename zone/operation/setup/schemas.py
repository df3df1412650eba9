"""The forms by which a new service takes what it starts from out of the list."""

from marshmallow import Schema, validate

from zone.core.text import CODE
from zone.web import fields


class TakeListedSchema(Schema):
    """What is ticked of the list, by its codes."""

    codes = fields.List(
        fields.String(validate=validate.Regexp(rf"{CODE.pattern}\Z"), example="metropolia"),
        required=True,
        validate=validate.Length(1, 100),
    )


class TakeAllSchema(Schema):
    """A form with a button only: all of the list."""
