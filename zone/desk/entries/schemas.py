"""The question for entries of doors, from an address."""

from marshmallow import Schema, validate

from zone.desk.entries.queries import RESULTS
from zone.web import fields


class EntriesQuerySchema(Schema):
    """What is looked for; all of it may be missing."""

    day = fields.Date(load_default=None)
    door = fields.UUID(load_default=None)
    result = fields.String(load_default=None, validate=validate.OneOf(tuple(RESULTS)))
    person = fields.UUID(load_default=None)
